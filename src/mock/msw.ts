// Entry "everbearer/mock/msw": the server as request handlers of Mock Service Worker, in the page and in Node.
export type { HandlersOptions, MswInfo, ProtectedResolver } from './adapters/msw.ts'
export { createHandlers, protect } from './adapters/msw.ts'
