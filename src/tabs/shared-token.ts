// A token on its way to a sibling: packed, read strictly, unpacked.
import { type HeldToken, type ReceivedToken, receiveToken } from '../session/session.ts'
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
