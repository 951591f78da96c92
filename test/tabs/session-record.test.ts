// I12: the session record merges in any order, is read strictly, and is written back.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AuthError } from '../../src/lib/errors.ts'
import { createRetryState } from '../../src/refresh/retry-state.ts'
import {
  emptyRecord,
  endOf,
  liveSession,
  merge,
  parseRecord,
  type RecordValue,
  writeRecord
} from '../../src/tabs/record-value.ts'
import { createSessionRecord } from '../../src/tabs/session-record.ts'

const nowMs = 1_000
const ids = ['a', 'b', 'c', 'd']
const part = <Value>(value: fc.Arbitrary<Value>) =>
  fc.record({ step: fc.nat(3), value: fc.option(value, { nil: undefined }) })
const records: fc.Arbitrary<RecordValue> = fc.record({
  counter: fc.nat(3),
  sessionId: fc.constantFrom(undefined, ...ids),
  ended: fc.uniqueArray(
    fc.record({
      id: fc.constantFrom(...ids),
      counter: fc.nat(3),
      reason: fc.constantFrom('signed-out', 'session-expired', 'idle'),
      isConfirmed: fc.boolean()
    }),
    { selector: ({ id }) => id }
  ),
  refresh: part(
    fc.record({
      key: fc.constantFrom('k', 'l'),
      sessionId: fc.constantFrom(undefined, 'a'),
      sinceMs: fc.nat(9),
      untilMs: fc.nat(9)
    })
  ),
  hold: part(
    fc.record({
      untilMs: fc.nat(9),
      failures: fc.nat(3),
      code: fc.constant('ERR_AUTH_NETWORK'),
      status: fc.constantFrom(undefined, 503),
      isRetryAfter: fc.boolean()
    })
  ),
  activeAtMs: fc.nat(2_000)
})
const join = (one: RecordValue, other: RecordValue) => merge(one, other, nowMs)

it('merges two values in any order, and twice', () => {
  fc.assert(
    fc.property(records, records, (one, other) => {
      const merged = join(one, other)
      expect(writeRecord(join(other, one))).toBe(writeRecord(merged))
      expect(writeRecord(join(merged, other))).toBe(writeRecord(merged))
    }),
    { seed: 20_261_201, numRuns: 2_000 }
  )
})

it('keeps an ended session ended, and the highest counter', () => {
  fc.assert(
    fc.property(records, records, (one, other) => {
      const merged = join(one, other)
      for (const { id } of [...one.ended, ...other.ended]) {
        expect(endOf(merged, id)).toBeDefined()
        expect(liveSession(merged)).not.toBe(id)
      }
      expect(merged.counter).toBe(Math.max(one.counter, other.counter))
      expect(merged.activeAtMs).toBeLessThanOrEqual(nowMs)
    }),
    { seed: 20_261_202, numRuns: 2_000 }
  )
})

//  tab A ── refresh ── 500: step 4 ─────────────────────┐
//  tab B ── refresh ── 503 with Retry-After: step 4 ────┴▶ both wait as the server asked
it('keeps what the server asked for if two refreshes fail at once', () => {
  const hold = { untilMs: 9, failures: 4, code: 'ERR_AUTH_SERVER_ERROR', status: 500 }
  const own = { ...emptyRecord, hold: { step: 4, value: { ...hold, isRetryAfter: false } } }
  const asked = { ...hold, untilMs: 8, failures: 1, isRetryAfter: true }
  const other = { ...emptyRecord, hold: { step: 4, value: asked } }
  expect(join(own, other).hold.value).toEqual(asked)
  expect(join(other, own).hold.value).toEqual(asked)
})

it('reads what it has written', () => {
  fc.assert(
    fc.property(records, (value) => {
      const text = writeRecord(value)
      expect(writeRecord(parseRecord(text) ?? emptyRecord)).toBe(text)
    }),
    { seed: 20_261_203, numRuns: 500 }
  )
})

//  one   ── signs out of a ── counter 2 ────────────┐ (its write is late)
//  other ── refresh of a: rejected ── counter 3 ────┴▶ a has ended with the sign-out
it('keeps a sign-out although the session also expires in another tab', () => {
  const end = (counter: number, reason: 'signed-out' | 'session-expired', isConfirmed: boolean) => {
    const ended = [{ id: 'a', counter, reason, isConfirmed }]
    return { ...emptyRecord, sessionId: 'a', counter, ended }
  }
  const signOut = end(2, 'signed-out', false)
  expect(endOf(join(signOut, end(3, 'session-expired', true)), 'a')).toEqual(signOut.ended[0])
  expect(endOf(join(end(2, 'signed-out', true), end(3, 'signed-out', false)), 'a')).toEqual(
    end(3, 'signed-out', true).ended[0]
  )
})

it('keeps the live session if a session that is already over ends again', () => {
  const record = createSessionRecord(createPlatformWith(new Map()), 'key')
  record.enter('a')
  record.end('a', 'session-expired')
  const before = record.enter('b')
  expect(record.end('a', 'session-expired')).toEqual(before)
  expect(liveSession(record.end('a', 'signed-out'))).toBeUndefined()
})

it('remembers the last eight ended sessions', () => {
  const ended = Array.from({ length: 12 }, (_, index) => ({
    id: `s${index}`,
    counter: index,
    reason: 'signed-out' as const,
    isConfirmed: true
  }))
  const merged = join({ ...emptyRecord, ended }, emptyRecord)
  expect(merged.ended.map(({ id }) => id)).toEqual(ended.slice(-8).map(({ id }) => id))
})

it.each(['', '{', 'null', '[]', '7', '{"counter":-1}', writeRecord(emptyRecord).slice(1)])(
  'ignores a stored value that is not a record: %s',
  (text) => {
    const values = new Map([['key', text]])
    const record = createSessionRecord(createPlatformWith(values), 'key')
    expect(record.read()).toEqual(emptyRecord)
    record.enter('a')
    expect(parseRecord(values.get('key'))).toMatchObject({ counter: nowMs, sessionId: 'a' })
  }
)

//  one   ── signs out of a ── (its write is covered) ────── reads ── writes the merged value
//  other ── refreshes a ───── writes ───────────────────────────────────────────── reads: ended
it('writes back a sign-out that the write of another tab has covered', () => {
  const values = new Map<string, string>()
  const one = createSessionRecord(createPlatformWith(values), 'key')
  one.enter('a')
  const other = createSessionRecord(createPlatformWith(values), 'key')
  const before = values.get('key') ?? ''
  one.end('a', 'signed-out')
  values.set('key', before)
  other.enter('a')
  expect(liveSession(one.read())).toBe(undefined)
  expect(liveSession(other.read())).toBe(undefined)
  expect(other.known().ended).toMatchObject([{ id: 'a', reason: 'signed-out' }])
})

it('writes nothing if no value is known', () => {
  const values = new Map<string, string>()
  createSessionRecord(createPlatformWith(values), 'key').read()
  expect(values.size).toBe(0)
})

it('counts a sign-in as later than the sign-outs that another tab could not store before', () => {
  const values = new Map<string, string>()
  const platform = createPlatformWith(values)
  let laterMs = 0
  let isFull = false
  const now = () => nowMs + laterMs
  const setItem = (key: string, value: string) => {
    if (isFull) throw new Error('the quota is used up')
    values.set(key, value)
  }
  const full = createSessionRecord(
    { ...platform, now, storage: { ...platform.storage, setItem } },
    'key'
  )
  const other = createSessionRecord({ ...platform, now }, 'key')
  full.enter('a')
  isFull = true
  full.end('a', 'signed-out')
  full.enter('b')
  full.end('b', 'signed-out')
  laterMs = 1_000
  other.enter('c')
  isFull = false
  expect(liveSession(full.read())).toBe('c')
  expect(liveSession(other.read())).toBe('c')
})

it('ignores a hold that ends later than any real one', () => {
  const platform = { ...createPlatformWith(new Map()), random: () => 0.5 }
  const record = createSessionRecord(platform, 'key')
  const hold = { failures: 1, code: 'ERR_AUTH_NETWORK', status: undefined, isRetryAfter: false }
  const session = { held: () => undefined }
  const retries = createRetryState({ session, record, platform })
  record.set('hold', { ...hold, untilMs: nowMs + 60_000 })
  expect(retries.heldBackMs()).toBe(60_000)
  record.set('hold', { ...hold, untilMs: nowMs + 86_400_000 })
  expect(retries.heldBackMs()).toBe(0)
})

it('keeps the time of a Retry-After if another refresh in flight fails after it', () => {
  const platform = { ...createPlatformWith(new Map()), random: () => 0.5 }
  const record = createSessionRecord(platform, 'key')
  const retries = createRetryState({ session: { held: () => undefined }, record, platform })
  const retryAfterMs = 8_000
  retries.note(new AuthError('ERR_AUTH_SERVER_ERROR', 'failed', { status: 429, retryAfterMs }))
  const waitMs = retries.heldBackMs()
  expect(waitMs).toBeGreaterThanOrEqual(retryAfterMs)
  retries.note(new AuthError('ERR_AUTH_NETWORK', 'lost'))
  expect(retries.heldBackMs()).toBe(waitMs)
  expect(retries.heldBackBy('manual')).toMatchObject({ retryAfterMs: waitMs })
})

function createPlatformWith(values: Map<string, string>) {
  return {
    now: () => nowMs,
    monotonicNow: () => nowMs,
    randomId: () => 'random',
    storage: {
      getItem: (key: string) => values.get(key) ?? null,
      setItem: (key: string, value: string) => void values.set(key, value),
      removeItem: (key: string) => void values.delete(key)
    }
  }
}
