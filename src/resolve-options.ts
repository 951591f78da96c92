// Option table: validates the options of `createAuthClient()` once and fills in the defaults.

import { keepsRefreshToken, readResultTokens } from './auth-api/answers/read-token.ts'
import type { IssuedToken } from './auth-api/answers/token-answer.ts'
import {
  checkObject,
  flag,
  later,
  list,
  matching,
  number,
  oneOf,
  own,
  type Reader,
  record,
  type Values
} from './lib/checks.ts'
import { AuthError } from './lib/errors.ts'
import { invalid } from './lib/option-errors.ts'
import type { Platform } from './lib/platform.ts'
import type { RefreshTokenStore } from './lib/refresh-token-store.ts'
import { parseUrl } from './lib/url.ts'
import type { AuthClientOptions } from './options.ts'
import { readContract } from './resolve-contract.ts'

const readers = {
  baseURL: readBaseURL,
  contract: readContract,
  name: matching(/^[\w.-]{1,64}$/, 'id'),
  allowInsecureRequests: flag,
  trustedOrigins: readOrigins,
  refreshBeforeExpirySeconds: number(0),
  spreadRefreshes: flag,
  refreshTimeoutMs: number(1),
  refreshAbandonMs: number(0),
  lockTimeoutMs: number(0),
  restore: oneOf('always', 'hint', 'never'),
  // It is read by the contract and the clock; see `readInitialToken`.
  initialToken: later,
  refreshTokenStore: readStore,
  idlePolicy: record({ whileHidden: oneOf('pause', 'refresh'), signOutAfterSeconds: number(1) }),
  tabs: oneOf('share', 'signal', 'off'),
  lateAnswers: oneOf('same-user', 'same-session', 'any'),
  platform: later
} satisfies Record<keyof AuthClientOptions, Reader<unknown>>

const defaults = {
  baseURL: '',
  name: 'default',
  allowInsecureRequests: false,
  trustedOrigins: undefined,
  refreshBeforeExpirySeconds: 60,
  spreadRefreshes: true,
  refreshTimeoutMs: 10_000,
  refreshAbandonMs: undefined,
  lockTimeoutMs: 5_000,
  restore: undefined,
  refreshTokenStore: undefined,
  tabs: 'share',
  lateAnswers: 'same-user'
} as const

const readOptions = record(readers, defaults)

/** @internal */
export type ResolvedOptions = Omit<Values<typeof readers, typeof defaults>, 'platform'> & {
  readonly refreshAbandonMs: number
  readonly platform: Platform
}

/**
 * `environment` has the default of each part of the platform.
 *
 * @internal
 * @throws AuthError `ERR_AUTH_INVALID_OPTIONS`, which names the option, the expectation and the
 * value received.
 */
export function resolveOptions<User>(
  given: AuthClientOptions<User>,
  environment: Platform
): ResolvedOptions {
  const resolved = readOptions(given, 'createAuthClient(): options')
  const { contract, refreshTokenStore, restore, refreshTimeoutMs, platform } = resolved
  if (refreshTokenStore && !keepsRefreshToken(contract)) {
    throw invalid('refreshTokenStore', 'storeCredential')
  }
  if (restore === 'always' && contract.refresh === false)
    throw invalid('restore', 'restore', restore)
  const { refreshAbandonMs = Math.max(30_000, refreshTimeoutMs) } = resolved
  // A refresh must not be abandoned while its callers still wait for it.
  if (refreshAbandonMs < refreshTimeoutMs) {
    throw invalid('refreshAbandonMs', 'timeout', refreshAbandonMs, [refreshTimeoutMs])
  }
  return { ...resolved, refreshAbandonMs, platform: readPlatform(platform, environment) }
}

const readText = matching(/^/, 'string')

function readBaseURL(given: unknown, name: string): string {
  const baseURL = readText(given, name)
  const isPath = baseURL === '' || /^(\.{0,2}\/)(?!\/)/.test(baseURL)
  if (isPath) return baseURL
  const url = parseUrl(baseURL.startsWith('//') ? `https:${baseURL}` : baseURL)
  // `localhost:4000` parses as a URL with the scheme `localhost`.
  if (url === undefined || !/^(https?:)?\/\//i.test(baseURL)) throw invalid(name, 'url', baseURL)
  // The message must not repeat a password.
  if (url.username !== '' || url.password !== '') throw invalid(name, 'withoutUser')
  return baseURL
}

const readOriginList = list((given, name) => {
  const url = typeof given === 'string' ? parseUrl(given) : undefined
  if (url !== undefined && url.href.replace(/\/$/, '') === url.origin) return url.origin
  throw invalid(name, 'origin', given)
})

// A copy, because the list is an access rule and the app may change its array later.
function readOrigins(given: unknown, name: string): readonly string[] {
  if (!Array.isArray(given)) throw invalid(name, 'origins', given)
  return readOriginList(given, name)
}

/**
 * Reads the option `initialToken` by the contract; `undefined` if it states that it has expired.
 * `nowMs` is the device's clock.
 *
 * @throws AuthError `ERR_AUTH_INVALID_OPTIONS`
 */
export function readInitialToken(
  { initialToken, contract }: Pick<ResolvedOptions, 'initialToken' | 'contract'>,
  nowMs: number
): IssuedToken | undefined {
  if (initialToken === undefined) return undefined
  let isExpired = false
  try {
    const token = readResultTokens(initialToken, contract.tokens, {
      source: 'Option initialToken',
      nowMs,
      serverNowMs: undefined,
      keepsRefreshToken: keepsRefreshToken(contract),
      onWrongLifetime(seconds) {
        isExpired = seconds !== undefined
      }
    })
    return isExpired ? { ...token, expiresInSeconds: 0 } : token
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    throw new AuthError('ERR_AUTH_INVALID_OPTIONS', error.message)
  }
}

// The store may be an instance of a class, so its methods may be inherited.
function readStore(given: unknown, name: string): RefreshTokenStore {
  const missing = ['get', 'set', 'remove'].find(
    (method) => typeof Reflect.get(Object(given), method) !== 'function'
  )
  if (missing === undefined) return given as RefreshTokenStore
  throw typeof given === 'object' && given !== null
    ? invalid(`${name}.${missing}`, 'function')
    : invalid(name, 'store', given)
}

/** These parts can be missing. An own `undefined` removes them. */
const optionalParts: readonly string[] = ['storage', 'locks', 'openChannel']

function readPlatform(given: unknown = {}, environment: Platform): Platform {
  checkObject(given, 'platform', Object.keys(environment))
  const parts = Object.entries(environment).map(([part, usual]) => {
    const replaced = own(given, part) ?? undefined
    // A replaced page has its own base.
    const value = part === 'baseUrl' ? (replaced ?? own(given, 'pageUrl')) : replaced
    const isOptional = optionalParts.includes(part)
    if (value === undefined) {
      return [part, isOptional && Object.hasOwn(given, part) ? undefined : usual]
    }
    const type = isOptional && part !== 'openChannel' ? 'object' : 'function'
    if (typeof value !== type) throw invalid(`platform.${part}`, type, value)
    return [part, value]
  })
  return Object.fromEntries(parts)
}
