// Renews the token before it expires. Its timer is a hint: the check before each request decides.
import type { Platform, Wake } from '../lib/platform.ts'

export interface Scheduler {
  /** Looks anew at when the next check is due. */
  rearm(): void
  dispose(): void
}

export interface SchedulerDeps {
  readonly platform: Platform
  /** Time until there is something to do; `undefined` where there is nothing. */
  readonly dueInMs: () => number | undefined
  /** Something is due. */
  readonly onDue: (reason: 'timer' | 'wake') => void
  readonly onWake: (wake: Wake) => void
}

/** Timers halt while a device sleeps, so a long wait is cut into slices, after each of which the clocks are asked again. */
const longestSliceMs = 60_000

export function createScheduler({ platform, dueInMs, onDue, onWake }: SchedulerDeps): Scheduler {
  let cancel: (() => void) | undefined

  function check(reason: 'timer' | 'wake'): void {
    const waitMs = dueInMs()
    cancel?.()
    cancel = undefined
    if (waitMs === undefined) return
    if (waitMs === 0) {
      onDue(reason)
    } else {
      cancel = platform.setTimer(() => check('timer'), Math.min(waitMs, longestSliceMs))
    }
  }

  const removeWakeListener = platform.onWake((wake) => {
    onWake(wake)
    check('wake')
  })

  return {
    rearm: () => check('timer'),
    dispose() {
      removeWakeListener()
      cancel?.()
      cancel = undefined
    }
  }
}
