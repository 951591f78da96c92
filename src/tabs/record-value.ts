// Record value: what the tabs of one browser know about their session, as a value that merges.
// Pure.

export type EndReason = 'signed-out' | 'session-expired' | 'idle'

/**
 * Storage, the messages of other tabs and the memory of this tab are replicas of this value. All
 * parts only grow under `merge`, so the order of merging does not matter, and an absent part proves
 * nothing. It holds no secret.
 */
export interface RecordValue {
  /** Counts the changes of the session in all tabs: a tab that changes it takes the next number. */
  readonly counter: number
  /** A random ID of the last sign-in; `undefined` if it is unknown. */
  readonly sessionId: string | undefined
  /** The last sessions that ended, by their counters. */
  readonly ended: readonly EndedSession[]
  /** `undefined` in a part: no refresh is open. */
  readonly refresh: Part<OpenRefresh>
  readonly hold: Part<RefreshHold>
  /** How many tabs are open. A hint: it decides only whether to wait for their answer. */
  readonly tabs: Part<number>
  /** The last activity of the user in any tab, by the wall clock; 0 if it is unknown. */
  readonly activeAtMs: number
}

/** A tombstone: it outlasts every older value of the record. */
export interface EndedSession {
  readonly id: string
  readonly counter: number
  readonly reason: EndReason
  /** Whether the server knows. An unconfirmed sign-out is sent again. */
  readonly isConfirmed: boolean
}

/** A refresh without a definite answer. */
export interface OpenRefresh {
  /** The idempotency key. A retry from any tab reuses it. */
  readonly key: string
  readonly sinceMs: number
  /** Until when it may still be answered if its page is gone. */
  readonly untilMs: number
  /** Whether the request may be in flight. */
  readonly isOpen: boolean
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

/** A replaceable part: the value of the highest step wins. */
export interface Part<Value> {
  readonly step: number
  readonly value: Value | undefined
}

const rememberedEnds = 8
/** A longer text is not a record. */
const longestRecordCharacters = 16_384

const noPart = { step: 0, value: undefined }

export const emptyRecord: RecordValue = {
  counter: 0,
  sessionId: undefined,
  ended: [],
  refresh: noPart,
  hold: noPart,
  tabs: noPart,
  activeAtMs: 0
}

/** Commutative and idempotent. `nowMs`: an activity in the future is from a wrong clock. */
export function merge(one: RecordValue, other: RecordValue, nowMs: number): RecordValue {
  const ended = mergeEnds([...one.ended, ...other.ended])
  const { counter, sessionId } = laterSession(one, other, ended)
  return {
    counter,
    sessionId,
    ended,
    refresh: laterPart(one.refresh, other.refresh),
    hold: laterPart(one.hold, other.hold),
    tabs: laterPart(one.tabs, other.tabs),
    activeAtMs: Math.max(
      ...[one, other].map(({ activeAtMs }) => (activeAtMs > nowMs ? 0 : activeAtMs))
    )
  }
}

function mergeEnds(ends: readonly EndedSession[]): readonly EndedSession[] {
  const byId = new Map<string, EndedSession>()
  for (const end of ends) {
    const known = byId.get(end.id) ?? end
    byId.set(end.id, {
      id: end.id,
      counter: Math.max(known.counter, end.counter),
      reason: known.reason > end.reason ? known.reason : end.reason,
      isConfirmed: known.isConfirmed || end.isConfirmed
    })
  }
  return [...byId.values()]
    .sort((one, other) => one.counter - other.counter || (one.id < other.id ? -1 : 1))
    .slice(-rememberedEnds)
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
  const rank = ({ sessionId }: RecordValue) =>
    sessionId === undefined ? 0 : ended.some(({ id }) => id === sessionId) ? 1 : 2
  const lead = rank(one) - rank(other)
  return lead > 0 || (lead === 0 && (one.sessionId ?? '') >= (other.sessionId ?? '')) ? one : other
}

function laterPart<Value>(one: Part<Value>, other: Part<Value>): Part<Value> {
  if (one.step !== other.step) return one.step > other.step ? one : other
  return (JSON.stringify(one.value) ?? '') >= (JSON.stringify(other.value) ?? '') ? one : other
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
  return JSON.stringify(record)
}

/** Reads strictly, since any script of the origin can write the text. */
export function parseRecord(text: unknown): RecordValue | undefined {
  if (typeof text !== 'string' || text.length > longestRecordCharacters) return undefined
  try {
    const value: unknown = JSON.parse(text, withoutPrototype)
    return isRecord(value) ? (value as RecordValue) : undefined
  } catch {
    return undefined
  }
}

// `Object.prototype` may be polluted.
function withoutPrototype(_: string, value: unknown): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? Object.assign(Object.create(null), value) : value
}

type Check = (value: unknown) => boolean

const isId: Check = (value) => typeof value === 'string' && value !== '' && value.length <= 128
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0
const isTime: Check = (value) => typeof value === 'number' && value >= 0 && value <= 1e15
const isFlag: Check = (value) => typeof value === 'boolean'
const isEnd = shape({
  id: isId,
  counter: isCount,
  reason: (value) => /^(signed-out|session-expired|idle)$/.test(String(value)),
  isConfirmed: isFlag
})

const isRecord = shape({
  counter: isCount,
  sessionId: optional(isId),
  ended: (value) =>
    Array.isArray(value) && value.length <= rememberedEnds && value.every((end) => isEnd(end)),
  refresh: part(shape({ key: isId, sinceMs: isTime, untilMs: isTime, isOpen: isFlag })),
  hold: part(
    shape({
      untilMs: isTime,
      failures: isCount,
      code: (value) => /^ERR_AUTH_[A-Z_]{1,40}$/.test(String(value)),
      status: optional(isCount),
      isRetryAfter: isFlag
    })
  ),
  tabs: part(isCount),
  activeAtMs: isTime
} satisfies Record<keyof RecordValue, Check>)

function shape(checks: Readonly<Record<string, Check>>): Check {
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(checks).every(([name, isValid]) => isValid(Reflect.get(value, name)))
}

function optional(isValid: Check): Check {
  return (value) => value === undefined || isValid(value)
}

function part(isValid: Check): Check {
  return shape({ step: isCount, value: optional(isValid) })
}
