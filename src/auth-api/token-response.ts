// Token response: the one file that knows its member names (RFC 6749 §5.1).

import { isAccessToken } from '../lib/access-token.ts'
import { AuthError, type AuthErrorCode } from '../lib/errors.ts'

/** The response of the login and refresh endpoints, with OAuth's member names or in camelCase. */
export type TokenResponse =
  | {
      readonly access_token: string
      readonly token_type?: string
      readonly expires_in?: number
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
 * @throws AuthError with `code`, by default `ERR_AUTH_RESPONSE_MALFORMED`
 */
export function readTokenResponse(
  body: unknown,
  source: string,
  code?: AuthErrorCode
): IssuedToken {
  const refuse = (received: string) => malformed(source, received, code)
  if (body === undefined || body === null) throw refuse(String(body))
  if (Array.isArray(body)) throw refuse('an array')
  if (typeof body !== 'object') throw refuse(`a ${typeof body}`)
  const accessToken = readOwn(body, 'access_token', 'accessToken')
  if (!isAccessToken(accessToken)) {
    throw refuse('no access_token that is a Bearer credential (RFC 6750 §2.1)')
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
  code: AuthErrorCode = 'ERR_AUTH_RESPONSE_MALFORMED'
): AuthError {
  return new AuthError(code, `${source}: expected a token response; received ${received}.`)
}

/** The `error` code (RFC 6749 §5.2) if the body has a well-formed one. */
export function readOAuthError(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const code = readOwn(body, 'error')
  return typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? code : undefined
}

// `NaN` for an invalid value. Some servers send the number as a string.
function readSeconds(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  const seconds = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  const isPositive = typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0
  return isPositive ? seconds : Number.NaN
}

function readOwn(body: object, ...names: readonly string[]): unknown {
  for (const name of names) {
    if (Object.hasOwn(body, name)) return Reflect.get(body, name)
  }
  return undefined
}
