// Resolved contract: an auth contract after validation, with every default filled in.
//
// The client and the mock each resolve it separately: a fault in shared code would cancel
// out on both sides.

import type { AnswerPattern, AnswerTest } from './answer-rules.ts'
import type { UserContract } from './auth-contract.ts'
import type { LoginFunction, LogoutFunction, RefreshFunction } from './endpoints.ts'
import type { LifetimeUnit, ReadTokens } from './tokens.ts'

export interface ResolvedContract {
  readonly login: ResolvedLogin | LoginFunction | false
  readonly refresh: ResolvedRefresh | RefreshFunction | false
  readonly logout: ResolvedLogout | LogoutFunction | false
  /** For the answers of functions; an endpoint has its own `tokens`. */
  readonly tokens: ResolvedTokens | ReadTokens
  readonly attach: ResolvedHeader
  readonly reissue: ResolvedHeader | false
  /** `undefined` where the default decides. */
  readonly refusals: {
    readonly accessToken: ResolvedRules | undefined
    readonly unrelated: ResolvedRules | undefined
    readonly session: ResolvedRules | undefined
    readonly noSession: ResolvedRules | undefined
    readonly credentials: ResolvedRules | undefined
  }
  readonly user: {
    readonly id:
      | readonly string[]
      | { readonly answer: string }
      | Extract<UserContract['id'], (facts: never) => unknown>
      | false
    readonly profile: UserContract<unknown>['profile']
  }
}

export interface ResolvedEndpoint {
  readonly path: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly body: 'json' | 'form' | 'none'
  readonly fields: Readonly<Record<string, string | number | boolean>>
  readonly headers: Readonly<Record<string, string>>
  readonly csrf: { readonly cookie: string; readonly header: string } | undefined
  readonly cookies: boolean
}

export interface ResolvedLogin extends ResolvedEndpoint {
  readonly tokens: ResolvedTokens | ReadTokens
  readonly credentials: { readonly name: string; readonly password: string }
}

export interface ResolvedRefresh extends ResolvedEndpoint {
  readonly tokens: ResolvedTokens | ReadTokens
  readonly credential: 'cookie' | 'access-token' | 'refresh-token'
  readonly refreshToken: ResolvedCarrier
  readonly idempotencyKey: 'same-origin' | 'always' | 'never'
  readonly invalidatesPrevious: boolean
}

export interface ResolvedLogout extends ResolvedEndpoint {
  readonly accessToken: boolean
  /** `undefined`: the request presents no refresh token. */
  readonly refreshToken: ResolvedCarrier | undefined
  /** `undefined`: any 2xx confirms. */
  readonly confirmedBy: ResolvedRules | undefined
}

/** How a request presents the refresh token. */
export type ResolvedCarrier =
  | { readonly in: 'field'; readonly field: string }
  | ({ readonly in: 'header' } & ResolvedHeader)

export interface ResolvedHeader {
  readonly header: string
  /** `''`: the token stands alone. */
  readonly scheme: string
}

export interface ResolvedTokens {
  readonly accessToken: ResolvedPlace
  readonly refreshToken: ResolvedPlace
  readonly expiresIn: ResolvedLifetime | false
}

export interface ResolvedLifetime {
  readonly at: readonly string[]
  /** The response header that holds the lifetime in place of the body. */
  readonly header: string | undefined
  readonly unit: LifetimeUnit
}

/** The paths in order; the first one that is present counts. A writer uses the first one. */
export type ResolvedPlace =
  | { readonly in: 'body'; readonly paths: readonly string[] }
  | ({ readonly in: 'header' } & ResolvedHeader)
  | { readonly in: 'text' }

export type ResolvedRules = readonly AnswerPattern[] | AnswerTest
