// Refresh attempt: the idempotency key of the open refresh, stored with a time so that a retry from
// any tab reuses it.
import type { Platform } from '../lib/platform.ts'
import { createStoredValue } from '../lib/stored-value.ts'

export interface RefreshAttempts {
  /** Starts an attempt, or continues the unanswered one. Returns the idempotency key. */
  begin(): string
  /** The server has answered: the next attempt gets a new key. */
  close(key: string): void
  /** The request failed and is no longer in flight: a retry keeps the key. */
  fail(key: string): void
  /** Whether the attempt of another tab may still be answered, after a wait of `waitedMs`. */
  mayStillBeAnswered(waitedMs: number): boolean
  /** This tab signed in or out: forgets the attempts of all tabs. */
  forget(): void
  /**
   * Another tab signed in or out. Attempts of other tabs stay: they may already belong to the new
   * session.
   */
  forgetOurs(): void
}

interface Attempt {
  readonly key: string
  readonly sinceMs: number
  readonly isOpen: boolean
}

/**
 * How long a request may outlive its page. A page that dies loses its lock, but the server may
 * still process its request and set a new cookie. A refresh that is sent too early would carry the
 * old one.
 */
const landingTimeMs = 2_000

/**
 * An older key is not reused: a server that stores answers by key must not repeat a very old one.
 */
const longestAgeMs = 3_600_000

export function createRefreshAttempts(
  platform: Pick<Platform, 'storage' | 'randomId' | 'now'>,
  storageKey: string
): RefreshAttempts {
  const stored = createStoredValue(platform.storage, storageKey)
  const ours = new Set<string>()

  function read(): Attempt | undefined {
    const [, key, since, isOpen] =
      /^([\w-]{1,64}) (\d{1,15}) ([01])$/.exec(stored.read() ?? '') ?? []
    if (key === undefined) return undefined
    const sinceMs = Number(since)
    const isRecent = Math.abs(platform.now() - sinceMs) <= longestAgeMs
    return isRecent ? { key, sinceMs, isOpen: isOpen === '1' } : undefined
  }

  function write({ key, sinceMs, isOpen }: Attempt): void {
    stored.set(`${key} ${Math.round(sinceMs)} ${isOpen ? 1 : 0}`)
  }

  return {
    begin() {
      const key = read()?.key ?? platform.randomId()
      ours.add(key)
      write({ key, sinceMs: platform.now(), isOpen: true })
      return key
    },
    close(key) {
      ours.delete(key)
      if (read()?.key === key) stored.clear()
    },
    fail(key) {
      const attempt = read()
      if (attempt?.key === key) write({ ...attempt, isOpen: false })
    },
    mayStillBeAnswered(waitedMs) {
      const attempt = read()
      if (attempt === undefined || !attempt.isOpen || ours.has(attempt.key)) return false
      // Only the wall clock outlives a page, but it may have been set back: count the wait as well.
      return Math.max(waitedMs, platform.now() - attempt.sinceMs) < landingTimeMs
    },
    forget() {
      ours.clear()
      stored.clear()
    },
    forgetOurs() {
      const attempt = read()
      if (attempt !== undefined && ours.has(attempt.key)) stored.clear()
      ours.clear()
    }
  }
}
