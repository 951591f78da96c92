// Token lifetime: measures how long a token lives from its receipt, by sources that may contradict
// each other.
import type { TokenClaims } from './access-token.ts'
import { elapsedMs, type Moment } from './time.ts'

/** A token that arrives expired must not cause an endless loop of refreshes. */
const shortestSeconds = 1
/** A hundred years, so that every moment fits into a `Date`. */
const longestSeconds = 100 * 365 * 86_400

/** The shortest lifetime by a clock that may be wrong: it must not cause a refresh each second. */
const shortestByClockSeconds = 5

/** Sources agree within this time: servers cut times to whole seconds, and answers take time. */
const toleranceSeconds = 5

/** A stated lifetime that is so many times too long has another unit, or is a date. */
const unitMistake = 500
/** A lifetime that is a thousand times too short, within a tenth, is read in the wrong unit too. */
const unitTolerance = 0.1

interface Measured {
  readonly claims: Pick<TokenClaims, 'iat' | 'exp'> | undefined
  readonly receivedAt: Moment
  readonly lifetimeSeconds: number | undefined
}

export interface LifetimeFacts extends Omit<Measured, 'lifetimeSeconds'> {
  /** The lifetime that the answer states (RFC 6749 §5.1). */
  readonly expiresInSeconds: number | undefined
  /** The time of the answer by the server's clock: its `Date` header. */
  readonly serverNowMs: number | undefined
  /** Whether the token comes from a sign-in. Its `iat` is then the time of the answer. */
  readonly isSignIn: boolean
  /** The token that it replaces in the same session. */
  readonly previous: Measured | undefined
}

export interface Lifetime {
  /** `undefined` if it is unknown. The server then refuses the token when it expires. */
  readonly seconds: number | undefined
  /** Whether the stated lifetime is longer than that of the token, or in another unit. */
  readonly isContradicted: boolean
}

/**
 * The lifetime counts from the receipt, because the device's clock may be wrong. It is the shortest
 * one that the server's sources support: `expires_in`, and `exp` measured against the `Date` header
 * and against `iat`.
 *
 * `iat` may be older than the token, because some servers copy it from the refresh token. It is
 * proved by a sign-in, by an `expires_in` that agrees, or if it has moved on since the previous
 * token. Otherwise the server's time follows from the previous token, and on page load from the
 * device's clock.
 */
export function measureLifetime(facts: LifetimeFacts): Lifetime {
  const { claims, serverNowMs, receivedAt, isSignIn, previous } = facts
  const stated = positive(facts.expiresInSeconds)
  const exp = claims?.exp
  if (exp === undefined) return { seconds: clamp(stated), isContradicted: false }

  const iat = claims?.iat
  const until = (nowSeconds = Infinity) => positive(exp - nowSeconds)
  const byDate = until(serverNowMs && serverNowMs / 1000)
  const byServer = shortest(byDate, until(iat))
  const previousIat = previous?.claims?.iat
  const hasMovedOn = iat !== undefined && previousIat !== undefined && iat > previousIat
  const isProved = byDate !== undefined || isSignIn || hasMovedOn
  if (byServer !== undefined) {
    const isOverstated = stated !== undefined && stated > byServer + toleranceSeconds
    const isUnderstated = isProved && isThousandth(stated, byServer)
    const isContradicted = isOverstated || isUnderstated
    if (stated !== undefined && !isContradicted) {
      return { seconds: clamp(shortest(stated, byServer)), isContradicted }
    }
    if (isProved) return { seconds: clamp(byServer), isContradicted }
  }
  const byPrevious = until(serverSeconds(previous, receivedAt))
  const left = byPrevious ?? until(receivedAt.wallMs / 1000)
  const byClock = left && Math.max(left, shortestByClockSeconds)
  // No clock is as wrong as a stated lifetime in milliseconds.
  const isMistaken = stated !== undefined && byClock !== undefined && stated > unitMistake * byClock
  if (stated !== undefined && byServer === undefined && !isMistaken) {
    return { seconds: clamp(stated), isContradicted: false }
  }
  return { seconds: clamp(shortest(byServer, byClock)), isContradicted: stated !== undefined }
}

function isThousandth(stated: number | undefined, seconds: number): boolean {
  return stated !== undefined && Math.abs(seconds / stated / 1000 - 1) < unitTolerance
}

/** The server's time now, by the expiry and the lifetime of an earlier token. */
function serverSeconds(token: Measured | undefined, now: Moment): number | undefined {
  const exp = token?.claims?.exp
  if (token?.lifetimeSeconds === undefined || exp === undefined) return undefined
  return exp - token.lifetimeSeconds + elapsedMs(token.receivedAt, now) / 1000
}

/**
 * The lifetime that is left to a token that the app had at start. Such a token is not fresh, so the
 * device's clock counts. 0 if it has expired; `undefined` if nothing is known.
 */
export function remainingLifetimeSeconds(
  facts: Pick<LifetimeFacts, 'claims' | 'expiresInSeconds'>,
  now: Moment
): number | undefined {
  const iat = facts.claims?.iat
  const exp = facts.claims?.exp ?? Infinity
  const whole = iat === undefined || exp <= iat ? Infinity : exp - iat
  const left = Math.min(facts.expiresInSeconds ?? Infinity, exp - now.wallMs / 1000, whole)
  if (left === Infinity) return undefined
  return left <= 0 ? 0 : clamp(left)
}

/** The rest of the token's lifetime; 0 if the lifetime is unknown. */
export function lifeLeftMs(
  token: { readonly receivedAt: Moment; readonly lifetimeSeconds: number | undefined },
  now: Moment
): number {
  const { receivedAt, lifetimeSeconds = 0 } = token
  return Math.max(0, lifetimeSeconds * 1000 - elapsedMs(receivedAt, now))
}

function positive(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds > 0 ? seconds : undefined
}

function shortest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other)
}

function clamp(seconds: number | undefined): number | undefined {
  return seconds && Math.min(Math.max(seconds, shortestSeconds), longestSeconds)
}
