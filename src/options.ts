// The options of createAuthClient(): what each means, its unit, range and default; checked once, at construction.
import { AuthError } from './errors.ts'
import { checkOrigin } from './http/trusted-origin.ts'
import type { Platform } from './platform.ts'

export interface AuthClientOptions {
  /**
   * Where the API and its auth endpoints live: an absolute https URL (http on the loopback), or a path of the page's own
   * origin. The access token goes to this origin and to no other.
   * @default '' (the page's origin)
   */
  readonly baseURL?: string
  /**
   * Paths of the three auth endpoints, joined to `baseURL` as axios joins them. All three are POST requests.
   * @default { login: '/login', refresh: '/refresh', logout: '/logout' }
   */
  readonly paths?: { readonly login?: string; readonly refresh?: string; readonly logout?: string }
  /**
   * The origins that may see the access token and may re-issue one, such as `['https://api.example.com']`. The list
   * replaces the default; sub-domains are not implied.
   * @default the origin of `baseURL`
   */
  readonly trustedOrigins?: readonly string[]
  /**
   * The response header in which the server re-issues an access token, as `Bearer <token>`. Cross-origin, the server must
   * name it in `Access-Control-Expose-Headers`.
   * @default 'Authorization'
   */
  readonly reissuedTokenHeader?: string
  /**
   * How long before its expiry the access token is renewed, in seconds, 0 or more. At most a quarter of the token's
   * lifetime is used, so that short-lived tokens are not renewed all the time.
   * @default 60
   */
  readonly refreshBeforeExpirySeconds?: number
  /**
   * Spread the refreshes of a fleet: the first one after a sign-in comes at a random point of the token's life, later ones
   * up to a tenth early. Users who sign in together then do not come back together. Switch it off to get the same times
   * in every run.
   * @default true
   */
  readonly spreadRefreshes?: boolean
  /**
   * How long a caller waits for a sign-in, a refresh or a restore, in milliseconds, from 1 on. When it is over the caller
   * gets `ERR_AUTH_TIMEOUT`; a refresh runs on, and its late success still counts.
   * @default 10_000
   */
  readonly refreshTimeoutMs?: number
  /**
   * When a refresh without an answer is given up, so that the next one may begin, in milliseconds; at least
   * `refreshTimeoutMs`.
   * @default 30_000
   */
  readonly refreshAbandonMs?: number
  /**
   * How long an auth request waits for its turn among the tabs of this browser, in milliseconds, from 0 on. When it is
   * over the request goes out all the same.
   * @default 5_000
   */
  readonly lockTimeoutMs?: number
  /**
   * Whether the session is restored on page load, by one silent refresh.
   * @default 'always' in a page, 'never' where there is none (a server, a worker)
   */
  readonly restore?: 'always' | 'never'
  /**
   * Whether a refresh names its attempt in an `Idempotency-Key` header, so that a server can answer a repeated request
   * alike. Cross-origin, the server must list the header in `Access-Control-Allow-Headers`.
   * @default 'same-origin'
   */
  readonly sendIdempotencyKey?: 'same-origin' | 'always' | 'never'
  /**
   * Replaces parts of the surroundings: the clock, the timers, `fetch`, the locks and so on.
   * @default what the browser (or Node) has
   */
  readonly platform?: Partial<Platform>
}

export interface ResolvedOptions
  extends Required<Omit<AuthClientOptions, 'paths' | 'trustedOrigins' | 'platform' | 'restore'>> {
  readonly paths: { readonly login: string; readonly refresh: string; readonly logout: string }
  readonly trustedOrigins: readonly string[] | undefined
  readonly restore: 'always' | 'never' | undefined
}

const optionNames: ReadonlySet<string> = new Set([
  'baseURL',
  'paths',
  'trustedOrigins',
  'reissuedTokenHeader',
  'refreshBeforeExpirySeconds',
  'spreadRefreshes',
  'refreshTimeoutMs',
  'refreshAbandonMs',
  'lockTimeoutMs',
  'restore',
  'sendIdempotencyKey',
  'platform'
] satisfies readonly (keyof AuthClientOptions)[])

/** @throws AuthError `ERR_AUTH_INVALID_OPTIONS`, naming the option, what was expected and what was received. */
export function resolveOptions(given: AuthClientOptions): ResolvedOptions {
  if (typeof given !== 'object' || given === null) throw invalid('options', 'an object', given)
  for (const name of Object.keys(given)) {
    if (!optionNames.has(name))
      throw invalid(name, `no such option; there are ${[...optionNames].join(', ')}`, undefined)
  }
  const paths = own(given, 'paths') ?? {}
  const refreshTimeoutMs = number(given, 'refreshTimeoutMs', 10_000, 1)
  const options: ResolvedOptions = {
    baseURL: text(given, 'baseURL', ''),
    paths: {
      login: text(paths, 'login', '/login', 'paths.login'),
      refresh: text(paths, 'refresh', '/refresh', 'paths.refresh'),
      logout: text(paths, 'logout', '/logout', 'paths.logout')
    },
    trustedOrigins: own(given, 'trustedOrigins'),
    reissuedTokenHeader: text(given, 'reissuedTokenHeader', 'Authorization'),
    refreshBeforeExpirySeconds: number(given, 'refreshBeforeExpirySeconds', 60, 0),
    spreadRefreshes: oneOf(given, 'spreadRefreshes', [true, false]) ?? true,
    refreshTimeoutMs,
    refreshAbandonMs: number(
      given,
      'refreshAbandonMs',
      Math.max(30_000, refreshTimeoutMs),
      refreshTimeoutMs
    ),
    lockTimeoutMs: number(given, 'lockTimeoutMs', 5_000, 0),
    restore: oneOf(given, 'restore', ['always', 'never']),
    sendIdempotencyKey:
      oneOf(given, 'sendIdempotencyKey', ['same-origin', 'always', 'never']) ?? 'same-origin'
  }
  checkBaseURL(options.baseURL)
  checkHeaderName(options.reissuedTokenHeader)
  if (options.trustedOrigins !== undefined) checkOrigins(options.trustedOrigins)
  return options
}

function checkBaseURL(baseURL: string): void {
  if (!/^([a-z][a-z\d+\-.]*:|\/\/)/i.test(baseURL)) return
  const expectation = 'an absolute https URL (http on the loopback only) or a path'
  if (!URL.canParse(baseURL)) throw invalid('baseURL', expectation, baseURL)
  const url = new URL(baseURL)
  if (url.username !== '' || url.password !== '')
    throw invalid('baseURL', `${expectation} without a user name`, undefined)
  checkOrigin('baseURL', url.origin)
}

function checkHeaderName(name: string): void {
  if (!/^[!#$%&'*+\-.^_`|~\w]+$/.test(name))
    throw invalid('reissuedTokenHeader', 'a header name (RFC 9110 §5.1)', name)
}

function checkOrigins(origins: readonly string[]): void {
  if (!Array.isArray(origins)) throw invalid('trustedOrigins', 'an array of origins', origins)
  for (const origin of origins) {
    if (typeof origin !== 'string') throw invalid('trustedOrigins', 'an array of origins', origin)
    checkOrigin('trustedOrigins', origin)
  }
}

// Own properties only: a polluted Object.prototype must not change the client.
function own<Options extends object, Name extends keyof Options>(
  options: Options,
  name: Name
): Options[Name] | undefined {
  return Object.hasOwn(options, name) ? options[name] : undefined
}

function text<Options extends object>(
  options: Options,
  name: keyof Options & string,
  fallback: string,
  label: string = name
): string {
  const value: unknown = own(options, name)
  if (value === undefined) return fallback
  if (typeof value !== 'string') throw invalid(label, 'a string', value)
  return value
}

function number(
  options: AuthClientOptions,
  name: keyof AuthClientOptions,
  fallback: number,
  least: number
): number {
  const value: unknown = own(options, name)
  if (value === undefined) return fallback
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least) {
    throw invalid(name, `a finite number of at least ${least}`, value)
  }
  return value
}

function oneOf<Value extends string | boolean>(
  options: AuthClientOptions,
  name: keyof AuthClientOptions,
  allowed: readonly Value[]
): Value | undefined {
  const value: unknown = own(options, name)
  if (value === undefined || allowed.includes(value as Value)) return value as Value | undefined
  throw invalid(name, `one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`, value)
}

function invalid(option: string, expectation: string, received: unknown): AuthError {
  const shown = received === undefined ? '' : `; received ${describe(received)}`
  return new AuthError(
    'ERR_AUTH_INVALID_OPTIONS',
    `Option ${option}: expected ${expectation}${shown}.`
  )
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  return typeof value === 'object' && value !== null
    ? Array.isArray(value)
      ? 'an array'
      : 'an object'
    : String(value)
}
