// Refresh times: when a token is refreshed before it expires, and when a failed refresh is retried.
//
// The plans are pure functions, so that tests can simulate a fleet of clients.
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import type { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { later, type Moment, readMoment, remainingMs } from '../lib/time.ts'

export interface RefreshPolicy {
  readonly refreshBeforeExpirySeconds: number
  readonly spreadRefreshes: boolean
}

/** Without a refresh, the planned time is the expiry itself: the session ends with its token. */
export function readPolicy(
  options: RefreshPolicy & { readonly contract: Pick<ResolvedContract, 'refresh'> }
): RefreshPolicy {
  const { contract, refreshBeforeExpirySeconds, spreadRefreshes } = options
  return contract.refresh === false
    ? { refreshBeforeExpirySeconds: 0, spreadRefreshes: false }
    : { refreshBeforeExpirySeconds, spreadRefreshes }
}

/**
 * A refresh comes before the expiry by at most this share of the lifetime. Otherwise short-lived
 * tokens would be refreshed constantly.
 */
const greatestLeewayShare = 0.25

/** How much earlier a later refresh may come, as a share of the interval. */
const jitterShare = 0.1

/** How long before its expiry a token of this lifetime is refreshed. */
export function refreshLeewaySeconds(
  lifetimeSeconds: number,
  { refreshBeforeExpirySeconds }: RefreshPolicy
): number {
  return Math.min(refreshBeforeExpirySeconds, lifetimeSeconds * greatestLeewayShare)
}

/**
 * The age, in seconds, at which a token of this lifetime is refreshed.
 *
 * Users who sign in together (at the start of a shift, or after a deployment that ended all
 * sessions) would refresh together from then on. Therefore the first refresh after a sign-in comes
 * at a uniformly random share of the interval. Ten percent of jitter on later refreshes keeps the
 * clients apart.
 */
export function planRefreshAgeSeconds(
  lifetimeSeconds: number,
  isFirst: boolean,
  policy: RefreshPolicy,
  random: () => number
): number {
  const interval = lifetimeSeconds - refreshLeewaySeconds(lifetimeSeconds, policy)
  if (!policy.spreadRefreshes) return interval
  const jittered = interval * (1 - jitterShare * random())
  return isFirst ? jittered * random() : jittered
}

/**
 * When a token that was just received should be refreshed; `undefined` if its lifetime is unknown.
 */
export function planRefreshAt(
  token: { readonly receivedAt: Moment; readonly lifetimeSeconds: number | undefined },
  isFirst: boolean,
  policy: RefreshPolicy,
  random: () => number
): Moment | undefined {
  if (token.lifetimeSeconds === undefined) return undefined
  const ageSeconds = planRefreshAgeSeconds(token.lifetimeSeconds, isFirst, policy, random)
  return later(token.receivedAt, ageSeconds * 1000)
}

/**
 * The refresh time of a re-issued token: the one planned for the token that it replaces, or earlier
 * if it expires earlier. A new plan would make all clients refresh together after a key rotation.
 */
export function keepRefreshAt(
  planned: Moment | undefined,
  token: { readonly receivedAt: Moment; readonly lifetimeSeconds: number | undefined },
  policy: RefreshPolicy
): Moment | undefined {
  const latest = planRefreshAt(token, false, { ...policy, spreadRefreshes: false }, () => 0)
  if (planned === undefined || latest === undefined) return planned ?? latest
  return planned.monotonicMs <= latest.monotonicMs ? planned : latest
}

const firstDelayMs = 1_000
const longestDelayMs = 60_000

/** A longer `Retry-After` is cut to this, so that a wrong header does not stop refreshing. */
const longestRetryAfterMs = 300_000

/**
 * While the held token is valid, a retry comes at a random moment within this time, or within half
 * of the token's remaining life if that is longer.
 */
const patientDelayMs = 90_000
const shortestPatientDelayMs = 5_000

/**
 * How long to wait after the `failures`-th failure in a row.
 *
 * If the token has little or no life left (`slackMs`), requests wait for the refresh. The delay
 * then starts short and doubles with each failure. Half of it is jitter. The first retry is always
 * that quick.
 *
 * Otherwise the delay is a random part of the remaining life. This keeps the clients of a server
 * that was down for a minute from returning at the same moment.
 */
export function backoffMs(
  failures: number,
  {
    retryAfterMs,
    slackMs
  }: { readonly retryAfterMs: number | undefined; readonly slackMs: number },
  random: number
): number {
  const ceiling = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 16))
  const isUrgent = failures === 1 || slackMs <= ceiling
  const delay = isUrgent ? ceiling * (0.5 + random / 2) : patientMs(slackMs, random)
  if (retryAfterMs === undefined) return delay
  // Jitter here too: clients that got the same `Retry-After` at the same moment must not return
  // together.
  return Math.max(delay, Math.min(retryAfterMs, longestRetryAfterMs) + (ceiling * random) / 2)
}

// Never beyond the token's end, so that there is a retry before it expires.
function patientMs(slackMs: number, random: number): number {
  const longest = Math.min(slackMs, Math.max(patientDelayMs, slackMs / 2))
  const shortest = Math.min(shortestPatientDelayMs, longest / 2)
  return shortest + (longest - shortest) * random
}

/** A failed refresh, and when the next one may start. */
export interface RetryState {
  /** Notes a failure; `slackMs` is the rest of the held token's lifetime. */
  note(error: AuthError, slackMs: number): void
  forget(): void
  /** The failure that a refresh must reject with; `undefined` if it may start now. */
  heldBackBy(isManual: boolean): AuthError | undefined
  /** Time until the next refresh may start; `undefined` if the last one did not fail. */
  remainingMs(): number | undefined
  /**
   * The network is back, so a failed refresh may be retried soon. The kind of failure hardly
   * matters, because a captive portal can cause most kinds.
   */
  networkIsBack(): void
}

interface Failure {
  readonly error: AuthError
  readonly failedAt: Moment
  readonly retryAt: Moment
}

export function createRetryState(platform: Platform): RetryState {
  let failures = 0
  let last: Failure | undefined

  function waitMs(): number | undefined {
    return last && remainingMs(last.retryAt, readMoment(platform))
  }

  return {
    note(error, slackMs) {
      failures += 1
      // A retry does not correct a wrong option.
      const isFinal = error.code === 'ERR_AUTH_INVALID_OPTIONS'
      const retryInMs = isFinal
        ? Infinity
        : backoffMs(failures, { retryAfterMs: error.retryAfterMs, slackMs }, platform.random())
      const failedAt = readMoment(platform)
      last = { error, failedAt, retryAt: later(failedAt, retryInMs) }
    },
    forget() {
      failures = 0
      last = undefined
    },
    heldBackBy(isManual) {
      if (last === undefined || waitMs() === 0) return undefined
      // A user may retry at once, unless the server asked the client to wait.
      return isManual && last.error.retryAfterMs === undefined ? undefined : last.error
    },
    remainingMs: waitMs,
    networkIsBack() {
      if (last === undefined) return
      const { error, failedAt } = last
      // `Retry-After` and wrong options have nothing to do with the network.
      const isLasting =
        error.retryAfterMs !== undefined || error.code === 'ERR_AUTH_INVALID_OPTIONS'
      // The delay keeps an unstable network from causing a request each time it returns.
      if (!isLasting) last = { error, failedAt, retryAt: later(failedAt, firstDelayMs) }
    }
  }
}
