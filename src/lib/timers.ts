// Timers of one client: caps their delay, and cancels all of them when the client is disposed.
import type { Platform } from './platform.ts'

/** Every engine fires timers with a longer delay immediately. */
const longestTimerMs = 2 ** 31 - 1

export interface Timers {
  readonly setTimer: Platform['setTimer']
  /** Cancels all timers. Later timers do not start. */
  dispose(): void
}

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
