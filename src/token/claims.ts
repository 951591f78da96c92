// What an access token says about itself, read as a hint and never as a proof (RFC 9068 §6).
import { jwtDecode } from 'jwt-decode'

/** The claims that everbearer looks at; everything else in the token is the API's business. */
export interface TokenClaims {
  readonly kid: string | undefined
  readonly sub: string | undefined
  readonly sid: string | undefined
  /** Seconds since the epoch, by the server's clock. */
  readonly iat: number | undefined
  /** Seconds since the epoch, by the server's clock. */
  readonly exp: number | undefined
}

/** RFC 6750 §2.1; anything else could not be sent as a Bearer credential. */
const b64token = /^[A-Za-z0-9\-._~+/]+=*$/

/** Servers refuse headers of this size anyway; a cap keeps decoding cheap whatever arrives. */
const longestTokenCharacters = 8192

export function isAccessToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= longestTokenCharacters && b64token.test(value)
}

/** The token's claims, or `undefined` where it is opaque. Decoding costs more than a request: call it once per token. */
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
    // jwt-decode quotes the payload in its message, so its error must not travel.
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
