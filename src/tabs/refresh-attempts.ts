// Refresh attempts: the idempotency key of the open refresh, which a retry from any tab reuses.
import type { Platform } from '../lib/platform.ts'
import { liveSession, type OpenRefresh } from './record-value.ts'
import type { SessionRecord } from './session-record.ts'

export interface RefreshAttempts {
  /** Starts an attempt, or continues the unanswered one. Returns the idempotency key. */
  begin(): string
  /** The server has answered: the next attempt gets a new key. */
  close(key: string): void
  /** The request failed and is no longer in flight: a retry keeps the key. */
  fail(key: string): void
  /** The next attempt gets a new key. */
  forget(): void
  /** How long the open attempt may still be answered, in milliseconds; 0 or less if it may not. */
  openForMs(): number
}

/** A server that stores answers by key must not repeat a very old one. */
const longestAgeMs = 3_600_000

/** A request may outlive its page by `outlivesPageMs`: the server still sets its new cookie. */
export function createRefreshAttempts(
  record: SessionRecord,
  platform: Pick<Platform, 'randomId' | 'now'>,
  outlivesPageMs: number
): RefreshAttempts {
  /** An attempt of an earlier session is not continued. */
  function read(): OpenRefresh | undefined {
    const { value } = record.read().refresh
    if (value === undefined || value.sessionId !== liveSession(record.known())) return undefined
    return Math.abs(platform.now() - value.sinceMs) <= longestAgeMs ? value : undefined
  }

  return {
    begin() {
      const key = read()?.key ?? platform.randomId()
      const sinceMs = platform.now()
      const untilMs = sinceMs + outlivesPageMs
      const sessionId = liveSession(record.known())
      record.set('refresh', { key, sessionId, sinceMs, untilMs })
      return key
    },
    close(key) {
      if (read()?.key === key) record.set('refresh', undefined)
    },
    fail(key) {
      const attempt = read()
      if (attempt?.key === key) record.set('refresh', { ...attempt, untilMs: attempt.sinceMs })
    },
    forget: () => record.set('refresh', undefined),
    openForMs() {
      const { sinceMs, untilMs } = read() ?? { sinceMs: 0, untilMs: 0 }
      // Only the wall clock outlives a page, but it may have been set back.
      return Math.min(untilMs - platform.now(), untilMs - sinceMs)
    }
  }
}
