// Answers of the auth endpoints: reads them, and decides what they mean.

import { isAccessToken } from '../lib/access-token.ts'
import { AuthError, type AuthErrorCode } from '../lib/errors.ts'

export interface Answered {
  readonly kind: 'answered'
  /** Method and URL without the query, for messages. */
  readonly where: string
  readonly response: Response
  /** The parsed JSON; `undefined` if the body is not JSON. */
  readonly body: unknown
  readonly isHtml: boolean
  readonly isEmpty: boolean
}

/** A longer body cannot be a token response and is not parsed. */
const longestBodyCharacters = 65_536

export async function readResponse(where: string, response: Response): Promise<Answered> {
  const text = await response.text()
  return {
    kind: 'answered',
    where,
    response,
    body: parseJson(text),
    isHtml: isHtml(response, text),
    isEmpty: text === ''
  }
}

function parseJson(text: string): unknown {
  if (text.length > longestBodyCharacters) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isHtml(response: Response, text: string): boolean {
  const type = response.headers.get('Content-Type') ?? ''
  return type.toLowerCase().includes('html') || text.trimStart().startsWith('<')
}

/** Statuses that ask for another attempt (RFC 9110 §15.5.9, RFC 8470, RFC 6585 §4). */
const retryStatuses: ReadonlySet<number> = new Set([408, 425, 429])

/** 404 and 405 point to a wrong path rather than to wrong credentials. */
const wrongPathStatuses: ReadonlySet<number> = new Set([404, 405])

/** Whether the answer to a login rejects the credentials. */
export function isLoginRejection({ response: { status } }: Answered): boolean {
  const isRejection = status >= 400 && status < 500
  return isRejection && !wrongPathStatuses.has(status) && !retryStatuses.has(status)
}

/** Whether the answer to a refresh ends the session. Any other failure is retried. */
export function isSessionRejection({ response, body, isHtml }: Answered): boolean {
  switch (response.status) {
    case 400:
      return readOAuthError(body) === 'invalid_grant'
    case 401:
      return true
    case 403:
      // A firewall or a captive portal answers 403 with an HTML page and knows nothing about the
      // session.
      return !isHtml
    default:
      return false
  }
}

/**
 * Whether the server found no cookie either when the OAuth 2 form was sent without a refresh token.
 * RFC 6749 §5.2 calls that an invalid request.
 */
export function isMissingCredential({ response, body }: Answered): boolean {
  return response.status === 400 && readOAuthError(body) === 'invalid_request'
}

/** The `error` code (RFC 6749 §5.2) if the body has a well-formed one. */
export function readOAuthError(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const code = readOwn(body, 'error')
  return typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? code : undefined
}

/**
 * The JSON body with which the login and refresh endpoints issue a token (RFC 6749 §5.1). The names
 * may also be in camelCase.
 *
 * @example { access_token: 'eyJ…', token_type: 'Bearer', expires_in: 300 }
 */
export type TokenResponse =
  | {
      readonly access_token: string
      /** Must be `Bearer` if it is present. */
      readonly token_type?: string
      /** The lifetime in seconds. Without it, the client uses `exp - iat` of a JWT. */
      readonly expires_in?: number
      /** Used with `refreshWith: 'refresh-token'` only. */
      readonly refresh_token?: string
    }
  | {
      readonly accessToken: string
      readonly tokenType?: string
      readonly expiresIn?: number
      readonly refreshToken?: string
    }

export interface IssuedToken {
  readonly accessToken: string
  /** `undefined` if the server keeps the refresh token in a cookie, which scripts cannot read. */
  readonly refreshToken: string | undefined
  readonly expiresInSeconds: number | undefined
}

/**
 * Reads a token response. It trusts own properties of the right type only.
 *
 * @param source begins the error message, such as `The answer of POST
 * https://api.example.com/login`.
 * @param hint ends the error message.
 * @throws AuthError with `code`, by default `ERR_AUTH_RESPONSE_MALFORMED`
 */
export function readTokenResponse(
  body: unknown,
  source: string,
  code?: AuthErrorCode,
  hint?: string
): IssuedToken {
  const refuse = (received: string) => malformed(source, received, code, hint)
  if (body === undefined || body === null) throw refuse(String(body))
  if (Array.isArray(body)) throw refuse('an array')
  if (typeof body !== 'object') throw refuse(`a ${typeof body}`)
  const accessToken = readOwn(body, 'access_token', 'accessToken')
  if (!isAccessToken(accessToken)) {
    if (accessToken === undefined) throw refuse('no access_token')
    throw refuse(
      'an access_token that is not a string of up to 8192 token characters (RFC 6750 §2.1)'
    )
  }
  const tokenType = readOwn(body, 'token_type', 'tokenType')
  const isBearer = typeof tokenType === 'string' && tokenType.toLowerCase() === 'bearer'
  if (tokenType !== undefined && !isBearer) throw refuse('a token_type other than Bearer')
  const expiresInSeconds = readSeconds(readOwn(body, 'expires_in', 'expiresIn'))
  if (Number.isNaN(expiresInSeconds)) {
    throw refuse('an expires_in that is not a positive number of seconds')
  }
  const refreshToken = readOwn(body, 'refresh_token', 'refreshToken')
  return {
    accessToken,
    refreshToken: typeof refreshToken === 'string' ? refreshToken : undefined,
    expiresInSeconds
  }
}

export function malformed(
  source: string,
  received: string,
  code: AuthErrorCode = 'ERR_AUTH_RESPONSE_MALFORMED',
  hint = ''
): AuthError {
  return new AuthError(code, `${source}: expected a token response; received ${received}.${hint}`)
}

// `NaN` for an invalid value. Some servers send the number as a string.
function readSeconds(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  const seconds = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  const isPositive = typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0
  return isPositive ? seconds : Number.NaN
}

/** The first own property with one of the names: `Object.prototype` may be polluted. */
function readOwn(body: object, ...names: readonly string[]): unknown {
  for (const name of names) {
    if (Object.hasOwn(body, name)) return Reflect.get(body, name)
  }
  return undefined
}
