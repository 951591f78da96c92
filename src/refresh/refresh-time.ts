// When a token is renewed before it expires: a pure policy, so that a fleet of clients can be simulated with it.
import { later, leewaySeconds, type Moment } from '../token/lifetime.ts'

export interface RefreshPolicy {
  readonly refreshBeforeExpirySeconds: number
  readonly spreadRefreshes: boolean
}

/** How much of the interval later refreshes are brought forward by, at most. */
const jitterShare = 0.1

/**
 * The age, in seconds, at which a token of this lifetime is renewed.
 *
 * Users who sign in together (a shift begins, a deployment signs everybody out) would otherwise come back together for
 * ever after. The first refresh after a sign-in comes at a uniform fraction of one interval, which spreads a fleet at
 * once; a tenth of jitter on the later ones keeps it spread.
 */
export function planRefreshAgeSeconds(
  lifetimeSeconds: number,
  isFirst: boolean,
  policy: RefreshPolicy,
  random: () => number
): number {
  const interval =
    lifetimeSeconds - leewaySeconds(lifetimeSeconds, policy.refreshBeforeExpirySeconds)
  if (!policy.spreadRefreshes) return interval
  const jittered = interval * (1 - jitterShare * random())
  return isFirst ? jittered * random() : jittered
}

/** When a token that was just received is to be renewed; `undefined` where its lifetime is unknown. */
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
 * A re-issued token keeps the time that was planned for the one it replaces, or else a key rotation would bring the whole
 * fleet into step. Only a shorter life brings it forward.
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
