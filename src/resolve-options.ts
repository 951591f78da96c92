// The options as the client goes by them: each one checked once, at construction, or given its default.

import type { RefreshWith } from './auth-api/custom-refresh.ts'
import {
  type IssuedToken,
  readTokenResponse,
  type TokenResponse
} from './auth-api/token-response.ts'
import {
  checkBaseURL,
  checkHeaderName,
  checkRecord,
  invalid,
  own,
  readFunction,
  readNumber,
  readOneOf,
  readOrigins,
  readPlatform,
  readRecord,
  readText
} from './lib/checks.ts'
import type { Platform } from './lib/platform.ts'
import type { AuthClientOptions } from './options.ts'
import type { IsTokenRefusal } from './request/token-refusal.ts'

export interface ResolvedOptions {
  readonly baseURL: string
  readonly paths: { readonly login: string; readonly refresh: string; readonly logout: string }
  readonly trustedOrigins: readonly string[] | undefined
  readonly reissuedTokenHeader: string
  readonly isTokenRefusal: IsTokenRefusal | undefined
  readonly refreshBeforeExpirySeconds: number
  readonly spreadRefreshes: boolean
  readonly refreshTimeoutMs: number
  readonly refreshAbandonMs: number
  readonly lockTimeoutMs: number
  readonly restore: 'always' | 'hint' | 'never' | undefined
  readonly initialToken: IssuedToken | undefined
  readonly refreshWith: RefreshWith
  readonly parseTokenResponse: ((body: unknown) => TokenResponse) | undefined
  readonly idlePolicy: {
    readonly whileHidden: 'pause' | 'refresh'
    readonly signOutAfterSeconds: number | undefined
  }
  readonly sendIdempotencyKey: 'same-origin' | 'always' | 'never'
  readonly tabs: 'share' | 'signal' | 'off'
  readonly platform: Partial<Platform>
}

const optionNames = [
  'baseURL',
  'paths',
  'trustedOrigins',
  'reissuedTokenHeader',
  'isTokenRefusal',
  'refreshBeforeExpirySeconds',
  'spreadRefreshes',
  'refreshTimeoutMs',
  'refreshAbandonMs',
  'lockTimeoutMs',
  'restore',
  'sendIdempotencyKey',
  'initialToken',
  'refreshWith',
  'parseTokenResponse',
  'idlePolicy',
  'tabs',
  'platform'
] satisfies readonly (keyof AuthClientOptions)[]

/** @throws AuthError `ERR_AUTH_INVALID_OPTIONS`, naming the option, what was expected and what was received. */
export function resolveOptions(given: AuthClientOptions): ResolvedOptions {
  checkRecord('options', given, optionNames)
  const paths = readRecord(given, 'paths', ['login', 'refresh', 'logout'])
  const idlePolicy = readRecord(given, 'idlePolicy', ['whileHidden', 'signOutAfterSeconds'])
  const refreshTimeoutMs = readNumber(given, 'refreshTimeoutMs', 10_000, 1)
  const options: ResolvedOptions = {
    baseURL: readText(given, 'baseURL', ''),
    paths: {
      login: readText(paths, 'login', '/login', 'paths.login'),
      refresh: readText(paths, 'refresh', '/refresh', 'paths.refresh'),
      logout: readText(paths, 'logout', '/logout', 'paths.logout')
    },
    trustedOrigins: readOrigins(own(given, 'trustedOrigins')),
    reissuedTokenHeader: readText(given, 'reissuedTokenHeader', 'Authorization'),
    isTokenRefusal: readFunction(given, 'isTokenRefusal'),
    refreshBeforeExpirySeconds: readNumber(given, 'refreshBeforeExpirySeconds', 60, 0),
    spreadRefreshes: readOneOf(given, 'spreadRefreshes', [true, false]) ?? true,
    refreshTimeoutMs,
    refreshAbandonMs: readNumber(
      given,
      'refreshAbandonMs',
      Math.max(30_000, refreshTimeoutMs),
      refreshTimeoutMs
    ),
    lockTimeoutMs: readNumber(given, 'lockTimeoutMs', 5_000, 0),
    restore: readOneOf(given, 'restore', ['always', 'hint', 'never']),
    initialToken: readInitialToken(own(given, 'initialToken')),
    refreshWith: readRefreshWith(own(given, 'refreshWith')),
    parseTokenResponse: readFunction(given, 'parseTokenResponse'),
    idlePolicy: {
      whileHidden: readOneOf(idlePolicy, 'whileHidden', ['pause', 'refresh']) ?? 'pause',
      signOutAfterSeconds: readNumber(idlePolicy, 'signOutAfterSeconds', undefined, 1)
    },
    sendIdempotencyKey:
      readOneOf(given, 'sendIdempotencyKey', ['same-origin', 'always', 'never']) ?? 'same-origin',
    tabs: readOneOf(given, 'tabs', ['share', 'signal', 'off']) ?? 'share',
    platform: readPlatform(own(given, 'platform'))
  }
  checkBaseURL(options.baseURL)
  checkHeaderName(options.reissuedTokenHeader)
  return options
}

function readRefreshWith(value: unknown): RefreshWith {
  if (value === undefined) return 'cookie'
  if (typeof value === 'function') return value as RefreshWith
  const ways = ['cookie', 'access-token', 'refresh-token'] as const
  return readOneOf({ refreshWith: value }, 'refreshWith', ways, ' or a function') ?? 'cookie'
}

function readInitialToken(value: unknown): IssuedToken | undefined {
  if (value === undefined) return undefined
  try {
    return readTokenResponse(value, 'It')
  } catch (error) {
    throw invalid(
      'initialToken',
      `a token response; ${error instanceof Error ? error.message : ''}`
    )
  }
}
