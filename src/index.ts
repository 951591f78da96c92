// The entry "everbearer": every public name, written by hand, values first. Whatever is not listed here is private.

export type { AuthClient } from './auth-client.ts'
export { createAuthClient } from './client.ts'
export type { AuthErrorCode } from './errors.ts'
export { AuthError, isAuthError } from './errors.ts'
export type { Challenge } from './http/challenges.ts'
export type { AuthFetch, AuthFetchInit } from './http/fetch.ts'
export type { ApiAnswer, IsTokenRefusal } from './http/refusal.ts'
export type { RequestFlags } from './http/request-flags.ts'
export type { AuthClientOptions } from './options.ts'
export type {
  Platform,
  PlatformChannel,
  PlatformLocks,
  PlatformStorage,
  Wake
} from './platform.ts'
export type { RenewalContext, RenewWith } from './refresh/renewal.ts'
export type { TokenResponse } from './refresh/token-response.ts'
export type { ReissueRefusal } from './session/adoption.ts'
export type {
  AuthEventListener,
  AuthEvents,
  RefreshOutcome,
  RefreshReason,
  RefreshStatus,
  TokenFacts
} from './session/events.ts'
export type { AuthState, Degraded, SignedOutReason } from './session/state.ts'
