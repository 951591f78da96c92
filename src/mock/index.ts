// Entry "everbearer/mock": the mock auth server with its types, without msw and Node.

export type { CookieMode } from './browser/emulated-browser.ts'
export type { MockAdapter, MockCall, MockEndpoint, MockFaultName, MockRoute } from './calls/call.ts'
export type { MockCalls } from './calls/call-log.ts'
export type { CallOutcome, RefreshRefusal, TokenRefusal } from './calls/outcomes.ts'
export { tokenRefusals } from './calls/outcomes.ts'
export type { MockRule } from './client-rules/rule.ts'
export type { AssertNoViolationsOptions, MockViolation } from './client-rules/violations.ts'
export { MockViolationError } from './client-rules/violations.ts'
export type { MockClock } from './controls/clock.ts'
export type { FailNextOptions, MockFault, MockFaultAnswer } from './controls/faults.ts'
export { forgeries, type MockForgery } from './controls/forgeries.ts'
export type { HoldOptions, MockGate, MockMoment } from './controls/gates.ts'
export type { IdleOptions } from './controls/interception.ts'
export type { EmergencyRotation, KeyControls, Registration } from './controls/key-controls.ts'
export type { ForgeryControls, MintOrder } from './controls/mint.ts'
export type { ArrangedSession, MockSession, SessionControls } from './controls/session-controls.ts'
export type { ProtectedSession } from './endpoints/guard.ts'
export type { WireRequest, WireResponse } from './http/message.ts'
export type { MockAlgorithm, VerifyAlgorithm } from './keys/algorithms.ts'
export type { KeyChangeOptions, MockKeyAction, MockKeyChange } from './keys/audit-log.ts'
export type { MockIssuer, MockJwkKey, MockKey, MockSecretKey } from './keys/given-key.ts'
export type { MockKeyStatus, NewKey } from './keys/key.ts'
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
export type { MockAdapterOptions } from './options/adapters.ts'
export type { MockBasicOptions, MockPaths } from './options/basics.ts'
export type { MockContractOptions } from './options/contract.ts'
export type { MockCookieAttributes, MockCookieOptions } from './options/cookies.ts'
export type { EnvironmentOptions, MockEnvironment } from './options/from-env.ts'
export { optionsFromEnv } from './options/from-env.ts'
export type { MockKeyOptions } from './options/keys.ts'
export type { MockMonitorOptions, MockSpike } from './options/monitor.ts'
export type { MockReissue, MockReissueOptions } from './options/reissue.ts'
export type { MockRouteEntry } from './options/routes.ts'
export type { MockAuthServerOptions } from './options/server.ts'
export type { MockSessionOptions } from './options/sessions.ts'
export { createMockAuthServer } from './server.ts'
export type { MockStorage } from './sessions/persistence.ts'
export type { MockUser } from './sessions/users.ts'
export type { MockAuthServer, TestControls } from './types.ts'
