// Access token: its characters, its claims and its lifetime.
//
// The claims are read without verification. They are hints for the client, not proof (RFC 9068 §6).
import { jwtDecode } from 'jwt-decode'
import { elapsedMs, type Moment } from './time.ts'

/** The characters that a Bearer credential may consist of (RFC 6750 §2.1). */
const b64token = /^[A-Za-z0-9\-._~+/]+=*$/

/** Servers refuse longer headers, and the limit bounds the cost of decoding. */
const longestTokenCharacters = 8192

export function isAccessToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= longestTokenCharacters && b64token.test(value)
}

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

/** A token that arrives expired must not cause an endless loop of refreshes. */
const shortestLifetimeSeconds = 1
/** A hundred years, so that every moment fits into a `Date`. */
const longestLifetimeSeconds = 100 * 365 * 86_400

type LifetimeClaims = Pick<TokenClaims, 'iat' | 'exp'> | undefined

/**
 * The lifetime from the receipt on, because the device's clock may be wrong. It is `expires_in`
 * (RFC 6749 §5.1), or else `exp - iat`, both by the server's clock; `undefined` if unknown.
 */
export function lifetimeSeconds(
  expiresInSeconds: number | undefined,
  claims: LifetimeClaims
): number | undefined {
  const lifetime = expiresInSeconds ?? lifetimeByClaims(claims)
  return lifetime === undefined
    ? undefined
    : Math.min(Math.max(lifetime, shortestLifetimeSeconds), longestLifetimeSeconds)
}

// Contradictory claims (for example `iat` in milliseconds) are ignored. The server then refuses the
// token when it expires.
function lifetimeByClaims(claims: LifetimeClaims): number | undefined {
  if (claims?.exp === undefined || claims.iat === undefined) return undefined
  return claims.exp > claims.iat ? claims.exp - claims.iat : undefined
}

/** The rest of the token's lifetime; 0 if the lifetime is unknown. */
export function lifeLeftMs(
  token: { readonly receivedAt: Moment; readonly lifetimeSeconds: number | undefined },
  now: Moment
): number {
  const { receivedAt, lifetimeSeconds = 0 } = token
  return Math.max(0, lifetimeSeconds * 1000 - elapsedMs(receivedAt, now))
}
