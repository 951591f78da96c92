// Manual clock: clocks and timers of a device that move only when a test moves them.
import type { Platform } from 'everbearer'

export interface ManualClock {
  readonly platform: Pick<Platform, 'now' | 'monotonicNow' | 'setTimer'>
  /** Lets time pass. Both clocks move, and timers fire in order. */
  tick(ms: number): void
  /** Puts the device to sleep: only the wall clock moves, and no timer fires. */
  sleep(ms: number): void
  /** Sets the clock of the device: only the wall clock moves. */
  step(ms: number): void
  /** The time of the server, unaffected by `step` and by the offset of the device. */
  trueNow(): number
  pendingTimers(): number
  /** Time until the next timer fires, or `undefined` if no timer is set. */
  nextTimerInMs(): number | undefined
}

const start = Date.parse('2026-01-01T00:00:00Z')

export function createManualClock(deviceOffsetMs = 0): ManualClock {
  let trueMs = start
  let monotonicMs = 5_000
  let offsetMs = deviceOffsetMs
  let timers: { readonly at: number; readonly callback: () => void }[] = []

  return {
    platform: {
      now: () => trueMs + offsetMs,
      monotonicNow: () => monotonicMs,
      setTimer(callback, delayMs) {
        // As in browsers and Node, a delay of more than 31 bits fires after 1 ms.
        const timer = { at: monotonicMs + (delayMs > 2 ** 31 - 1 ? 1 : delayMs), callback }
        timers.push(timer)
        return () => {
          timers = timers.filter((other) => other !== timer)
        }
      }
    },
    tick(ms) {
      const end = monotonicMs + ms
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0]
        const until = Math.max(monotonicMs, next?.at ?? end)
        trueMs += until - monotonicMs
        monotonicMs = until
        if (next === undefined) return
        timers = timers.filter((timer) => timer !== next)
        next.callback()
      }
    },
    sleep(ms) {
      trueMs += ms
    },
    step(ms) {
      offsetMs += ms
    },
    trueNow: () => trueMs,
    pendingTimers: () => timers.length,
    nextTimerInMs: () =>
      timers.length === 0 ? undefined : Math.min(...timers.map(({ at }) => at)) - monotonicMs
  }
}
