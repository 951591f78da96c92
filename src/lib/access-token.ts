// Access token: its characters and its claims.
//
// The claims are read without verification. They are hints for the client, not proof (RFC 9068 §6).
import { jwtDecode } from 'jwt-decode'
import type { Claims } from '../contract/auth-contract.ts'

/** The limit bounds the cost of decoding. Servers refuse headers that are longer. */
export const longestTokenCharacters = 65_536

/** Whether a header can hold the value as one token: visible characters without blanks. */
export function isAccessToken(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= longestTokenCharacters &&
    /^[\x21-\x7e]+$/.test(value)
  )
}

/**
 * A hash to remember a secret by, which does not reveal it. It can collide: two factors, which are
 * odd numbers, make two independent hashes.
 */
export function hash(secret: string, factor = 31): string {
  let sum = 0
  for (let index = 0; index < secret.length; index += 1) {
    sum = (Math.imul(sum, factor) + secret.charCodeAt(index)) | 0
  }
  return (sum >>> 0).toString(36)
}

/** The claims of a JWT. */
export interface TokenClaims {
  /** All of them, as received. */
  readonly payload: Claims
  readonly kid: string | undefined
  readonly sid: string | undefined
  /** Seconds since the epoch, by the server's clock. */
  readonly iat: number | undefined
  /** Seconds since the epoch, by the server's clock. */
  readonly exp: number | undefined
}

/** `undefined` if the token is not a JWT. Decoding is slow: call it once per token. */
export function readClaims(accessToken: string): TokenClaims | undefined {
  try {
    const header: unknown = jwtDecode(accessToken, { header: true })
    const payload: unknown = jwtDecode(accessToken)
    if (!isRecord(header) || !isRecord(payload)) return undefined
    return {
      payload,
      kid: ownString(header, 'kid'),
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
