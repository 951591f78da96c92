// Entry "everbearer/mock": the auth server as plain data in, plain data out.

export type { MockAlgorithm, VerifyAlgorithm } from './algorithms.ts'
export type { MockAnswerOptions, MockReissue } from './answer-options.ts'
export type { MockCalls } from './call-lists.ts'
export type { MockClock } from './clock.ts'
export type { CookieMode } from './cookie-jar.ts'
export type { MockCookieAttributes } from './cookie-options.ts'
export type { MockDoorOptions } from './door-options.ts'
export type { MockEndpoint } from './endpoint-names.ts'
export type { EnvironmentOptions, MockEnvironment } from './environment.ts'
export { optionsFromEnv } from './environment.ts'
export type { MockAuthServerErrorCode } from './errors.ts'
export { MockAuthServerError } from './errors.ts'
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
} from './events.ts'
export type { FailNextOptions, MockFault, MockFaultAnswer, MockFaultName } from './faults.ts'
export { forgeries, type MockForgery } from './forgeries.ts'
export type { HoldOptions, MockGate, MockMoment } from './gates.ts'
export type { ProtectedSession } from './guard.ts'
export type { MockCall, MockDoor, MockRoute } from './journal.ts'
export type { KeyChangeOptions, MockKeyAction, MockKeyChange } from './key-audit.ts'
export type { EmergencyRotation, KeyControls, Registration } from './key-controls.ts'
export type {
  MockIssuer,
  MockJwkKey,
  MockKey,
  MockKeyOptions,
  MockSecretKey
} from './key-options.ts'
export type { MockKeyStatus, NewKey } from './keys.ts'
export type { ForgeryControls, MintOrder } from './mint.ts'
export type { MockMonitorOptions } from './monitor-options.ts'
export type { MockAuthServerOptions, MockPaths, MockUser } from './options.ts'
export type { CallOutcome, RefreshRefusal, TokenRefusal } from './outcomes.ts'
export { tokenRefusals } from './outcomes.ts'
export type { MockStorage } from './persistence.ts'
export type { MockRouteEntry } from './routes.ts'
export { createMockAuthServer } from './server.ts'
export type { MockAuthServer } from './server-face.ts'
export type { ArrangedSession, MockSession, SessionControls } from './session-controls.ts'
export type { MockSessionOptions, RefreshWith } from './session-options.ts'
export type { IdleOptions } from './stage.ts'
export type { TestControls } from './test-controls.ts'
export type { AssertNoViolationsOptions, MockRule, MockViolation } from './violations.ts'
export { MockViolationError } from './violations.ts'
export type { WireRequest, WireResponse } from './wire.ts'
