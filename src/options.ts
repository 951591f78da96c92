// The options of createAuthClient(): what each means, its unit, range and default.

import type { RefreshWith } from './auth-api/custom-refresh.ts'
import type { TokenResponse } from './auth-api/token-response.ts'
import type { Platform } from './lib/platform.ts'
import type { IsTokenRefusal } from './request/token-refusal.ts'

export interface AuthClientOptions {
  /**
   * Where the API and its auth endpoints live: an absolute https URL (http on the loopback), or a path of the page's own
   * origin. The access token goes to this origin and to no other.
   * @default '' (the page's origin)
   */
  readonly baseURL?: string | undefined
  /**
   * Paths of the three auth endpoints, joined to `baseURL` as axios joins them. All three are POST requests.
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
   * The origins that may see the access token and may re-issue one, such as `['https://api.example.com']`. The list
   * replaces the default; sub-domains are not implied.
   * @default the origin of `baseURL`
   */
  readonly trustedOrigins?: readonly string[] | undefined
  /**
   * The response header in which the server re-issues an access token, as `Bearer <token>`. Cross-origin, the server must
   * name it in `Access-Control-Expose-Headers`.
   * @default 'Authorization'
   */
  readonly reissuedTokenHeader?: string | undefined
  /**
   * Whether an answer with a status from 400 to 499 refuses the access token, so that it is renewed and the request sent
   * again; for servers that say so in their own words, such as a 403 with the text "Invalid or expired token". A
   * `WWW-Authenticate` with `insufficient_scope` never does, whatever the status. If it throws, the default decides, and
   * the error is reported as an uncaught one.
   * @default ({ status }) => status === 401
   */
  readonly isTokenRefusal?: IsTokenRefusal | undefined
  /**
   * How long before its expiry the access token is renewed, in seconds, 0 or more. At most a quarter of the token's
   * lifetime is used, so that short-lived tokens are not renewed all the time.
   * @default 60
   */
  readonly refreshBeforeExpirySeconds?: number | undefined
  /**
   * Spread the refreshes of a fleet: the first one after a sign-in comes at a random point of the token's life, later ones
   * up to a tenth early. Users who sign in together then do not come back together. Switch it off to get the same times
   * in every run.
   * @default true
   */
  readonly spreadRefreshes?: boolean | undefined
  /**
   * How long a caller waits for a sign-in, a refresh or a restore, in milliseconds, from 1 on. When it is over the caller
   * gets `ERR_AUTH_TIMEOUT`; a refresh runs on, and its late success still counts.
   * @default 10_000
   */
  readonly refreshTimeoutMs?: number | undefined
  /**
   * When a refresh without an answer is given up, so that the next one may begin, in milliseconds; at least
   * `refreshTimeoutMs`.
   * @default 30_000
   */
  readonly refreshAbandonMs?: number | undefined
  /**
   * How long an auth request waits for its turn among the tabs of this browser, in milliseconds, from 0 on. When it is
   * over the request goes out all the same.
   * @default 5_000
   */
  readonly lockTimeoutMs?: number | undefined
  /**
   * Whether the session is restored on page load, by one silent refresh. With `hint` that happens only where a mark in
   * storage says that somebody was signed in here, so that visitors cause no request. The mark is no secret.
   * @default 'always' in a page, 'never' where there is none (a server, a worker)
   */
  readonly restore?: 'always' | 'hint' | 'never' | undefined
  /**
   * Whether a refresh names its attempt in an `Idempotency-Key` header, so that a server can answer a repeated request
   * alike. Cross-origin, the server must list the header in `Access-Control-Allow-Headers`.
   * @default 'same-origin'
   */
  readonly sendIdempotencyKey?: 'same-origin' | 'always' | 'never' | undefined
  /**
   * A token that the app has at start, for instance from the page that a server rendered. There is nothing to restore then.
   * @default undefined
   */
  readonly initialToken?: TokenResponse | undefined
  /**
   * How the session is renewed: by the refresh cookie, by the current access token, by the OAuth 2 form, or by a function.
   * @default 'cookie'
   */
  readonly refreshWith?: RefreshWith | undefined
  /**
   * Makes a token response of what the login and refresh endpoints answer, where that is none by itself. What it throws
   * makes the answer malformed, and nothing more.
   * @default undefined
   */
  readonly parseTokenResponse?: ((body: unknown) => TokenResponse) | undefined
  /**
   * What happens while nothing happens. `whileHidden`: whether the token is renewed in a page that nobody looks at; a
   * request always may renew it. `signOutAfterSeconds`: the user is signed out when there was no request and no
   * `markActive()` for so long, in seconds, from 1 on.
   * @default { whileHidden: 'pause', signOutAfterSeconds: undefined }
   */
  readonly idlePolicy?:
    | {
        readonly whileHidden?: 'pause' | 'refresh' | undefined
        readonly signOutAfterSeconds?: number | undefined
      }
    | undefined
  /**
   * What the tabs of this browser tell each other. `share`: the access token (with the OAuth 2 form, the refresh token
   * too), so that one refresh serves all and a new tab asks nobody else. `signal`: that something happened, never what;
   * each tab renews its own token. `off`: nothing. Any script of the page's origin can listen to what tabs share.
   * @default 'share'
   */
  readonly tabs?: 'share' | 'signal' | 'off' | undefined
  /**
   * Replaces parts of the surroundings: the clock, the timers, `fetch`, the locks and so on.
   * @default what the browser (or Node) has
   */
  readonly platform?: Partial<Platform> | undefined
}
