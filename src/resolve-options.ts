// Option table: validates the options of `createAuthClient()` once and fills in the defaults.

import { type IssuedToken, readTokenResponse, type TokenResponse } from './auth-api/answer.ts'
import type { RefreshWith } from './auth-api/custom-refresh.ts'
import {
  callback,
  checkObject,
  invalid,
  number,
  oneOf,
  type Reader,
  record,
  text,
  type Values
} from './lib/checks.ts'
import type { Platform } from './lib/platform.ts'
import { isSecureUrl, parseUrl } from './lib/url.ts'
import type { AuthClientOptions } from './options.ts'
import type { IsTokenRefusal } from './request/token-refusal.ts'

/** @internal */
const options = {
  baseURL: readBaseURL,
  paths: record({
    login: text('/login'),
    refresh: text('/refresh'),
    logout: text('/logout')
  }),
  trustedOrigins: readOrigins,
  reissuedTokenHeader: readHeaderName,
  isTokenRefusal: callback<IsTokenRefusal>(),
  refreshBeforeExpirySeconds: number({ least: 0 }, 60),
  spreadRefreshes: oneOf([true, false], true),
  refreshTimeoutMs: number({ least: 1 }, 10_000),
  // Its range depends on `refreshTimeoutMs`, so `resolveOptions` reads it.
  refreshAbandonMs: (given: unknown) => given,
  lockTimeoutMs: number({ least: 0 }, 5_000),
  restore: oneOf(['always', 'hint', 'never'], undefined),
  sendIdempotencyKey: oneOf(['same-origin', 'always', 'never'], 'same-origin'),
  initialToken: readInitialToken,
  refreshWith: readRefreshWith,
  parseTokenResponse: callback<(body: unknown) => TokenResponse>(),
  idlePolicy: record({
    whileHidden: oneOf(['pause', 'refresh'], 'pause'),
    signOutAfterSeconds: number({ least: 1 })
  }),
  tabs: oneOf(['share', 'signal', 'off'], 'share'),
  platform: readPlatform
} satisfies Record<keyof AuthClientOptions, Reader<unknown>>

/** @internal */
export type ResolvedOptions = Values<typeof options> & { readonly refreshAbandonMs: number }

/**
 * @internal
 * @throws AuthError `ERR_AUTH_INVALID_OPTIONS`, which names the option, the expectation and the
 * value received.
 */
export function resolveOptions(given: AuthClientOptions): ResolvedOptions {
  const resolved = record(options)(given, 'createAuthClient(): options')
  const { refreshAbandonMs, refreshTimeoutMs: least } = resolved
  // A refresh must not be abandoned while its callers still wait for it.
  const readAbandonMs = number({ least }, Math.max(30_000, least))
  return { ...resolved, refreshAbandonMs: readAbandonMs(refreshAbandonMs, 'refreshAbandonMs') }
}

function readBaseURL(given: unknown, name: string): string {
  const baseURL = text('')(given, name)
  const isPath = baseURL === '' || /^(\.{0,2}\/)(?!\/)/.test(baseURL)
  if (isPath) return baseURL
  const expected = 'an https URL (http on localhost only) or a path such as "/api"'
  const url = parseUrl(baseURL.startsWith('//') ? `https:${baseURL}` : baseURL)
  // `localhost:4000` parses as a URL with the scheme `localhost`.
  if (url === undefined || !/^(https?:)?\/\//i.test(baseURL)) {
    throw invalid(name, `${expected} (did you leave out "https://"?)`, baseURL)
  }
  // The message must not repeat a password.
  if (url.username !== '' || url.password !== '') throw invalid(name, 'a URL without a user name')
  if (!isSecureUrl(url)) throw invalid(name, expected, baseURL)
  return baseURL
}

// A copy, because the list is an access rule and the app may change its array later.
function readOrigins(given: unknown, name: string): readonly string[] | undefined {
  if (given === undefined) return undefined
  if (!Array.isArray(given)) throw invalid(name, 'an array of origins', given)
  return given.map((origin: unknown, index) => {
    const url = typeof origin === 'string' ? parseUrl(origin) : undefined
    if (url === undefined || url.href.replace(/\/$/, '') !== url.origin || !isSecureUrl(url)) {
      const expected = 'an origin such as "https://api.example.com" (http on localhost only)'
      throw invalid(`${name}[${index}]`, expected, origin)
    }
    return url.origin
  })
}

function readHeaderName(given: unknown, name: string): string {
  const header = text('Authorization')(given, name)
  if (/^[!#$%&'*+\-.^_`|~\w]+$/.test(header)) return header
  throw invalid(name, 'a header name (RFC 9110 §5.1)', header)
}

function readInitialToken(given: unknown, name: string): IssuedToken | undefined {
  if (given === undefined) return undefined
  return readTokenResponse(given, `Option ${name}`, 'ERR_AUTH_INVALID_OPTIONS')
}

function readRefreshWith(given: unknown, name: string): RefreshWith {
  if (typeof given === 'function') return given as RefreshWith
  const credentials = ['cookie', 'access-token', 'refresh-token'] as const
  return oneOf(credentials, 'cookie', ' or a function')(given, name)
}

const platformParts = {
  fetch: 'function',
  now: 'function',
  monotonicNow: 'function',
  setTimer: 'function',
  random: 'function',
  randomId: 'function',
  pageUrl: 'function',
  isVisible: 'function',
  isOnline: 'function',
  onWake: 'function',
  warn: 'function',
  onPageHide: 'function',
  storage: 'object',
  locks: 'object',
  openChannel: 'function'
} satisfies Record<keyof Platform, 'function' | 'object'>

// An own `undefined` removes storage, locks or channel. All other parts are required and keep their
// default.
function readPlatform(given: unknown = {}, name: string): Partial<Platform> {
  checkObject(given, name, Object.keys(platformParts))
  const parts: [string, unknown][] = []
  for (const [part, type] of Object.entries(platformParts)) {
    if (!Object.hasOwn(given, part)) continue
    const value = given[part]
    const isAbsent = value === undefined || value === null
    if (isAbsent && type === 'function' && part !== 'openChannel') continue
    if (!isAbsent && typeof value !== type)
      throw invalid(`${name}.${part}`, type === 'object' ? 'an object' : 'a function', value)
    parts.push([part, isAbsent ? undefined : value])
  }
  return Object.fromEntries(parts)
}
