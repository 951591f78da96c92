// Entry "everbearer": the public API. Names that are not listed here are private.

export type { TokenResponse } from './auth-api/answer.ts'
export type { RefreshContext, RefreshWith } from './auth-api/custom-refresh.ts'
export type { AuthClient } from './auth-client.ts'
export { createAuthClient } from './create-auth-client.ts'
export type { AuthErrorCode } from './lib/errors.ts'
export { AuthError, isAuthError } from './lib/errors.ts'
export type {
  Platform,
  PlatformChannel,
  PlatformLocks,
  PlatformStorage,
  Wake
} from './lib/platform.ts'
export type { AuthClientOptions } from './options.ts'
export type { AuthFetch, AuthFetchInit } from './request/fetch.ts'
export type { RequestFlags } from './request/request-flags.ts'
export type { ApiAnswer, Challenge, IsTokenRefusal } from './request/token-refusal.ts'
export type {
  AuthEventListener,
  AuthEvents,
  RefreshOutcome,
  RefreshReason,
  RefreshStatus,
  ReissueRefusal,
  TokenFacts
} from './session/events.ts'
export type { AuthState, Degraded, SignedOutReason } from './session/state.ts'
