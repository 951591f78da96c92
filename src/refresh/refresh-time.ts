// Refresh time: when a token is refreshed before it expires. Pure, so that tests can simulate a
// fleet of clients.
import { later, type Moment } from '../lib/time.ts'

export interface RefreshPolicy {
  readonly refreshBeforeExpirySeconds: number
  readonly spreadRefreshes: boolean
}

/** The leeway is at most this share of the lifetime, so that short-lived tokens last a while. */
const greatestLeewayShare = 0.25

/** How much earlier a later refresh may come, as a share of the interval. */
const jitterShare = 0.1

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
  const { refreshBeforeExpirySeconds } = policy
  const leeway = Math.min(refreshBeforeExpirySeconds, lifetimeSeconds * greatestLeewayShare)
  const interval = lifetimeSeconds - leeway
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
