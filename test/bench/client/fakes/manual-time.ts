// Manual time: delays of a fake network on a manual clock, so that waits are counted exactly.
import type { Platform } from 'everbearer'
import { createManualClock } from '../../../support/clocks/manual-clock.ts'

export interface ManualTime {
  /** The clock of a client. It begins at the time of the device, which peers read. */
  readonly platform: Pick<Platform, 'now' | 'monotonicNow' | 'setTimer'>
  after(ms: number, callback: () => void): void
  /** Lets time pass in small steps. */
  pass(ms: number): Promise<void>
  /** Lets time pass until the call settles. Returns how long it took; at most a minute. */
  durationOf(call: Promise<unknown>): Promise<number>
}

const stepMs = 1

export function createManualTime(): ManualTime {
  const clock = createManualClock()
  const beganMs = clock.trueNow()
  const deviceMs = Date.now()

  async function step(): Promise<void> {
    await work()
    clock.tick(stepMs)
    await work()
  }

  return {
    platform: { ...clock.platform, now: () => deviceMs + clock.trueNow() - beganMs },
    after: (ms, callback) => void clock.platform.setTimer(callback, ms),
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += stepMs) await step()
    },
    async durationOf(call) {
      const startedAtMs = clock.trueNow()
      let isSettled = false
      const settled = () => {
        isSettled = true
      }
      void call.then(settled, settled)
      await work()
      while (!isSettled && clock.trueNow() - startedAtMs < 60_000) await step()
      return clock.trueNow() - startedAtMs
    }
  }
}

/** Runs all work that does not wait for the clock. */
async function work(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((next) => setImmediate(next))
}
