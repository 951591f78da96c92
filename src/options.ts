// Options of `createAuthClient()`: meaning, unit, range and default of each.

import type { AuthContract, Claims } from './contract/auth-contract.ts'
import type { TokenResponse } from './contract/tokens.ts'
import type { Platform } from './lib/platform.ts'
import type { RefreshTokenStore } from './lib/refresh-token-store.ts'

/**
 * The options of `createAuthClient()`. All of them may be left out. `User` is the type of
 * `getState().user`.
 *
 * @example
 * createAuthClient({ baseURL: 'https://api.example.com', contract: { refresh: '/auth/refresh' } })
 */
export interface AuthClientOptions<User = Claims> {
  /**
   * The URL of the API and its auth endpoints: an absolute https URL, or a path on the page's
   * origin. For http, see `allowInsecureRequests`. The access token is sent to this origin only,
   * unless `trustedOrigins` names others.
   *
   * @default '' (the page's origin)
   * @example 'https://api.example.com/v1'
   */
  readonly baseURL?: string | undefined
  /**
   * The auth endpoints, tokens and answers of the backend, and how it names the user. Every field
   * may be left out; see {@link AuthContract}.
   *
   * @default POST `/login`, `/refresh` and `/logout` with JSON; a refresh cookie; RFC 6749 §5.1
   * token responses
   * @example { refresh: { path: '/auth/refresh', credential: 'refresh-token' }, logout: false }
   */
  readonly contract?: AuthContract<User> | undefined
  /**
   * Distinguishes clients of one API on one page, such as two accounts. Clients with the same name
   * and refresh endpoint share one session with all tabs of the browser. A page can have one such
   * client at a time: call `dispose()` before you create the next one, for example on a hot reload.
   *
   * A name does not separate cookies. If the refresh credential is a cookie, all clients of one
   * server share that cookie. Two accounts then need two cookies, or refresh tokens in the body.
   *
   * @default 'default'
   */
  readonly name?: string | undefined
  /**
   * Whether tokens and credentials may be sent over http to hosts other than the loopback. Set it
   * if there is no page, or one without http, for example in a container or a mobile app.
   *
   * Without it, http is allowed on loopback hosts, and elsewhere if the page itself is http. A page
   * that is https never sends them over http.
   *
   * @default false
   * @example true // with baseURL: 'http://10.0.2.2:4000', in an Android emulator
   */
  readonly allowInsecureRequests?: boolean | undefined
  /**
   * The origins that receive the access token and may re-issue it. The list replaces the default,
   * so include the origin of `baseURL`. Subdomains must be listed one by one.
   *
   * @default the origin of `baseURL`
   * @example ['https://api.example.com', 'https://files.example.com']
   */
  readonly trustedOrigins?: readonly string[] | undefined
  /**
   * How long before its expiry the access token is refreshed, in seconds, at least 0. If this is
   * more than a quarter of the token's lifetime, a quarter is used instead.
   *
   * @default 60
   */
  readonly refreshBeforeExpirySeconds?: number | undefined
  /**
   * Adds jitter to scheduled refreshes, so that users who signed in together do not refresh
   * together. The refresh of a token that was got after a sign-in, a refusal or a failed refresh
   * happens at a random point of the token's lifetime. Each other one happens up to a tenth of the
   * planned interval early. Switch it off for reproducible times.
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
   * The next one presents the same refresh token again. A server with reuse detection takes that
   * for theft, unless it honours the `Idempotency-Key`. If your server may be asleep, set more than
   * the time that it takes to start.
   *
   * @default 30_000, or `refreshTimeoutMs` if that is longer
   */
  readonly refreshAbandonMs?: number | undefined
  /**
   * How long an auth request waits for the lock that the tabs of this browser share, in
   * milliseconds, at least 0. After that, the request is sent without the lock. For the refresh of
   * a page that is gone, it waits for half of `refreshTimeoutMs` at most.
   *
   * @default 5_000
   */
  readonly lockTimeoutMs?: number | undefined
  /**
   * Whether a page load restores the session with a silent refresh.
   *
   * - `always`: it does. A first visit causes one request that the server rejects. With
   *   `contract.refresh: false` this is an error, because there is nothing to ask the server.
   * - `hint`: it does if storage says that a user was signed in here, so that a first visit causes
   *   no request. The stored hint is not a secret. With `contract.refresh: false`, the page gets
   *   the token of another tab, or starts signed out.
   * - `never`: the page starts signed out.
   *
   * Other tabs are asked first, unless the page was opened from another origin: the user may have
   * signed in there. If the client holds no credential for a request, it asks the other tabs only.
   * A tab that answers late still signs the page in.
   *
   * @default 'always' in a page, or 'hint' with `contract.refresh: false`; 'never' outside a page
   */
  readonly restore?: 'always' | 'hint' | 'never' | undefined
  /**
   * A token that the app already has at start, for example from a server-rendered page. The client
   * then starts signed in and does not restore the session. An expired token is ignored, and one
   * that is about to expire is refreshed at once.
   *
   * @default undefined
   * @example { accessToken: window.__TOKEN__, expiresIn: 300 }
   */
  readonly initialToken?: TokenResponse | undefined
  /**
   * Keeps the refresh token across page loads. The contract must have a refresh function, or a
   * refresh with `credential: 'refresh-token'`. The store is meant for the secure storage of
   * Capacitor, Electron or a browser extension. Any script that reaches it can read the token, so
   * never use `localStorage`.
   *
   * A store that fails does not end the session. If `get()` throws, the refresh fails with
   * `ERR_AUTH_STORE_FAILED` and is retried; if it does not return, with `ERR_AUTH_TIMEOUT`. If
   * `set()` or `remove()` fails, the session goes on in memory, with a warning in development.
   *
   * @default undefined (the refresh token stays in memory)
   * @example
   * { get: () => secureStorage.get('rt'), set: (token) => secureStorage.set('rt', token),
   *   remove: () => secureStorage.remove('rt') }
   */
  readonly refreshTokenStore?: RefreshTokenStore | undefined
  /**
   * The rules for a hidden page and an idle user.
   *
   * - `whileHidden`: whether a hidden page refreshes its token on schedule (`refresh`) or waits
   *   until it is visible (`pause`). A request refreshes the token in both cases.
   * - `signOutAfterSeconds`: signs the user out after this time without a request or a
   *   `markActive()` call, in seconds, at least 1. A page load after this time signs out instead of
   *   restoring the session. `undefined` never signs out.
   *
   * @default { whileHidden: 'pause', signOutAfterSeconds: undefined }; `whileHidden` is 'refresh'
   * with `contract.refresh: false` and with `credential: 'access-token'`, because the session then
   * ends with its access token
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
   * - `share`: the access token, and the refresh token if scripts hold one. One refresh serves all
   *   tabs, and a new tab gets its token from another tab.
   * - `signal`: only that something changed. Each tab refreshes its own token.
   * - `off`: nothing.
   *
   * @default 'share'
   */
  readonly tabs?: 'share' | 'signal' | 'off' | undefined
  /**
   * Which answers still reach the app if they arrive after the user of their request has signed
   * out. The others reject with `ERR_AUTH_SESSION_CHANGED`. It applies to requests that carried the
   * access token.
   *
   * - `same-user`: those that arrive before another user signs in. If the user of a token is not
   *   known, each sign-in may be of another user.
   * - `same-session`: those that arrive before the session ends or another one begins.
   * - `any`: all of them.
   *
   * An answer arrives with its headers. The body of a `Response` can still be read afterwards.
   *
   * @default 'same-user'
   * @example 'same-session' // no answer may arrive after a sign-out
   */
  readonly lateAnswers?: 'same-user' | 'same-session' | 'any' | undefined
  /**
   * Replaces parts of the environment, such as the clock, the timers, `fetch` or the locks.
   *
   * @default what the browser or Node provides
   * @example { fetch: fetchWithCookieJar }
   */
  readonly platform?: Partial<Platform> | undefined
}
