// Entry "everbearer": the public API. Names that are not listed here are private.

export type { AuthClient } from './auth-client.ts'
export type {
  AnswerPattern,
  AnswerRule,
  AnswerRules,
  AnswerTest,
  Challenge,
  ReceivedAnswer
} from './contract/answer-rules.ts'
export type {
  AuthContract,
  Claims,
  Refusals,
  UserContract,
  UserFacts
} from './contract/auth-contract.ts'
export type {
  AuthRequestContext,
  EndpointContract,
  LoginContract,
  LoginFunction,
  LogoutContract,
  LogoutFunction,
  RefreshContext,
  RefreshContract,
  RefreshFunction
} from './contract/endpoints.ts'
export type {
  BodyPath,
  HeaderFormat,
  LifetimePlace,
  LifetimeUnit,
  ReadTokens,
  TokenPlace,
  TokenPlaces,
  TokenResponse
} from './contract/tokens.ts'
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
export type { RefreshTokenStore } from './lib/refresh-token-store.ts'
export type { AuthClientOptions } from './options.ts'
export type { AuthFetch, AuthFetchInit } from './request/fetch.ts'
export type { RequestFlags } from './request/request-flags.ts'
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
