// A token on its way to a sibling: packed, read strictly, unpacked.
import { type HeldToken, type ReceivedToken, receiveToken } from '../session/held-token.ts'
import { isAccessToken } from '../token/claims.ts'
import { elapsedMs, later, type Moment, remainingMs } from '../token/lifetime.ts'

/** With its age instead of the time of its receipt, for the monotonic clocks of tabs differ. */
export interface SharedToken {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  readonly lifetimeSeconds: number | undefined
  readonly ageMs: number
  /** By the wall clock: a frozen tab reads its messages late. */
  readonly sentAtMs: number
  readonly refreshInMs: number | undefined
}

export function packToken(held: HeldToken, now: Moment): SharedToken {
  const { accessToken, refreshToken, lifetimeSeconds, receivedAt, refreshAt } = held
  return {
    accessToken,
    refreshToken,
    lifetimeSeconds,
    ageMs: elapsedMs(receivedAt, now),
    sentAtMs: now.wallMs,
    refreshInMs: refreshAt && remainingMs(refreshAt, now)
  }
}

export function unpackToken(shared: SharedToken, now: Moment): ReceivedToken {
  const { accessToken, refreshToken, lifetimeSeconds: expiresInSeconds, ageMs, sentAtMs } = shared
  const receivedAt = later(now, -(ageMs + Math.max(0, now.wallMs - sentAtMs)))
  return receiveToken({ accessToken, refreshToken, expiresInSeconds }, receivedAt)
}

/**
 * When a tab that took a token over renews it: somewhat later than the one that got it, so that this one does it for all,
 * and tabs do not come in a crowd where it is gone. Never later than half of what lies between that moment and its end.
 */
export function planTakenRefresh(
  { refreshInMs, lifetimeSeconds, ageMs }: SharedToken,
  now: Moment,
  random: number
): Moment | undefined {
  if (refreshInMs === undefined || lifetimeSeconds === undefined) return undefined
  const spareMs = Math.max(0, lifetimeSeconds * 1000 - ageMs - refreshInMs)
  return later(now, refreshInMs + spareMs * (0.1 + 0.4 * random))
}

/** The token in a message, or `undefined` where it is none. */
export function readSharedToken(value: unknown): SharedToken | undefined {
  const token = readRecord(value)
  if (token === undefined || !isAccessToken(token.accessToken)) return undefined
  const { accessToken, refreshToken, ageMs, sentAtMs, lifetimeSeconds, refreshInMs } = token
  const isWhole =
    (refreshToken === undefined || isShortText(refreshToken)) &&
    isDuration(ageMs) &&
    isDuration(sentAtMs) &&
    (lifetimeSeconds === undefined || isDuration(lifetimeSeconds)) &&
    (refreshInMs === undefined || isDuration(refreshInMs))
  return isWhole
    ? { accessToken, refreshToken, ageMs, sentAtMs, lifetimeSeconds, refreshInMs }
    : undefined
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 8192
}

/** Own properties only. */
export function readRecord(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const record: Record<string, unknown> = Object.create(null)
  return Object.assign(record, value)
}
