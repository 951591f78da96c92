// Entry "everbearer/mock/msw": request handlers for Mock Service Worker, in a page or in Node.
export type { HandlersOptions, MswInfo, ProtectedResolver } from './adapters/msw.ts'
export { createHandlers, protect } from './adapters/msw.ts'
