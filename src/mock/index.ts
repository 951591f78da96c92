// Entry "everbearer/mock": the auth server as plain data in, plain data out.

export type { MockCalls } from './calls/call-lists.ts'
export type { MockAdapter, MockCall, MockRoute } from './calls/call-log.ts'
export type { MockEndpoint } from './calls/endpoint-names.ts'
export type { CallOutcome, RefreshRefusal, TokenRefusal } from './calls/outcomes.ts'
export { tokenRefusals } from './calls/outcomes.ts'
export type {
  AssertNoViolationsOptions,
  MockRule,
  MockViolation
} from './client-rules/violations.ts'
export { MockViolationError } from './client-rules/violations.ts'
export type { MockClock } from './controls/clock.ts'
export type {
  FailNextOptions,
  MockFault,
  MockFaultAnswer,
  MockFaultName
} from './controls/faults.ts'
export { forgeries, type MockForgery } from './controls/forgeries.ts'
export type { HoldOptions, MockGate, MockMoment } from './controls/gates.ts'
export type { IdleOptions } from './controls/interception.ts'
export type { EmergencyRotation, KeyControls, Registration } from './controls/key-controls.ts'
export type { ForgeryControls, MintOrder } from './controls/mint.ts'
export type { ArrangedSession, MockSession, SessionControls } from './controls/session-controls.ts'
export type { ProtectedSession } from './endpoints/guard.ts'
export type { CookieMode } from './http/cookie-jar.ts'
export type { WireRequest, WireResponse } from './http/message.ts'
export type { MockRouteEntry } from './http/routes.ts'
export type { MockAlgorithm, VerifyAlgorithm } from './keys/algorithms.ts'
export type { KeyChangeOptions, MockKeyAction, MockKeyChange } from './keys/audit-log.ts'
export type { MockKeyStatus, NewKey } from './keys/key-ring.ts'
export type { MockAuthServerErrorCode } from './lib/errors.ts'
export { MockAuthServerError } from './lib/errors.ts'
export type {
  LoginFailed,
  MockEventName,
  MockEvents,
  RefreshReused,
  RequestForged,
  Spike,
  SpikeKind,
  TokenRefused,
  UnknownSubject
} from './monitor/events.ts'
export type { MockAdapterOptions } from './options/adapter-options.ts'
export type { MockCookieAttributes } from './options/cookie-options.ts'
export type { EnvironmentOptions, MockEnvironment } from './options/from-env.ts'
export { optionsFromEnv } from './options/from-env.ts'
export type {
  MockIssuer,
  MockJwkKey,
  MockKey,
  MockKeyOptions,
  MockSecretKey
} from './options/key-options.ts'
export type { MockMonitorOptions } from './options/monitor-options.ts'
export type { MockReissue, MockReissueOptions } from './options/reissue-options.ts'
export type { MockAuthServerOptions, MockPaths, MockUser } from './options/server-options.ts'
export type { MockSessionOptions, RefreshWith } from './options/session-options.ts'
export type { MockStorage } from './persistence.ts'
export { createMockAuthServer } from './server.ts'
export type { TestControls } from './test-controls.ts'
export type { MockAuthServer } from './types.ts'
