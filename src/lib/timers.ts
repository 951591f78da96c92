// The timers of one client: bounded, so that none fires at once, and cancelled together at its end.
import type { Platform } from './platform.ts'

/** Timers above this fire at once in every engine. */
const longestTimerMs = 2 ** 31 - 1

export interface Timers {
  readonly setTimer: Platform['setTimer']
  /** Cancels every timer that runs, and lets none begin. */
  dispose(): void
}

/** The timers of one client, so that none is left when it ends. */
export function createTimers(platform: Pick<Platform, 'setTimer'>): Timers {
  const cancels = new Set<() => void>()
  let isDisposed = false
  return {
    setTimer(callback, delayMs) {
      if (isDisposed) return () => {}
      const cancelTimer = platform.setTimer(
        () => {
          cancels.delete(cancel)
          callback()
        },
        Math.min(delayMs, longestTimerMs)
      )
      const cancel = () => {
        cancels.delete(cancel)
        cancelTimer()
      }
      cancels.add(cancel)
      return cancel
    },
    dispose() {
      isDisposed = true
      for (const cancel of [...cancels]) cancel()
    }
  }
}
