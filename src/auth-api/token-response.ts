// What an auth endpoint answers with: the one file that knows the wire names (RFC 6749 §5.1).
import { AuthError } from '../lib/errors.ts'
import { isAccessToken } from '../token/claims.ts'

/** An access token as a server hands it out, in OAuth's names or in camelCase. */
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
  /** Only where the server hands it to scripts; with a cookie there is none to see. */
  readonly refreshToken: string | undefined
  readonly expiresInSeconds: number | undefined
}

/**
 * Reads a token response, trusting nothing: own properties only, the right types, a token that can be sent.
 *
 * @throws AuthError `ERR_AUTH_RESPONSE_MALFORMED`
 */
export function readTokenResponse(body: unknown, source: string): IssuedToken {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw malformed(
      source,
      `it is ${body === null ? 'null' : Array.isArray(body) ? 'an array' : typeof body}, not an object`
    )
  }
  const accessToken = readOwn(body, 'access_token', 'accessToken')
  if (!isAccessToken(accessToken))
    throw malformed(source, 'it holds no access_token that is a Bearer credential (RFC 6750 §2.1)')
  const tokenType = readOwn(body, 'token_type', 'tokenType')
  if (
    tokenType !== undefined &&
    (typeof tokenType !== 'string' || tokenType.toLowerCase() !== 'bearer')
  ) {
    throw malformed(source, 'its token_type is not Bearer')
  }
  const expiresIn = readOwn(body, 'expires_in', 'expiresIn')
  const refreshToken = readOwn(body, 'refresh_token', 'refreshToken')
  return {
    accessToken,
    refreshToken: typeof refreshToken === 'string' ? refreshToken : undefined,
    expiresInSeconds: readSeconds(expiresIn, source)
  }
}

/** The `error` of RFC 6749 §5.2, where the body holds a well-formed one. */
export function readOAuthError(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const code = readOwn(body, 'error')
  return typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? code : undefined
}

// Some servers send the number as a string.
function readSeconds(value: unknown, source: string): number | undefined {
  if (value === undefined || value === null) return undefined
  const seconds = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) {
    throw malformed(source, 'its expires_in is no positive number of seconds')
  }
  return seconds
}

function readOwn(body: object, ...names: readonly string[]): unknown {
  for (const name of names) {
    if (Object.hasOwn(body, name)) return Reflect.get(body, name)
  }
  return undefined
}

function malformed(source: string, why: string): AuthError {
  return new AuthError('ERR_AUTH_RESPONSE_MALFORMED', `${source} is no token response: ${why}.`)
}
