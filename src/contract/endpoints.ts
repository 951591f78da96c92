// Endpoint contracts: the requests of login, refresh and logout, or functions in their place.

import type { AnswerRules } from './answer-rules.ts'
import type { HeaderFormat, ReadTokens, TokenPlaces, TokenResponse } from './tokens.ts'

/** One of the three auth requests. */
export interface EndpointContract {
  /**
   * The path, joined to `baseURL` as axios joins it, or an absolute URL. It may have a query. For
   * http, see the option `allowInsecureRequests`.
   *
   * @default '/login', '/refresh' or '/logout'
   */
  readonly path?: string | undefined
  /** @default 'POST' */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | undefined
  /**
   * The format of the request's body. With `none`, fields are sent in the query.
   *
   * @default 'json'; 'none' for GET
   */
  readonly body?: 'json' | 'form' | 'none' | undefined
  /**
   * Fields that every request has. The object given to `login()` may replace their values. A form
   * or a query has an object as fields such as `user[name]`.
   *
   * @default {}
   * @example { client_id: 'spa', grant_type: 'password' }
   */
  readonly fields?: Readonly<Record<string, string | number | boolean>> | undefined
  /**
   * Headers that every request has, other than the forbidden request-header names of the Fetch
   * standard. Cross-origin, the server must allow them.
   *
   * @default {}
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Double-submit CSRF token: the request repeats the value of a cookie in a header. The page must
   * be able to read the cookie. Without the cookie, the header is left out.
   *
   * @default undefined (none)
   * @example { cookie: 'csrf_refresh_token', header: 'X-CSRF-TOKEN' }
   */
  readonly csrf?: { readonly cookie: string; readonly header: string } | undefined
  /**
   * Whether the request sends and accepts cookies, also cross-origin. `false` also suits a
   * server that sends `Access-Control-Allow-Origin: *`.
   *
   * @default true
   */
  readonly cookies?: boolean | undefined
}

/** The login request. The object given to `login()` is its body. */
export interface LoginContract extends EndpointContract {
  /**
   * A method with a body, because credentials must not stand in a URL.
   *
   * @default 'POST'
   */
  readonly method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE' | undefined
  /** @default 'json' */
  readonly body?: 'json' | 'form' | undefined
  /**
   * Where its answer holds the tokens. Places that are left out are those of `tokens`.
   *
   * @default `tokens` of the contract
   */
  readonly tokens?: TokenPlaces | ReadTokens | undefined
  /**
   * The fields of the body that hold the user's name and password, as dotted paths. The client
   * sends the object given to `login()` as it is; the mock reads these fields.
   *
   * @default { name: 'email', password: 'password' }
   * @example { name: 'user.email', password: 'user.password' }
   */
  readonly credentials?:
    | { readonly name?: string | undefined; readonly password?: string | undefined }
    | undefined
}

/** The refresh request. */
export interface RefreshContract extends EndpointContract {
  /**
   * Where its answer holds the tokens. Places that are left out are those of `tokens`.
   *
   * @default `tokens` of the contract
   */
  readonly tokens?: TokenPlaces | ReadTokens | undefined
  /**
   * The credential that the request presents:
   *
   * - `cookie`: a refresh token in an HttpOnly cookie
   * - `access-token`: the current access token, as API requests carry it, to trusted origins only
   * - `refresh-token`: a refresh token that answers hold (`tokens.refreshToken`). The client keeps
   *   it in memory, or in the store of the option `refreshTokenStore`
   *
   * @default 'cookie'
   */
  readonly credential?: 'cookie' | 'access-token' | 'refresh-token' | undefined
  /**
   * How the request presents the refresh token: the name of a field of the body, or a header. It
   * needs `credential: 'refresh-token'`.
   *
   * @default 'refresh_token'
   * @example { header: 'Authorization' }
   */
  readonly refreshToken?: string | HeaderFormat | undefined
  /**
   * Whether the request carries an `Idempotency-Key` header. A server that supports it answers a
   * retried refresh like the first one.
   *
   * - `same-origin`: it does if the endpoint has the page's origin
   * - `always`: it does. Cross-origin, the server must allow the header
   * - `never`: it does not
   *
   * @default 'same-origin'
   */
  readonly idempotencyKey?: 'same-origin' | 'always' | 'never' | undefined
  /**
   * Whether a refresh invalidates the previous access token at once. Requests then wait for a
   * refresh in flight instead of using the held token.
   *
   * @default false
   */
  readonly invalidatesPrevious?: boolean | undefined
}

/** The logout request. */
export interface LogoutContract extends EndpointContract {
  /**
   * Whether the request carries the access token, as API requests do. It goes to trusted origins
   * only.
   *
   * @default true
   */
  readonly accessToken?: boolean | undefined
  /**
   * How the request presents the refresh token: the name of a field of the body, or a header.
   * `false`: it does not.
   *
   * @default that of `refresh`, if its credential is a refresh token, this request can carry it,
   * and the origin is that of `refresh` or a trusted one; otherwise false
   * @example 'token' (RFC 7009 §2.1)
   */
  readonly refreshToken?: string | HeaderFormat | false | undefined
  /**
   * Answers that confirm that the session has ended on the server. Until then, page loads do not
   * restore the session, and the client repeats the request. If another answer is 401, 403 or one
   * of `refusals.accessToken`, the client refreshes once and repeats the request at once.
   *
   * @default any 2xx, except HTML and the answers of `refusals.accessToken`
   */
  readonly confirmedBy?: AnswerRules | undefined
}

/** The argument of a function of the contract. */
export interface AuthRequestContext {
  /** The held access token; `undefined` before a sign-in and on page load. */
  readonly accessToken: string | undefined
  /** The held refresh token; `undefined` if scripts do not hold one. */
  readonly refreshToken: string | undefined
  /** Aborts when the request is abandoned or its result is no longer needed. */
  readonly signal: AbortSignal
}

/** The argument of a refresh function. */
export interface RefreshContext extends AuthRequestContext {
  /**
   * Identifies this refresh across its retries. Send it as `Idempotency-Key` if the server supports
   * one.
   */
  readonly idempotencyKey: string
}

/**
 * Signs in with the object given to `login()`. Returns the body of the answer. To reject the
 * credentials, it throws an `AuthError` with the code `ERR_AUTH_LOGIN_REJECTED`; any other error
 * reaches the caller.
 */
export type LoginFunction = (
  credentials: object,
  context: AuthRequestContext
) => Promise<TokenResponse | object>

/**
 * Refreshes. Returns the body of the answer. If it throws an `AuthError` with the code
 * `ERR_AUTH_SESSION_EXPIRED`, the session ends. After any other error the session stays and the
 * refresh is retried.
 *
 * @example
 * async ({ refreshToken, signal }) => {
 *   const response = await fetch('/session', { method: 'PUT', signal, body: refreshToken })
 *   if (response.status === 410) throw new AuthError('ERR_AUTH_SESSION_EXPIRED', 'signed out')
 *   return response.json()
 * }
 */
export type RefreshFunction = (context: RefreshContext) => Promise<TokenResponse | object>

/**
 * Signs out on the server. If it throws or returns `false`, the sign-out is not confirmed and will
 * be repeated.
 */
export type LogoutFunction = (context: AuthRequestContext) => Promise<unknown>
