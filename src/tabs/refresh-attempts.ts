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
  /** How long the open attempt may still be answered, in milliseconds; 0 or less if it may not. */
  openForMs(): number
  /** Whether this page has sent the open attempt, and waits for its answer. */
  isOwn(): boolean
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
  /** The key of the attempt that this page has sent. */
  let own: string | undefined
  let cancelTimer = () => {}

  function isFailed(attempt: OpenRefresh | undefined): boolean {
    return attempt?.key === failed?.key && attempt?.sinceMs === failed?.sinceMs
  }

  /** An attempt of an earlier session is not continued. */
  function read(): OpenRefresh | undefined {
    const { value } = record.read().refresh
    if (value === undefined || value.sessionId !== liveSession(record.known())) return undefined
    return Math.abs(platform.now() - value.sinceMs) <= longestAgeMs ? value : undefined
  }

  return {
    begin() {
      failed = undefined
      cancelTimer()
      const key = read()?.key ?? platform.randomId()
      const sinceMs = platform.now()
      const untilMs = sinceMs + outlivesPageMs
      const sessionId = liveSession(record.known())
      record.set('refresh', { key, sessionId, sinceMs, untilMs })
      own = key
      return key
    },
    close(key) {
      if (read()?.key === key) record.set('refresh', undefined)
    },
    fail(key, isAnswered) {
      const attempt = read()
      if (attempt?.key !== key) return
      const end = () => record.set('refresh', { ...attempt, untilMs: attempt.sinceMs })
      if (isAnswered) return end()
      failed = attempt
      cancelTimer = platform.setTimer(() => isFailed(read()) && end(), leavesWithinMs)
    },
    forget: () => record.set('refresh', undefined),
    isOwn: () => own !== undefined && read()?.key === own,
    openForMs() {
      const attempt = read()
      if (attempt === undefined || isFailed(attempt)) return 0
      const { sinceMs, untilMs } = attempt
      // Only the wall clock outlives a page, but it may have been set back.
      return Math.min(untilMs - platform.now(), untilMs - sinceMs)
    }
  }
}
