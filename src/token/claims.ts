// Claims of an access token, read without verification: hints for the client, not proof (RFC 9068
// §6).
import { jwtDecode } from 'jwt-decode'

/** The claims that the client reads. The others concern the API only. */
export interface TokenClaims {
  readonly kid: string | undefined
  readonly sub: string | undefined
  readonly sid: string | undefined
  /** Seconds since the epoch, by the server's clock. */
  readonly iat: number | undefined
  /** Seconds since the epoch, by the server's clock. */
  readonly exp: number | undefined
}

/** The characters that a Bearer credential may consist of (RFC 6750 §2.1). */
const b64token = /^[A-Za-z0-9\-._~+/]+=*$/

/** Servers refuse longer headers, and the cap bounds the cost of decoding. */
const longestTokenCharacters = 8192

export function isAccessToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= longestTokenCharacters && b64token.test(value)
}

/** `undefined` if the token is not a JWT. Decoding is slow: call it once per token. */
export function readClaims(accessToken: string): TokenClaims | undefined {
  try {
    const header: unknown = jwtDecode(accessToken, { header: true })
    const payload: unknown = jwtDecode(accessToken)
    if (!isRecord(header) || !isRecord(payload)) return undefined
    return {
      kid: ownString(header, 'kid'),
      sub: ownString(payload, 'sub'),
      sid: ownString(payload, 'sid'),
      iat: ownNumericDate(payload, 'iat'),
      exp: ownNumericDate(payload, 'exp')
    }
  } catch {
    // The message of jwt-decode quotes the payload, so the error is not passed on.
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function ownString(record: Record<string, unknown>, name: string): string | undefined {
  const value = Object.hasOwn(record, name) ? record[name] : undefined
  return typeof value === 'string' ? value : undefined
}

function ownNumericDate(record: Record<string, unknown>, name: string): number | undefined {
  const value = Object.hasOwn(record, name) ? record[name] : undefined
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined
}
