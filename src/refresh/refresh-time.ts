// Refresh times: when a token is refreshed before it expires, and how long a failed refresh waits.
//
// The plans are pure functions, so that tests can simulate a fleet of clients.
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import { later, type Moment } from '../lib/time.ts'

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
 * sessions) would refresh together from then on. An outage of the server, or the loss of a signing
 * key, has the same effect. Therefore the refresh after such a `joint` token comes at a uniformly
 * random share of the interval. Ten percent of jitter on other refreshes keeps the clients apart.
 */
export function planRefreshAgeSeconds(
  lifetimeSeconds: number,
  isJoint: boolean,
  policy: RefreshPolicy,
  random: () => number
): number {
  const interval = lifetimeSeconds - refreshLeewaySeconds(lifetimeSeconds, policy)
  if (!policy.spreadRefreshes) return interval
  const jittered = interval * (1 - jitterShare * random())
  return isJoint ? jittered * random() : jittered
}

/**
 * When a token that was just received should be refreshed; `undefined` if its lifetime is unknown.
 */
export function planRefreshAt(
  token: { readonly receivedAt: Moment; readonly lifetimeSeconds: number | undefined },
  isJoint: boolean,
  policy: RefreshPolicy,
  random: () => number
): Moment | undefined {
  if (token.lifetimeSeconds === undefined) return undefined
  const ageSeconds = planRefreshAgeSeconds(token.lifetimeSeconds, isJoint, policy, random)
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

export const firstDelayMs = 1_000
const longestDelayMs = 60_000

/** A longer `Retry-After` is cut to this, so that a wrong header does not stop refreshing. */
const longestRetryAfterMs = 300_000

/** No wait of {@link backoffMs} is longer while no token is held. */
export const longestHoldMs: number = longestRetryAfterMs + longestDelayMs / 2

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
  const ceiling = ceilingMs(failures)
  const delay = isUrgent(failures, slackMs)
    ? ceiling * (0.5 + random / 2)
    : patientMs(slackMs, random)
  if (retryAfterMs === undefined) return delay
  // Jitter here too: clients that got the same `Retry-After` at the same moment must not return
  // together.
  return Math.max(delay, Math.min(retryAfterMs, longestRetryAfterMs) + (ceiling * random) / 2)
}

function ceilingMs(failures: number): number {
  return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 16))
}

/** Whether requests may wait for the refresh before a patient retry would come. */
export function isUrgent(failures: number, slackMs: number): boolean {
  return failures === 1 || slackMs <= ceilingMs(failures)
}

// Never beyond the token's end, so that there is a retry before it expires.
function patientMs(slackMs: number, random: number): number {
  const longest = Math.min(slackMs, Math.max(patientDelayMs, slackMs / 2))
  const shortest = Math.min(shortestPatientDelayMs, longest / 2)
  return shortest + (longest - shortest) * random
}
