// Record value: what the tabs of a browser know about their session, as a value that merges. Pure.
import { flag, list, matching, number, oneOf, type Reader, record } from '../lib/checks.ts'

export type EndReason = 'signed-out' | 'session-expired' | 'idle'

/**
 * Storage, the messages of other tabs and the memory of this tab are replicas of this value. Its
 * parts only grow, so the order of merging does not matter, and an absent part proves nothing.
 */
export interface RecordValue {
  /** Counts the changes of the session in all tabs. */
  readonly counter: number
  /** A random ID of the last sign-in; `undefined` if it is unknown. It is not a secret. */
  readonly sessionId: string | undefined
  /** The last sessions that ended, by their counters. */
  readonly ended: readonly EndedSession[]
  readonly refresh: Part<OpenRefresh>
  readonly hold: Part<RefreshHold>
  /** The last activity of the user in any tab, by the wall clock; 0 if it is unknown. */
  readonly activeAtMs: number
}

/** A tombstone: a session with this ID is never live again. */
export interface EndedSession {
  readonly id: string
  readonly counter: number
  readonly reason: EndReason
  /** Whether the server knows. An unconfirmed sign-out is sent again. */
  readonly isConfirmed: boolean
}

/** A refresh without a definite answer. A retry from any tab reuses its idempotency key. */
export interface OpenRefresh {
  readonly key: string
  readonly sessionId: string | undefined
  readonly sinceMs: number
  /** Until when it may still be answered if its page is gone; `sinceMs` if it has failed. */
  readonly untilMs: number
}

/** The failure of the last refresh. No tab refreshes before `untilMs`. */
export interface RefreshHold {
  readonly untilMs: number
  /** Failures in a row. */
  readonly failures: number
  /** The code of the error. */
  readonly code: string
  readonly status: number | undefined
  /** The server asked for the delay. */
  readonly isRetryAfter: boolean
}

/** A part that is replaced as a whole: the highest step wins. */
interface Part<Value> {
  readonly step: number
  readonly value: Value | undefined
}

const rememberedEnds = 8
const longestRecordCharacters = 16_384
/**
 * Longer than a text with all parts. If storage is full, a text that does not grow can still be
 * written, so that a sign-out reaches the other tabs.
 */
const usualRecordCharacters = 1_536
const noPart = { step: 0, value: undefined }

export const emptyRecord: RecordValue = {
  counter: 0,
  sessionId: undefined,
  ended: [],
  refresh: noPart,
  hold: noPart,
  activeAtMs: 0
}

/** Commutative and idempotent. An activity after `nowMs` is from a wrong clock. */
export function merge(one: RecordValue, other: RecordValue, nowMs: number): RecordValue {
  const ended = mergeEnds([...one.ended, ...other.ended])
  const { counter, sessionId } = laterSession(one, other, ended)
  const times = [one.activeAtMs, other.activeAtMs].filter((atMs) => atMs <= nowMs)
  return {
    counter,
    sessionId,
    ended,
    refresh: laterPart(one.refresh, other.refresh),
    hold: laterPart(one.hold, other.hold, (hold) => hold?.isRetryAfter === true),
    activeAtMs: Math.max(0, ...times)
  }
}

function mergeEnds(ends: readonly EndedSession[]): readonly EndedSession[] {
  const byId = new Map<string, EndedSession>()
  for (const end of ends) {
    const known = byId.get(end.id)
    byId.set(end.id, known === undefined ? end : mergeEnd(known, end))
  }
  return [...byId.values()]
    .sort((one, other) => one.counter - other.counter || (one.id < other.id ? -1 : 1))
    .slice(-rememberedEnds)
}

/** From the weakest. A sign-out overrules sign-ins that began before it, and an expiry does not. */
const reasonsByStrength: readonly EndReason[] = ['session-expired', 'idle', 'signed-out']

function mergeEnd(one: EndedSession, other: EndedSession): EndedSession {
  const strength = ({ reason }: EndedSession) => reasonsByStrength.indexOf(reason)
  const lead = strength(one) - strength(other)
  if (lead !== 0) return lead > 0 ? one : other
  const counter = Math.max(one.counter, other.counter)
  return { ...one, counter, isConfirmed: one.isConfirmed || other.isConfirmed }
}

//  tab A ── counter 7 ── signs out of s ── counter 8, s has ended ─┐
//  tab B ── counter 7 ── refreshes s ───── counter 8, s is live ───┴▶ counter 8, s has ended
//  tab C ── counter 7 ── signs in as t ─── counter 8, t is live ─────▶ counter 8, t is live
function laterSession(
  one: RecordValue,
  other: RecordValue,
  ended: readonly EndedSession[]
): Pick<RecordValue, 'counter' | 'sessionId'> {
  if (one.counter !== other.counter) return one.counter > other.counter ? one : other
  const rank = ({ sessionId = '' }: RecordValue) =>
    `${sessionId !== '' && !ended.some(({ id }) => id === sessionId)} ${sessionId}`
  return rank(one) >= rank(other) ? one : other
}

/** `isStronger`: the value wins over others of its step. */
function laterPart<Value>(
  one: Part<Value>,
  other: Part<Value>,
  isStronger: (value: Value | undefined) => boolean = () => false
): Part<Value> {
  const strength = ({ value }: Part<Value>) => Number(isStronger(value))
  const lead = one.step - other.step || strength(one) - strength(other)
  const isLater = lead > 0 || (lead === 0 && JSON.stringify(one) >= JSON.stringify(other))
  return isLater ? one : other
}

/** How a session ended; `undefined` if it is not known to have ended. */
export function endOf(record: RecordValue, id: string | undefined): EndedSession | undefined {
  return record.ended.find((end) => end.id === id)
}

/** The session that a tab may be signed in to. */
export function liveSession(record: RecordValue): string | undefined {
  return endOf(record, record.sessionId) === undefined ? record.sessionId : undefined
}

/** The sign-out that the server has not confirmed; `undefined` after a later sign-in. */
export function pendingSignOut(record: RecordValue): string | undefined {
  const end = endOf(record, record.sessionId)
  return end?.isConfirmed === false ? end.id : undefined
}

export function writeRecord(record: RecordValue): string {
  return JSON.stringify(record).padEnd(usualRecordCharacters)
}

/** Reads strictly, since any script of the origin can write the text. */
export function parseRecord(text: unknown): RecordValue | undefined {
  const isText = typeof text === 'string' && text.length <= longestRecordCharacters
  try {
    return isText ? readRecord(JSON.parse(text), 'record') : undefined
  } catch {
    return undefined
  }
}

const count = number(0)
const id = matching(/^.{1,128}$/, 'string')
const readEnd = record(
  { id, counter: count, reason: oneOf('signed-out', 'session-expired', 'idle'), isConfirmed: flag },
  {}
)
const readOpenRefresh = record(
  { key: id, sessionId: id, sinceMs: count, untilMs: count },
  { sessionId: undefined }
)
const code = matching(/^ERR_AUTH_[A-Z_]{1,40}$/, 'string')
const readHold = record(
  { untilMs: count, failures: count, code, status: count, isRetryAfter: flag },
  { status: undefined }
)
const readRecord: Reader<RecordValue> = record(
  {
    counter: count,
    sessionId: id,
    ended: list(readEnd),
    refresh: part(readOpenRefresh),
    hold: part(readHold),
    activeAtMs: count
  },
  { sessionId: undefined }
)

function part<Value>(value: Reader<Value>): Reader<Part<Value>> {
  return record({ step: count, value }, { value: undefined })
}
