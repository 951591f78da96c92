// Entry "everbearer/mock/node": the mock auth server on a port, or as Node middleware.
export type { Listening, ListenOptions } from './adapters/node.ts'
export { listen } from './adapters/node.ts'
export type { Next, NodeMiddleware, ProtectedListener } from './adapters/node-listener.ts'
export { middleware, protect, toNodeListener } from './adapters/node-listener.ts'
