// The refresh attempt that is open: named and dated in storage, so that whoever has to repeat it, in whatever tab, repeats the same one.
import type { Platform } from '../lib/platform.ts'
import { createStoredValue } from '../lib/stored-value.ts'

export interface RefreshAttempts {
  /** Begins an attempt, or takes up the one that nobody has an answer to; returns its name. */
  begin(): string
  /** It was answered: the next one is another. */
  close(name: string): void
  /** It was answered with nothing of use, and nothing of it is under way any more; its repetition bears the same name. */
  fail(name: string): void
  /** May the answer to somebody else's attempt still be on its way, for a tab that has waited for it so long already? */
  mayStillBeAnswered(waitedMs: number): boolean
  /** The session has changed hands, by this tab's doing. */
  forget(): void
  /** It has changed hands next door. The news may be late: what others began meanwhile is of the new session, and stays. */
  forgetOurs(): void
}

interface Attempt {
  readonly name: string
  readonly sinceMs: number
  readonly isOpen: boolean
}

/**
 * A page that dies takes its lock with it, but not its request: the server may be at work on it, and the cookie that it
 * sets is one that a second request, sent too early, would not carry.
 */
const landingTimeMs = 2_000

/** A server that keeps answers by their key must not answer tomorrow with one of today. */
const longestAgeMs = 3_600_000

export function createRefreshAttempts(
  platform: Pick<Platform, 'storage' | 'randomId' | 'now'>,
  key: string
): RefreshAttempts {
  const mark = createStoredValue(platform.storage, key)
  const ours = new Set<string>()

  function read(): Attempt | undefined {
    const [, name, since, isOpen] =
      /^([\w-]{1,64}) (\d{1,15}) ([01])$/.exec(mark.read() ?? '') ?? []
    if (name === undefined) return undefined
    const sinceMs = Number(since)
    const isRecent = Math.abs(platform.now() - sinceMs) <= longestAgeMs
    return isRecent ? { name, sinceMs, isOpen: isOpen === '1' } : undefined
  }

  function write({ name, sinceMs, isOpen }: Attempt): void {
    mark.set(`${name} ${Math.round(sinceMs)} ${isOpen ? 1 : 0}`)
  }

  return {
    begin() {
      const name = read()?.name ?? platform.randomId()
      ours.add(name)
      write({ name, sinceMs: platform.now(), isOpen: true })
      return name
    },
    close(name) {
      ours.delete(name)
      if (read()?.name === name) mark.clear()
    },
    fail(name) {
      const attempt = read()
      if (attempt?.name === name) write({ ...attempt, isOpen: false })
    },
    mayStillBeAnswered(waitedMs) {
      const attempt = read()
      if (attempt === undefined || !attempt.isOpen || ours.has(attempt.name)) return false
      // The wall clock, which alone outlives a page, may have been set back since.
      return Math.max(waitedMs, platform.now() - attempt.sinceMs) < landingTimeMs
    },
    forget() {
      ours.clear()
      mark.clear()
    },
    forgetOurs() {
      const attempt = read()
      if (attempt !== undefined && ours.has(attempt.name)) mark.clear()
      ours.clear()
    }
  }
}
