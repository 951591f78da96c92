// Refresh attempts: the idempotency key of the open refresh, which a retry from any tab reuses.
import type { Platform } from '../lib/platform.ts'
import { liveSession, type OpenRefresh } from './record-value.ts'
import type { SessionRecord } from './session-record.ts'

export interface RefreshAttempts {
  /** Starts an attempt, or continues the unanswered one. Returns the idempotency key. */
  begin(): string
  /** The server has answered: the next attempt gets a new key. */
  close(key: string): void
  /**
   * The request failed and is no longer in flight: a retry keeps the key. `isAnswered`: a proxy has
   * answered, so the page is not being left.
   */
  fail(key: string, isAnswered: boolean): void
  /** The next attempt gets a new key. */
  forget(): void
  /**
   * How long the open attempt of this session may still be answered, in milliseconds; 0 or less if
   * it may not.
   */
  openForMs(): number
  /** The same for the attempt of another page, in any session. */
  othersOpenForMs(): number
}

/**
 * How long a page may live after its requests have failed because it is being left. In Chromium it
 * was a few milliseconds. Shorter than any hold after a failure, so no tab has to wait for it.
 */
const leavesWithinMs = 250

/** A server that stores answers by key must not repeat a very old one. */
const longestAgeMs = 3_600_000

//  A page that is being left sees its request fail, although the server answers it later.
//
//  this page ── POST ── reloaded: fails ── (gone)
//  server ────────────────────────────────────────── rotates the refresh token
//  new page ──────────────────────────────── opens ── waits until the request can no longer arrive
/** A request may outlive its page by `outlivesPageMs`: the server still sets its new cookie. */
export function createRefreshAttempts(
  record: SessionRecord,
  platform: Pick<Platform, 'randomId' | 'now' | 'setTimer'>,
  outlivesPageMs: number
): RefreshAttempts {
  /** The attempt that has failed in this page. The other tabs hear of it if the page lives on. */
  let failed: OpenRefresh | undefined
  /** The attempt that this page has sent. */
  let own: OpenRefresh | undefined
  let cancelTimer = () => {}

  function restMs(attempt: OpenRefresh | undefined): number {
    if (attempt === undefined || isSame(attempt, failed)) return 0
    const { sinceMs, untilMs } = attempt
    // Only the wall clock outlives a page, but it may have been set back.
    return Math.min(untilMs - platform.now(), untilMs - sinceMs)
  }

  // A retry from another page has the same key.
  function isSame(one: OpenRefresh | undefined, other: OpenRefresh | undefined): boolean {
    return one?.key === other?.key && one?.sinceMs === other?.sinceMs
  }

  function readOpen(): OpenRefresh | undefined {
    const { value } = record.read().refresh
    const isRecent = value && Math.abs(platform.now() - value.sinceMs) <= longestAgeMs
    return isRecent ? value : undefined
  }

  /** An attempt of an earlier session is not continued, although it may still be answered. */
  function read(): OpenRefresh | undefined {
    const attempt = readOpen()
    return attempt?.sessionId === liveSession(record.known()) ? attempt : undefined
  }

  return {
    begin() {
      failed = undefined
      cancelTimer()
      const key = read()?.key ?? platform.randomId()
      const sinceMs = platform.now()
      const untilMs = sinceMs + outlivesPageMs
      const sessionId = liveSession(record.known())
      own = { key, sessionId, sinceMs, untilMs }
      record.set('refresh', own)
      return key
    },
    close(key) {
      if (readOpen()?.key === key) record.set('refresh', undefined)
    },
    fail(key, isAnswered) {
      const attempt = readOpen()
      if (attempt?.key !== key) return
      const end = () => record.set('refresh', { ...attempt, untilMs: attempt.sinceMs })
      if (isAnswered) return end()
      failed = attempt
      cancelTimer = platform.setTimer(() => isSame(readOpen(), failed) && end(), leavesWithinMs)
    },
    forget: () => record.set('refresh', undefined),
    openForMs: () => restMs(read()),
    othersOpenForMs() {
      const attempt = readOpen()
      return isSame(attempt, own) ? 0 : restMs(attempt)
    }
  }
}
