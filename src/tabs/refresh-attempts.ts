// Refresh attempts: the idempotency key of the open refresh, which a retry from any tab reuses.
import type { Platform } from '../lib/platform.ts'
import type { OpenRefresh } from './record-value.ts'
import type { SessionRecord } from './session-record.ts'

export interface RefreshAttempts {
  /** Starts an attempt, or continues the unanswered one. Returns the idempotency key. */
  begin(): string
  /** The server has answered: the next attempt gets a new key. */
  close(key: string): void
  /** The request failed and is no longer in flight: a retry keeps the key. */
  fail(key: string): void
  /** Time in which the attempt of another tab may still be answered, or 0. */
  othersEndInMs(): number
  /** This tab signed in or out: forgets the attempts of all tabs. */
  forget(): void
  /**
   * Another tab signed in or out. Attempts of other tabs stay: they may already belong to the new
   * session.
   */
  forgetOurs(): void
}

/**
 * An older key is not reused: a server that stores answers by key must not repeat a very old one.
 */
const longestAgeMs = 3_600_000

/** A request may outlive its page by `outlivesPageMs`: the server still sets its new cookie. */
export function createRefreshAttempts(
  record: SessionRecord,
  platform: Pick<Platform, 'randomId' | 'now'>,
  outlivesPageMs: number
): RefreshAttempts {
  const ours = new Set<string>()

  function read(): OpenRefresh | undefined {
    const { value } = record.read().refresh
    const isRecent = value && Math.abs(platform.now() - value.sinceMs) <= longestAgeMs
    return isRecent ? value : undefined
  }

  function isOurs({ key }: OpenRefresh): boolean {
    return ours.has(key)
  }

  function clear(isCleared: (attempt: OpenRefresh) => boolean): void {
    const attempt = read()
    if (attempt !== undefined && isCleared(attempt)) record.setRefresh(undefined)
  }

  return {
    begin() {
      const key = read()?.key ?? platform.randomId()
      const sinceMs = platform.now()
      ours.add(key)
      record.setRefresh({ key, sinceMs, untilMs: sinceMs + outlivesPageMs, isOpen: true })
      return key
    },
    close(key) {
      ours.delete(key)
      clear((attempt) => attempt.key === key)
    },
    fail(key) {
      const attempt = read()
      if (attempt?.key === key) record.setRefresh({ ...attempt, isOpen: false })
    },
    othersEndInMs() {
      const attempt = read()
      if (!attempt?.isOpen || isOurs(attempt)) return 0
      // Only the wall clock outlives a page, but it may have been set back.
      const { sinceMs, untilMs } = attempt
      return Math.max(0, Math.min(untilMs - platform.now(), untilMs - sinceMs))
    },
    forget() {
      ours.clear()
      clear(() => true)
    },
    forgetOurs() {
      clear(isOurs)
      ours.clear()
    }
  }
}
