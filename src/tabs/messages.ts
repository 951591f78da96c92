// Messages: what the tabs of one browser send each other. Read strictly, since any script of the
// origin can write them.
import { readClaims } from '../lib/access-token.ts'
import { matching, number, oneOf, type Reader, record } from '../lib/checks.ts'
import { parseJson, toJson } from '../lib/json-path.ts'
import type { Platform, PlatformChannel } from '../lib/platform.ts'
import { elapsedMs, later, type Moment, remainingMs } from '../lib/time.ts'
import type { HeldToken, ReceivedToken } from '../session/held-token.ts'
import type { ReadUser } from '../session/user.ts'
import { parseRecord, type RecordValue, writeRecord } from './record-value.ts'

/** Where the shared token comes from. `kept`: it is newer than the answer of a refresh. */
export type TokenMessageReason = 'signed-in' | 'refreshed' | 'reissued' | 'kept'

export interface TabMessage {
  /** `ask`: the tab also asks for a token. */
  readonly type: 'ask' | 'record'
  readonly record: RecordValue
  /** A token of the session in the record. */
  readonly token: SharedToken | undefined
}

/** Carries its age instead of the time of receipt: the monotonic clocks of two tabs differ. */
export interface SharedToken {
  readonly reason: TokenMessageReason
  readonly accessToken: string
  readonly refreshToken: string | undefined
  readonly refreshTokenAgeMs: number
  readonly lifetimeSeconds: number | undefined
  readonly ageMs: number
  /** By the wall clock: a frozen tab reads its messages late. */
  readonly sentAtMs: number
  readonly refreshInMs: number | undefined
  /** Both may come from an answer that the other tabs have not seen. */
  readonly userId: string | undefined
  /** The profile as JSON: a channel rejects values that it cannot copy. */
  readonly profile: string | undefined
}

/** No refresh token and no profile is longer. The limit bounds the cost of reading a message. */
const longestTextCharacters = 65_536

/** Messages of another format are ignored. */
const version = 4

export interface TabChannel {
  post(message: TabMessage): void
  /**
   * Called before the page is frozen: an open channel keeps a page out of the back/forward cache.
   */
  close(): void
  open(): void
}

export function createTabChannel(
  platform: Pick<Platform, 'openChannel'>,
  name: string,
  onMessage: (message: TabMessage) => void
): TabChannel {
  let channel: PlatformChannel | undefined

  function receive(data: unknown): void {
    const message = readMessage(data)
    if (channel !== undefined && message !== undefined) onMessage(message)
  }

  return {
    // A channel that throws must not affect this tab's own session.
    post(message) {
      try {
        channel?.post({ version, ...message, record: writeRecord(message.record) })
      } catch {}
    },
    open() {
      try {
        channel ??= platform.openChannel?.(name, receive)
      } catch {}
    },
    close() {
      const closing = channel
      channel = undefined
      closing?.close()
    }
  }
}

export function packToken(reason: TokenMessageReason, held: HeldToken, now: Moment): SharedToken {
  const { accessToken, refreshToken, lifetimeSeconds, receivedAt, refreshAt, userId } = held
  const profile = toJson(held.profile)
  return {
    reason,
    accessToken,
    refreshToken,
    refreshTokenAgeMs: elapsedMs(held.refreshTokenAt, now),
    lifetimeSeconds,
    ageMs: elapsedMs(receivedAt, now),
    sentAtMs: now.wallMs,
    refreshInMs: refreshAt && remainingMs(refreshAt, now),
    userId,
    // Without it, the other tabs read the profile from the token.
    profile: profile && profile.length <= longestTextCharacters ? profile : undefined
  }
}

/** When a token was received that had this age in the message, by the clocks of this tab. */
export function receiptOf(
  { sentAtMs }: Pick<SharedToken, 'sentAtMs'>,
  ageMs: number,
  now: Moment
): Moment {
  return later(now, -(ageMs + Math.max(0, now.wallMs - sentAtMs)))
}

export function unpackToken(shared: SharedToken, now: Moment, readUser: ReadUser): ReceivedToken {
  const { accessToken, refreshToken, lifetimeSeconds, profile } = shared
  const claims = readClaims(accessToken)
  const user = readUser({ claims: claims?.payload, answer: undefined })
  return {
    accessToken,
    refreshToken,
    claims,
    receivedAt: receiptOf(shared, shared.ageMs, now),
    refreshTokenAt: receiptOf(shared, shared.refreshTokenAgeMs, now),
    lifetimeSeconds,
    userId: user.userId ?? shared.userId,
    profile: parseJson(profile ?? '') ?? user.profile
  }
}

/**
 * When a tab refreshes a token that it took over: somewhat later than the tab that got it from the
 * server. That tab refreshes for all. If it is gone, jitter keeps the others from refreshing at the
 * same moment. The delay is at most half of the time between the planned refresh and the token's
 * end.
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

/** Returns `undefined` for data that is not a valid message. Reads own properties only. */
export function readMessage(data: unknown): TabMessage | undefined {
  try {
    const { type, token, ...message } = readParts(data, 'message')
    const record = message.version === version ? parseRecord(message.record) : undefined
    return record && { type, record, token }
  } catch {
    return undefined
  }
}

const count = number(0)
const text = matching(new RegExp(`^[^]{0,${longestTextCharacters}}$`), 'string')
const nothing = undefined
const readToken: Reader<SharedToken> = record(
  {
    reason: oneOf('signed-in', 'refreshed', 'reissued', 'kept'),
    accessToken: matching(/^[!-~]{1,65536}$/, 'string'),
    refreshToken: text,
    refreshTokenAgeMs: count,
    lifetimeSeconds: count,
    ageMs: count,
    sentAtMs: count,
    refreshInMs: count,
    userId: text,
    profile: text
  },
  {
    refreshToken: nothing,
    lifetimeSeconds: nothing,
    refreshInMs: nothing,
    userId: nothing,
    profile: nothing
  }
)
const readParts = record(
  { version: count, type: oneOf('ask', 'record'), record: text, token: readToken },
  { token: nothing }
)
