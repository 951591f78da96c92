// Auth contract: the auth endpoints, tokens and answers of a backend, as plain data.
//
// The client and the mock read the same value, so the folder holds types and plain data only.

import type { AnswerRules } from './answer-rules.ts'
import type {
  LoginContract,
  LoginFunction,
  LogoutContract,
  LogoutFunction,
  RefreshContract,
  RefreshFunction
} from './endpoints.ts'
import type { HeaderFormat, ReadTokens, TokenPlaces } from './tokens.ts'

/**
 * The description of a backend. Every field may be left out; the defaults describe the backend of
 * `everbearer mock`. `createAuthClient({ contract })` speaks to such a backend, and
 * `createMockAuthServer({ contract })` answers like it. `User` is the type of `getState().user`.
 *
 * @example
 * const contract = {
 *   login: '/auth/login',
 *   refresh: { path: '/auth/refresh', credential: 'refresh-token' },
 *   logout: { method: 'DELETE', path: '/auth/session' },
 *   tokens: { accessToken: 'data.access_token', expiresIn: { at: 'data.expires', unit: 'ms' } }
 * } satisfies AuthContract
 */
export interface AuthContract<User = Claims> {
  /**
   * The endpoint that checks credentials and issues a token. A string is its path. A function signs
   * in by itself and returns the answer's body. `false`: this backend has none, so `login()` takes
   * only a function.
   *
   * @default '/login'
   * @example { path: '/token', body: 'form', credentials: { name: 'username' } }
   */
  readonly login?: string | LoginContract | LoginFunction | false | undefined
  /**
   * The endpoint that issues a new token. A string is its path. A function refreshes by itself and
   * returns the answer's body. `false`: this backend has none, so the session ends when its token
   * expires.
   *
   * @default '/refresh'
   * @example { path: '/auth/refresh', credential: 'refresh-token', refreshToken: 'refreshToken' }
   */
  readonly refresh?: string | RefreshContract | RefreshFunction | false | undefined
  /**
   * The endpoint that ends the session on the server. A string is its path. A function signs out by
   * itself. `false`: this backend has none, so a sign-out drops the tokens and counts as confirmed.
   *
   * @default '/logout'
   * @example { method: 'DELETE', path: '/auth/session' }
   */
  readonly logout?: string | LogoutContract | LogoutFunction | false | undefined
  /**
   * Where an answer of login and refresh holds the tokens and their lifetime, or a function that
   * reads them. `login.tokens` and `refresh.tokens` override it for one endpoint.
   *
   * @default { accessToken: ['access_token', 'accessToken'], refreshToken: ['refresh_token',
   * 'refreshToken'], expiresIn: ['expires_in', 'expiresIn'] }
   */
  readonly tokens?: TokenPlaces | ReadTokens | undefined
  /**
   * How a request carries the access token (RFC 6750 §2.1). The header must be one that scripts can
   * send: not `Cookie`, `Host` or another forbidden request-header name of the Fetch standard.
   *
   * Browsers remove `Authorization`, but no other header, when a redirect leads to another origin.
   * A request with another header therefore follows no redirect: it rejects with
   * `ERR_AUTH_NETWORK`, and in a page axios sends it with `fetch` instead of `XMLHttpRequest`. In
   * Node, axios follows the redirect and removes the header if the origin changes. An adapter of
   * the app follows its own rules.
   *
   * @default { header: 'Authorization', scheme: 'Bearer' }
   * @example { header: 'X-Auth-Token' }
   */
  readonly attach?: HeaderFormat | undefined
  /**
   * The response header in which the server re-issues an access token. Cross-origin, the server
   * must list the header in `Access-Control-Expose-Headers`. `false`: the client adopts no token
   * from a header.
   *
   * @default { header: 'Authorization', scheme: 'Bearer' }
   * @example { header: 'X-New-Token' }
   */
  readonly reissue?: HeaderFormat | false | undefined
  /** The answers that refuse a token, end a session or reject credentials. */
  readonly refusals?: Refusals | undefined
  /** Identifies and describes the user, by the claims of the access token or by an answer. */
  readonly user?: UserContract<User> | undefined
}

/**
 * The answers that mean a refusal. Each field holds rules; see {@link AnswerRules}.
 *
 * A rule of `accessToken`, `session` or `credentials` for a 2xx status also needs a body, a text or
 * a challenge. Otherwise it would match every success.
 */
export interface Refusals {
  /**
   * Answers that refuse an access token: the client refreshes it and replays the request. This
   * holds for a sign-out too, unless `logout.confirmedBy` names the answer. Answers of login, of
   * refresh and of untrusted origins never refuse a token. Rules for 2xx make the client read the
   * body of every such answer.
   *
   * @default 401
   * @example [401, { status: 403, text: 'expired token' }]
   */
  readonly accessToken?: AnswerRules | undefined
  /**
   * Answers that match `accessToken` but are not about the token. The caller gets them unchanged.
   *
   * @default { challenge: { error: 'insufficient_scope' } } (RFC 6750 §3.1)
   */
  readonly unrelated?: AnswerRules | undefined
  /**
   * Answers of the refresh endpoint that end the session. Any other failure keeps the session,
   * and the refresh is retried. HTML, `Retry-After` and the challenge of another scheme (such as
   * `Basic`) come from a proxy or firewall, so a rule that only names a status ignores them.
   *
   * @default 401, and 400 or 403 with an OAuth 2 error code (RFC 6749 §5.2)
   * @example { status: 400, body: { error: 'INVALID_TOKEN' } }
   */
  readonly session?: AnswerRules | undefined
  /**
   * Answers of the refresh endpoint, on page load, that mean that no session exists. They count
   * only if no session was known here.
   *
   * @default any 4xx except 408, 425 and 429, and 2xx without a token
   */
  readonly noSession?: AnswerRules | undefined
  /**
   * Answers that reject the credentials of a sign-in, or ask for a second factor. `login()` then
   * rejects with `ERR_AUTH_LOGIN_REJECTED`, which carries the body. Except for a 401, a rule that
   * only names a status ignores HTML, `Retry-After` and the challenge of another scheme.
   *
   * @default any 4xx except 404, 405, 408, 425 and 429
   * @example [400, 401, { status: 200, body: { mfa_required: true } }]
   */
  readonly credentials?: AnswerRules | undefined
}

/** Identifies and describes the signed-in user. */
export interface UserContract<User = Claims> {
  /**
   * Identifies the user: the name of a claim, or several of which the first present one
   * counts; a path in the answer; or a function. A number counts like its text. If it changes, the
   * client ends the session with the reason `user-changed`. `false`: the client does not compare
   * users.
   *
   * @default ['sub', 'user_id', 'userId']
   * @example { answer: 'data.user.id' }
   */
  readonly id?:
    | string
    | readonly string[]
    | { readonly answer: string }
    | ((facts: UserFacts) => string | number | null | undefined)
    | false
    | undefined
  /**
   * The value of `getState().user`: a path in the answer of login or refresh, or a function. If it
   * yields `undefined`, the user of the previous answer stays.
   *
   * @default the claims of the access token without `exp`, `iat`, `nbf` and `jti`, which change
   * with each token
   * @example ({ claims }) => ({ name: claims?.name, roles: claims?.roles })
   */
  readonly profile?: string | ((facts: UserFacts) => User | undefined) | undefined
}

/** The facts about the user that arrive with a token. */
export interface UserFacts {
  /** The payload of the access token, not verified; `undefined` if the token is not a JWT. */
  readonly claims: Claims | undefined
  /** The body of the answer without the tokens; `undefined` for a re-issued token. */
  readonly answer: unknown
}

/** The payload of a JWT (RFC 7519 §4). It is a hint for display: only the server verifies it. */
export type Claims = Readonly<Record<string, unknown>>
