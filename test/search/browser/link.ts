// Link: delivers messages in order, each after a delay, as the pipe between two processes does.
import type { ManualClock } from '../../support/clocks/manual-clock.ts'

export interface Link {
  send(deliver: () => void): void
}

export function createLink(clock: ManualClock, delayMs: () => number): Link {
  let lastAtMs = 0
  return {
    send(deliver) {
      const nowMs = clock.platform.monotonicNow()
      lastAtMs = Math.max(lastAtMs, nowMs + delayMs())
      clock.platform.setTimer(deliver, lastAtMs - nowMs)
    }
  }
}
