// A device's clocks and timers, moved by hand. Nothing here waits for real time.
import type { Platform } from 'everbearer'

export interface ManualClock {
  readonly platform: Pick<Platform, 'now' | 'monotonicNow' | 'setTimer'>
  /** Lets time pass: both clocks move, and timers fire in their order. */
  tick(ms: number): void
  /** The device sleeps: the wall clock moves, while timers and the monotonic clock stand still. */
  sleep(ms: number): void
  /** Somebody sets the clock: only the wall clock jumps. */
  step(ms: number): void
  /** The true time, which the server goes by. */
  trueNow(): number
  pendingTimers(): number
  /** Time until the next timer fires; `undefined` where none runs. */
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
        // As in every engine: what does not fit into 31 bits fires at once.
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
