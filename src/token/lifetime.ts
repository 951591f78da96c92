// How long a token is good for: pure arithmetic over the moment of receipt, because the device's clock may be wrong.

/** One moment on both clocks. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

/**
 * Seconds before its end in which a token is no longer sent: one because servers cut `exp` to whole seconds
 * (a token issued at 10.9 s that lives for 4 s is refused from 14.0 s on), and one for the way to the server.
 */
const unsendableSeconds = 2

/** The greatest share of a token's lifetime that any leeway may take. */
const greatestLeewayShare = 0.25

export function readMoment(clocks: { now(): number; monotonicNow(): number }): Moment {
  return { wallMs: clocks.now(), monotonicMs: clocks.monotonicNow() }
}

/** Time that has passed since a moment. The greater of two clocks: one may stand still in sleep, the other may be set back. */
export function elapsedMs(since: Moment, now: Moment): number {
  return Math.max(0, now.wallMs - since.wallMs, now.monotonicMs - since.monotonicMs)
}

export function later(moment: Moment, byMs: number): Moment {
  return { wallMs: moment.wallMs + byMs, monotonicMs: moment.monotonicMs + byMs }
}

/** Time until a moment that lies ahead, 0 where either clock has reached it. */
export function remainingMs(until: Moment, now: Moment): number {
  return Math.max(0, Math.min(until.wallMs - now.wallMs, until.monotonicMs - now.monotonicMs))
}

/** No life is shorter than this: a token that is dead on arrival must not be renewed without end. */
const shortestLifetimeSeconds = 1
/** A hundred years, so that no moment lies beyond what a date can hold. */
const longestLifetimeSeconds = 100 * 365 * 86_400

/** What is left of a token; 0 where nobody said how long it lives. */
export function lifeLeftMs(
  token: { readonly receivedAt: Moment; readonly lifetimeSeconds: number | undefined },
  now: Moment
): number {
  const { receivedAt, lifetimeSeconds = 0 } = token
  return Math.max(0, lifetimeSeconds * 1000 - elapsedMs(receivedAt, now))
}

/** `expires_in` where the server said it (RFC 6749 §5.1), else `exp - iat`, both by the server's clock; else unknown. */
export function lifetimeSeconds(
  expiresInSeconds: number | undefined,
  claims: { readonly iat: number | undefined; readonly exp: number | undefined } | undefined
): number | undefined {
  const lifetime = expiresInSeconds ?? lifetimeByClaims(claims)
  return lifetime === undefined
    ? undefined
    : Math.min(Math.max(lifetime, shortestLifetimeSeconds), longestLifetimeSeconds)
}

// Claims that contradict each other (one of them in milliseconds, say) tell nothing; a refusal will.
function lifetimeByClaims(
  claims: { readonly iat: number | undefined; readonly exp: number | undefined } | undefined
): number | undefined {
  if (claims?.exp === undefined || claims.iat === undefined || claims.exp <= claims.iat)
    return undefined
  return claims.exp - claims.iat
}

/** How long before its end a token is renewed: the option, but never more than a quarter of the token's life. */
export function leewaySeconds(lifetime: number, refreshBeforeExpirySeconds: number): number {
  return Math.min(refreshBeforeExpirySeconds, lifetime * greatestLeewayShare)
}

/** How long before its end a token is no longer sent. */
export function marginSeconds(lifetime: number): number {
  return Math.min(unsendableSeconds, lifetime * greatestLeewayShare)
}
