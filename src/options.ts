// Options of `createAuthClient()`: meaning, unit, range and default of each.

import type { TokenResponse } from './auth-api/answer.ts'
import type { RefreshWith } from './auth-api/custom-refresh.ts'
import type { Platform } from './lib/platform.ts'
import type { IsTokenRefusal } from './request/token-refusal.ts'

/**
 * The options of `createAuthClient()`. All of them may be left out.
 *
 * @example
 * createAuthClient({ baseURL: 'https://api.example.com', refreshWith: 'refresh-token' })
 */
export interface AuthClientOptions {
  /**
   * The URL of the API and its auth endpoints: an absolute https URL (http on localhost only), or a
   * path on the page's origin. The access token is sent to this origin only, unless
   * `trustedOrigins` names others.
   *
   * @default '' (the page's origin)
   * @example 'https://api.example.com/v1'
   */
  readonly baseURL?: string | undefined
  /**
   * Paths of the three auth endpoints, joined to `baseURL` as axios joins them. Each endpoint is
   * called with POST.
   *
   * @default { login: '/login', refresh: '/refresh', logout: '/logout' }
   */
  readonly paths?:
    | {
        readonly login?: string | undefined
        readonly refresh?: string | undefined
        readonly logout?: string | undefined
      }
    | undefined
  /**
   * The origins that receive the access token and may re-issue it. The list replaces the default,
   * so include the origin of `baseURL`. Subdomains must be listed one by one.
   *
   * @default the origin of `baseURL`
   * @example ['https://api.example.com', 'https://files.example.com']
   */
  readonly trustedOrigins?: readonly string[] | undefined
  /**
   * The response header in which the server re-issues an access token, as `Bearer <token>`.
   * Cross-origin, the server must list the header in `Access-Control-Expose-Headers`.
   *
   * @default 'Authorization'
   */
  readonly reissuedTokenHeader?: string | undefined
  /**
   * Decides whether a 4xx answer refuses the access token. If it does, the client refreshes the
   * token and replays the request. Set it if your server signals an expired token in another way
   * than 401.
   *
   * An answer with `insufficient_scope` in `WWW-Authenticate` is never a refusal. If the function
   * throws, the default decides and the error is reported as uncaught.
   *
   * @default ({ status }) => status === 401
   * @example
   * async ({ status, text }) => status === 403 && (await text()).includes('expired token')
   */
  readonly isTokenRefusal?: IsTokenRefusal | undefined
  /**
   * How long before its expiry the access token is refreshed, in seconds, at least 0. If this is
   * more than a quarter of the token's lifetime, a quarter is used instead.
   *
   * @default 60
   */
  readonly refreshBeforeExpirySeconds?: number | undefined
  /**
   * Adds jitter to scheduled refreshes, so that users who signed in together do not refresh
   * together. The first refresh after a sign-in happens at a random point of the token's lifetime.
   * Each later one happens up to a tenth of the planned interval early. Switch it off for
   * reproducible times.
   *
   * @default true
   */
  readonly spreadRefreshes?: boolean | undefined
  /**
   * How long a caller waits for a sign-in, a refresh or a restore, in milliseconds, at least 1.
   * After that, the caller gets `ERR_AUTH_TIMEOUT`. The request itself continues, and a late
   * success still counts.
   *
   * @default 10_000
   */
  readonly refreshTimeoutMs?: number | undefined
  /**
   * How long an unanswered refresh stays in flight before it is aborted and the next one may begin,
   * in milliseconds, at least `refreshTimeoutMs`.
   *
   * @default 30_000, or `refreshTimeoutMs` if that is longer
   */
  readonly refreshAbandonMs?: number | undefined
  /**
   * How long an auth request waits for the lock that the tabs of this browser share, in
   * milliseconds, at least 0. After that, the request is sent without the lock.
   *
   * @default 5_000
   */
  readonly lockTimeoutMs?: number | undefined
  /**
   * Whether a page load restores the session with a silent refresh.
   *
   * - `always`: it does. A first visit causes one request that the server rejects.
   * - `hint`: it does if storage says that a user was signed in here, so that a first visit causes
   *   no request. The stored hint is not a secret.
   * - `never`: the page starts signed out.
   *
   * @default 'always' in a page; 'never' outside a page and with `refreshWith: 'access-token'`
   */
  readonly restore?: 'always' | 'hint' | 'never' | undefined
  /**
   * Whether refresh requests carry an `Idempotency-Key` header. A server that supports it answers a
   * retried refresh like the first one.
   *
   * - `same-origin`: they do if the refresh endpoint has the page's origin.
   * - `always`: they do. Cross-origin, the server must list the header in
   *   `Access-Control-Allow-Headers`.
   * - `never`: they do not.
   *
   * @default 'same-origin'
   */
  readonly sendIdempotencyKey?: 'same-origin' | 'always' | 'never' | undefined
  /**
   * A token that the app already has at start, for example from a server-rendered page. The client
   * then starts signed in and does not restore the session.
   *
   * @default undefined
   * @example { accessToken: window.__TOKEN__, expiresIn: 300 }
   */
  readonly initialToken?: TokenResponse | undefined
  /**
   * How the session is refreshed: with the refresh cookie, the current access token, the OAuth 2
   * refresh token, or a function of the app. See {@link RefreshWith}.
   *
   * @default 'cookie'
   */
  readonly refreshWith?: RefreshWith | undefined
  /**
   * Converts the JSON body of the login and refresh endpoints to a token response. If it throws,
   * the caller gets `ERR_AUTH_RESPONSE_MALFORMED`.
   *
   * @default undefined (the body is a token response)
   * @example
   * (body) => {
   *   const { token, ttlSeconds } = body as MyTokenResponse
   *   return { accessToken: token, expiresIn: ttlSeconds }
   * }
   */
  readonly parseTokenResponse?: ((body: unknown) => TokenResponse) | undefined
  /**
   * The rules for a hidden page and an idle user.
   *
   * - `whileHidden`: whether a hidden page refreshes its token on schedule (`refresh`) or waits
   *   until it is visible (`pause`). A request refreshes the token in both cases.
   * - `signOutAfterSeconds`: signs the user out after this time without a request or a
   *   `markActive()` call, in seconds, at least 1. `undefined` never signs out.
   *
   * @default { whileHidden: 'pause', signOutAfterSeconds: undefined }
   */
  readonly idlePolicy?:
    | {
        readonly whileHidden?: 'pause' | 'refresh' | undefined
        readonly signOutAfterSeconds?: number | undefined
      }
    | undefined
  /**
   * The data that the tabs of this browser share. Any script of the page's origin can listen to
   * their messages.
   *
   * - `share`: the access token, and the refresh token with `refreshWith: 'refresh-token'`. One
   *   refresh serves all tabs, and a new tab gets its token from another tab.
   * - `signal`: only that something changed. Each tab refreshes its own token.
   * - `off`: nothing.
   *
   * @default 'share'
   */
  readonly tabs?: 'share' | 'signal' | 'off' | undefined
  /**
   * Replaces parts of the environment, such as the clock, the timers, `fetch` or the locks.
   *
   * @default what the browser or Node provides
   * @example { fetch: fetchWithCookieJar }
   */
  readonly platform?: Partial<Platform> | undefined
}
