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
  /** Resolves when storage shows what this page has missed; `undefined` if it does now. */
  untilUpToDate(): Promise<void> | undefined
}

/** In Chromium, storage showed a sign-out 20 ms late, and 70 ms late on a busy machine. */
const longestLagMs = 100

//  this page    ── pagehide ── (cached) ── timers: storage has old values ── pageshow ── new ones
//  another tab  ────────────────── signs out
export function createAbsence(
  platform: Pick<ClientPlatform, 'now' | 'monotonicNow' | 'wait'>
): Absence {
  let awaySince: Moment | undefined
  let freshAt: Moment | undefined

  function lagMs(): number {
    const now = readMoment(platform)
    // A request at `pagehide` does not wait.
    const isBack = awaySince !== undefined && elapsedMs(awaySince, now) > longestLagMs
    if (isBack) freshAt ??= later(now, longestLagMs)
    return freshAt === undefined ? 0 : remainingMs(freshAt, now)
  }

  async function waitOutLag(): Promise<void> {
    // If `pageshow` comes now, the lag counts from then on.
    for (let deadlineMs = lagMs(); deadlineMs > 0; deadlineMs = lagMs()) {
      await platform.wait(new Promise<void>(() => {}), { deadlineMs, onTimeout() {} })
    }
  }

  return {
    leave() {
      if (awaySince !== undefined) return false
      awaySince = readMoment(platform)
      freshAt = undefined
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
