// Session record: the only file that reads and writes the stored record of the session.
import type { Platform } from '../lib/platform.ts'
import {
  type EndReason,
  emptyRecord,
  endOf,
  liveSession,
  merge,
  parseRecord,
  type RecordValue,
  writeRecord
} from './record-value.ts'

type PartName = 'refresh' | 'hold'

export interface SessionRecord {
  /** The value that this tab knows, without a look at storage. */
  known(): RecordValue
  /** The value that all tabs know. Costs one comparison of texts if storage has not changed. */
  read(): RecordValue
  /** Merges the value of another tab. */
  add(other: Partial<RecordValue>): void
  /** Whether other tabs can read what this one writes, as far as it knows. */
  isShared(): boolean
  /** Whether this tab has written within the last seconds: it may have covered another write. */
  hasJustWritten(): boolean
  /**
   * Calls `listener` after another tab has changed the record. `isLost`: storage has lost what this
   * tab knows, and has it back now.
   */
  onChange(listener: (isLost: boolean) => void): void
  /** This tab got a token from the server for the session with this ID. */
  enter(sessionId: string | undefined): RecordValue
  /**
   * Ends the session of this tab, and with a sign-out the live one too. If neither is known, a new
   * ID stands for it.
   */
  end(mine: string | undefined, reason: EndReason): RecordValue
  /** The server has confirmed the sign-out. */
  confirm(id: string): void
  set<Name extends PartName>(name: Name, value: RecordValue[Name]['value']): void
  /** Whether other tabs may be open. A hint: it decides only whether to wait for their answer. */
  hasOthers(): boolean
  /** This tab has opened or closed, or has learned whether other tabs are open. */
  noteTabs(change: 'opened' | 'closed' | 'alone' | 'others'): void
  setActive(atMs: number): void
}

/** A write of another tab may arrive this late, and be covered by a write of this tab. */
const settlesWithinMs = 2_000

//  Storage may be slow, and the last write wins. A tab still knows the value that another write
//  has covered. It reads the other text, merges, and writes the result.
//
//  tab A ── reads 7 ── writes 8, s has ended ─────────── reads B's text ── writes the merged value
//  tab B ── reads 7 ───── writes 8, s is live ─ (covers A's text) ───────── reads: s has ended
//
//  The merged value is the same in both tabs, so the writing ends.
export function createSessionRecord(
  platform: Pick<Platform, 'storage' | 'now' | 'randomId' | 'monotonicNow'>,
  key: string
): SessionRecord {
  const { storage } = platform
  const tabsKey = `${key}-tabs`
  const listeners = new Set<(isLost: boolean) => void>()
  let known = emptyRecord
  let seenText: string | null = null
  let isShared = storage !== undefined
  let writtenAtMs = -Infinity

  function readText(name = key): string | null {
    try {
      return storage?.getItem(name) ?? null
    } catch {
      return null
    }
  }

  function read(): RecordValue {
    const text = readText()
    if (text === seenText) return known
    seenText = text
    const stored = parseRecord(text) ?? emptyRecord
    absorb(stored, stored)
    return known
  }

  function absorb(other: RecordValue, stored: RecordValue): void {
    const before = known
    known = merge(known, other, platform.now())
    const text = writeRecord(known)
    if (text !== writeRecord(stored)) write(text)
    const isLost = other.counter < before.counter
    // Storage was cleared, and the number of tabs with it.
    if (isLost) writeTabs(2)
    const isNews = isLost || text !== writeRecord(before)
    if (isNews) for (const listener of listeners) listener(isLost)
  }

  function write(text: string): void {
    writtenAtMs = platform.monotonicNow()
    writeText(key, text)
    // If storage is blocked, full or forgetful, the value lives in memory, and other tabs get it in
    // messages.
    seenText = readText()
    isShared = seenText === text
  }

  function writeText(name: string, text: string): void {
    try {
      storage?.setItem(name, text)
    } catch {}
  }

  //  A page that closes knows the record as it was, and cannot write back what its write covers.
  //  Therefore the number of tabs has its own key. It is 0, 1, or 2 for more than one. The last tab
  //  to close leaves the 2, and the next tab corrects it when no other one answers.
  //
  //  tab A ── writes the key of its refresh ── (reloaded) ─── opens: continues with the same key
  //  tab B ── closes: counts one tab less ──── (arrives later)
  const readTabs = () => Number(readText(tabsKey))

  function writeTabs(tabs: number): void {
    writeText(tabsKey, `${tabs}`)
    // A short text may fit where the record does not.
    isShared &&= readTabs() === tabs
  }

  function change(make: (now: RecordValue) => Partial<RecordValue>): RecordValue {
    known = { ...read(), ...make(read()) }
    write(writeRecord(known))
    return known
  }

  //  tab A ── signs out, but its storage is full ─────────────────────── may write again
  //  tab B ──────────────── has not heard of it ── signs in: must be the later change
  function next(counter: number): number {
    return Math.max(counter + 1, platform.now())
  }

  read()

  return {
    known: () => known,
    read,
    add: (other) => absorb({ ...known, ...other }, known),
    isShared: () => isShared,
    hasJustWritten: () => platform.monotonicNow() - writtenAtMs < settlesWithinMs,
    onChange: (listener) => void listeners.add(listener),
    enter: (sessionId) => change(({ counter }) => ({ counter: next(counter), sessionId })),
    end(mine, reason) {
      return change((now) => {
        const isConfirmed = reason === 'session-expired'
        const isOver = endOf(now, mine) !== undefined
        //  tab A ── refresh of a ─────────────────────────── answered: a is over, and b is not
        //  tab B ──────────────────── a is over ── signs in as b
        if (isOver && isConfirmed) return {}
        const counter = next(now.counter)
        const own = isOver ? undefined : mine
        const sessionId = liveSession(now) ?? own ?? platform.randomId()
        // A sign-out also ends a sign-in that this tab has not heard of yet.
        const ids = [own ?? sessionId, ...(isConfirmed ? [] : [sessionId])]
        const ended = ids.map((id) => ({ id, counter, reason, isConfirmed }))
        return merge({ ...now, counter, sessionId }, { ...emptyRecord, ended }, platform.now())
      })
    },
    confirm(id) {
      change(({ ended }) => ({
        ended: ended.map((end) => (end.id === id ? { ...end, isConfirmed: true } : end))
      }))
    },
    set(name, value) {
      if (value !== read()[name].value) {
        change((now) => ({ [name]: { step: now[name].step + 1, value } }))
      }
    },
    hasOthers: () => !isShared || readTabs() > 1,
    noteTabs(change) {
      const before = readTabs()
      const opened = before >= 1 ? 2 : 1
      const closed = before > 1 ? 2 : 0
      const tabs = { opened, closed, alone: 1, others: 2 }[change]
      if (tabs !== before) writeTabs(tabs)
    },
    setActive: (activeAtMs) => void change(() => ({ activeAtMs }))
  }
}
