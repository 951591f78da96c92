// Token lifetime: pure arithmetic from the moment of receipt, because the device's clock may be
// wrong.

/** One moment, read from both clocks. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

/**
 * In these last seconds of its lifetime a token is no longer sent. One second, because servers cut
 * `exp` to whole seconds: a token issued at 10.9 s with a lifetime of 4 s is refused from 14.0 s.
 * Another second for the way to the server.
 */
const unsendableSeconds = 2

/** Leeway and margin take at most this share of a token's lifetime. */
const greatestLeewayShare = 0.25

export function readMoment(clocks: { now(): number; monotonicNow(): number }): Moment {
  return { wallMs: clocks.now(), monotonicMs: clocks.monotonicNow() }
}

/** The greater time of both clocks: one may stop during sleep, the other may be set back. */
export function elapsedMs(since: Moment, now: Moment): number {
  return Math.max(0, now.wallMs - since.wallMs, now.monotonicMs - since.monotonicMs)
}

export function later(moment: Moment, byMs: number): Moment {
  return { wallMs: moment.wallMs + byMs, monotonicMs: moment.monotonicMs + byMs }
}

/** 0 as soon as either clock has reached the moment. */
export function remainingMs(until: Moment, now: Moment): number {
  return Math.max(0, Math.min(until.wallMs - now.wallMs, until.monotonicMs - now.monotonicMs))
}

/**
 * The minimum lifetime: a token that arrives expired must not cause an endless loop of refreshes.
 */
const shortestLifetimeSeconds = 1
/** A hundred years, so that every moment fits into a `Date`. */
const longestLifetimeSeconds = 100 * 365 * 86_400

/** The rest of the token's lifetime; 0 if the lifetime is unknown. */
export function lifeLeftMs(
  token: { readonly receivedAt: Moment; readonly lifetimeSeconds: number | undefined },
  now: Moment
): number {
  const { receivedAt, lifetimeSeconds = 0 } = token
  return Math.max(0, lifetimeSeconds * 1000 - elapsedMs(receivedAt, now))
}

/**
 * `expires_in` (RFC 6749 §5.1), or else `exp - iat`, both by the server's clock; `undefined` if
 * unknown.
 */
export function lifetimeSeconds(
  expiresInSeconds: number | undefined,
  claims: { readonly iat: number | undefined; readonly exp: number | undefined } | undefined
): number | undefined {
  const lifetime = expiresInSeconds ?? lifetimeByClaims(claims)
  return lifetime === undefined
    ? undefined
    : Math.min(Math.max(lifetime, shortestLifetimeSeconds), longestLifetimeSeconds)
}

// Contradictory claims (for example `iat` in milliseconds) are ignored. The server then refuses the
// token when it expires.
function lifetimeByClaims(
  claims: { readonly iat: number | undefined; readonly exp: number | undefined } | undefined
): number | undefined {
  if (claims?.exp === undefined || claims.iat === undefined || claims.exp <= claims.iat)
    return undefined
  return claims.exp - claims.iat
}

/**
 * How long before its expiry a token is refreshed: the option, but at most a quarter of the
 * lifetime.
 */
export function leewaySeconds(lifetime: number, refreshBeforeExpirySeconds: number): number {
  return Math.min(refreshBeforeExpirySeconds, lifetime * greatestLeewayShare)
}

/** How long before its expiry a token is no longer sent. */
export function marginSeconds(lifetime: number): number {
  return Math.min(unsendableSeconds, lifetime * greatestLeewayShare)
}
