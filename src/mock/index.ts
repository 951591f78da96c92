// Entry "everbearer/mock": the auth server as plain data in, plain data out.

export type { MockAuthServerErrorCode } from './errors.ts'
export { MockAuthServerError } from './errors.ts'
export type { ProtectedSession } from './guard.ts'
export type { MockCall, MockDoor, MockRoute } from './journal.ts'
export type { MockKeyStatus } from './keys.ts'
export type { MockAuthServerOptions, MockKey, MockPaths, MockUser } from './options.ts'
export type { CallOutcome, RefreshRefusal, TokenRefusal } from './outcomes.ts'
export type { MockRouteEntry } from './routes.ts'
export { createMockAuthServer } from './server.ts'
export type { MockAuthServer } from './server-face.ts'
export type { WireRequest, WireResponse } from './wire.ts'
