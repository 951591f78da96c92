// Absence: whether the page is frozen or in the back/forward cache, and how long storage may lag
// behind once it runs again.
import {
  type ClientPlatform,
  elapsedMs,
  later,
  type Moment,
  readMoment,
  remainingMs
} from '../lib/time.ts'

export interface Absence {
  /** Returns whether the page was here until now. */
  leave(): boolean
  /** Returns whether the page was away until now. */
  comeBack(): boolean
  /** Whether the page is away, or has just come back. */
  isRecent(): boolean
  /** Whether storage may not show yet what this page has missed. */
  isOutOfDate(): boolean
  /**
   * Resolves when storage shows what this page has missed, or after two seconds without an event of
   * the page; `undefined` if storage shows it now.
   */
  untilUpToDate(): Promise<void> | undefined
}

/** In Chromium, storage showed a sign-out 20 ms late, and 70 ms late on a busy machine. */
const longestLagMs = 100

/**
 * How often a request of a page that runs before its events waits for so long. On a busy machine
 * `pageshow` came 600 ms late.
 */
const mostWaits = 20

//  this page    ── pagehide ── (cached) ── timers: storage has old values ── pageshow ── new ones
//  another tab  ────────────────── signs out
export function createAbsence(
  platform: Pick<ClientPlatform, 'now' | 'monotonicNow' | 'wait'>
): Absence {
  let awaySince: Moment | undefined
  let freshAt: Moment | undefined

  function lagMs(): number {
    const now = readMoment(platform)
    if (awaySince === undefined) return freshAt === undefined ? 0 : remainingMs(freshAt, now)
    // A request at `pagehide` does not wait.
    return elapsedMs(awaySince, now) > longestLagMs ? longestLagMs : 0
  }

  // Counts waits and not time, because the page may be frozen in between.
  async function waitOutLag(): Promise<void> {
    for (let waits = 0; waits < mostWaits && lagMs() > 0; waits += 1) {
      const never = new Promise<void>(() => {})
      await platform.wait(never, { deadlineMs: lagMs(), onTimeout() {} })
    }
  }

  return {
    leave() {
      if (awaySince !== undefined) return false
      awaySince = readMoment(platform)
      return true
    },
    comeBack() {
      if (awaySince === undefined) return false
      awaySince = undefined
      freshAt = later(readMoment(platform), longestLagMs)
      return true
    },
    isRecent: () => awaySince !== undefined || lagMs() > 0,
    isOutOfDate: () => lagMs() > 0,
    untilUpToDate: () => (lagMs() > 0 ? waitOutLag() : undefined)
  }
}
