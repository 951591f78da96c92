// Token reader: finds the tokens and their lifetime in an answer, or in the result of a function.

import { defaultLifetime, defaultTokens } from '../../contract/default-contract.ts'
import type {
  ResolvedContract,
  ResolvedPlace,
  ResolvedTokens
} from '../../contract/resolved-contract.ts'
import type { ReadTokens } from '../../contract/tokens.ts'
import { isAccessToken, longestTokenCharacters } from '../../lib/access-token.ts'
import { AuthError, type AuthErrorCode, isAuthError } from '../../lib/errors.ts'
import { readFirst, readPath } from '../../lib/json-path.ts'
import type { Answered } from './answer.ts'
import { leastLifetime, parseLifetime } from './lifetime.ts'
import { describeMissing, describeType, malformed } from './malformed.ts'
import type { IssuedToken } from './token-answer.ts'
import { pathsOf, withoutTokens } from './without-tokens.ts'

export interface Reading {
  /** Begins the message of an error, such as `The answer of POST https://api.example.com/login`. */
  readonly source: string
  /** The device's clock. */
  readonly nowMs: number
  readonly serverNowMs: number | undefined
  readonly keepsRefreshToken: boolean
  /** Called if a lifetime is unreadable (`undefined`) or not positive. */
  readonly onWrongLifetime: (seconds: number | undefined) => void
}

export type Tokens = ResolvedTokens | ReadTokens

/** Whether the client presents a refresh token, or passes it to a function of the contract. */
export function keepsRefreshToken({ refresh }: Pick<ResolvedContract, 'refresh'>): boolean {
  return typeof refresh === 'object' ? refresh.credential === 'refresh-token' : refresh !== false
}

/**
 * Reads the tokens of an answer with status 2xx.
 *
 * @throws AuthError `ERR_AUTH_RESPONSE_MALFORMED`, or with the code `rejection` if the contract's
 * function throws one
 */
export function readAnswerTokens(
  answer: Answered,
  tokens: Tokens,
  reading: Reading,
  rejection: AuthErrorCode
): IssuedToken {
  const { response, body, text } = answer
  if (typeof tokens === 'function') {
    const { status, headers } = response
    const read = () => tokens({ status, headers, body, text })
    const result = callSafely(read, reading, rejection)
    const token = readResultTokens(result, defaultTokens, reading)
    return { ...token, answer: withoutTokens(body, defaultTokens, tokensIn(result)) }
  }
  const accessToken = readPlace(tokens.accessToken, answer)
  if (accessToken === undefined) throw malformed(reading.source, ...describeMissing(answer, tokens))
  const refreshToken = readPlace(tokens.refreshToken, answer)
  const expiresInSeconds = readLifetime(body, [tokens.expiresIn], reading, response.headers)
  return issue({ accessToken, refreshToken, expiresInSeconds }, body, tokens, reading)
}

/**
 * Reads what a function of the app returned: by the paths of the contract, then by the default
 * names.
 *
 * @throws AuthError `ERR_AUTH_RESPONSE_MALFORMED`
 */
export function readResultTokens(result: unknown, tokens: Tokens, reading: Reading): IssuedToken {
  const places = typeof tokens === 'function' ? defaultTokens : tokens
  const read = (name: 'accessToken' | 'refreshToken') =>
    readFirst(result, [...pathsOf(places[name]), ...pathsOf(defaultTokens[name])])
  const found = callSafely(
    () => ({
      accessToken: read('accessToken'),
      refreshToken: read('refreshToken'),
      expiresInSeconds: readLifetime(result, [places.expiresIn, defaultLifetime], reading)
    }),
    reading
  )
  if (found.accessToken === undefined) {
    throw malformed(reading.source, describeType(result) ?? 'no access_token')
  }
  return issue(found, result, places, reading)
}

/** The tokens that a function of the contract has returned. */
export function tokensIn(result: unknown): readonly unknown[] {
  const places = [defaultTokens.accessToken, defaultTokens.refreshToken]
  return places.flatMap(pathsOf).map((path) => readPath(result, path))
}

/** The tokens, or the error that reading them throws. */
export function orError(read: () => IssuedToken): IssuedToken | AuthError {
  try {
    return read()
  } catch (error) {
    if (error instanceof AuthError) return error
    throw error
  }
}

/** An error of the app may quote the answer, so it is not passed on. */
function callSafely<Result>(
  call: () => Result,
  reading: Reading,
  rejection?: AuthErrorCode
): Result {
  try {
    return call()
  } catch (error) {
    if (rejection !== undefined && isAuthError(error, rejection)) throw error
    throw malformed(reading.source, 'a value that cannot be read')
  }
}

interface Found {
  readonly accessToken: unknown
  readonly refreshToken: unknown
  readonly expiresInSeconds: number | undefined
}

function issue(found: Found, body: unknown, places: ResolvedTokens, reading: Reading): IssuedToken {
  const { accessToken, refreshToken, expiresInSeconds } = found
  const { serverNowMs, keepsRefreshToken: keepsToken } = reading
  if (!isAccessToken(accessToken)) {
    const expected = `a string of 1 to ${longestTokenCharacters} visible characters`
    throw malformed(reading.source, `an access token that is not ${expected}`)
  }
  const token = {
    accessToken,
    refreshToken: keepsToken && isRefreshToken(refreshToken) ? refreshToken : undefined,
    expiresInSeconds,
    serverNowMs
  }
  return { ...token, answer: withoutTokens(body, places, [accessToken, refreshToken]) }
}

/** The lifetime at the first place that holds a value. */
function readLifetime(
  body: unknown,
  places: readonly ResolvedTokens['expiresIn'][],
  { nowMs, serverNowMs, onWrongLifetime }: Reading,
  headers?: Headers
): number | undefined {
  for (const place of places) {
    if (!place) continue
    const value =
      place.header === undefined
        ? readFirst(body, place.at)
        : headers?.get(place.header) || undefined
    if (value === undefined) continue
    const seconds = parseLifetime(value, place.unit, serverNowMs ?? nowMs)
    const deviceNowMs = serverNowMs === undefined ? nowMs : undefined
    const least = leastLifetime(value, place.unit, deviceNowMs)
    if (seconds !== undefined && seconds > least) return seconds
    onWrongLifetime(seconds)
    return undefined
  }
  return undefined
}

/** RFC 6749, appendix A.17: visible characters and spaces. */
function isRefreshToken(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= longestTokenCharacters &&
    /^[\x20-\x7e]+$/.test(value)
  )
}

export function readPlace(place: ResolvedPlace, { body, text, response }: Answered): unknown {
  switch (place.in) {
    case 'body':
      return readFirst(body, place.paths) ?? undefined
    case 'header': {
      const value = response.headers.get(place.header)?.trim()
      // A comma joins the lines of a repeated header.
      if (!value || value.includes(',')) return undefined
      if (place.scheme === '') return value
      const [scheme, token, ...rest] = value.split(/ +/)
      const isOne = scheme?.toLowerCase() === place.scheme.toLowerCase() && rest.length === 0
      return isOne ? token : undefined
    }
    case 'text': {
      // The text itself, or one JSON string.
      const token = typeof body === 'string' ? body : text.trim()
      const isText = typeof body !== 'object' && token !== '' && !token.startsWith('<')
      return isText ? token : undefined
    }
  }
}
