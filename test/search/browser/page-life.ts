// Life of a page: it runs, is frozen, sleeps in the back/forward cache, and ends. Work that arrives
// while it is frozen waits.
import type { Wake } from 'everbearer'
import type { ManualClock } from '../../support/clocks/manual-clock.ts'

export interface PageLife {
  isFrozen(): boolean
  isGone(): boolean
  /** How long the page has run, without the time in which it was frozen. */
  ranMs(): number
  /** The timers that its clients have set. */
  pendingTimers(): number
  wake(wake: Wake): void
  /** Timers, messages and answers wait until the page thaws. */
  freeze(): void
  thaw(): void
  /** Navigates away: `pagehide`, requests are cut, and the page is frozen. */
  enterCache(): void
  /** Navigates back. `early` runs before the listeners of the client. */
  leaveCache(early: () => void): void
  /** The page ends: without `pagehide` if it crashes. Its requests still reach the server. */
  end(isCrash: boolean): void
}

export interface RunningPage extends PageLife {
  /** Runs the work when the page runs. A page that is gone never runs it. */
  run(work: () => void): void
  setTimer(callback: () => void, delayMs: number): () => void
  readonly wakers: Set<(wake: Wake) => void>
  readonly hiders: Set<() => void>
  readonly goneListeners: Set<() => void>
  /** Cut when the page enters the back/forward cache. */
  readonly connections: Set<() => void>
}

export function createPageLife(clock: ManualClock): RunningPage {
  const wakers: RunningPage['wakers'] = new Set()
  const hiders: RunningPage['hiders'] = new Set()
  const goneListeners: RunningPage['goneListeners'] = new Set()
  const connections: RunningPage['connections'] = new Set()
  const timers = new Set<object>()
  let waiting: (() => void)[] = []
  let isFrozen = false
  let isGone = false
  let ranMs = 0
  let runsSinceMs = clock.platform.monotonicNow()

  function run(work: () => void): void {
    if (isGone) return
    if (isFrozen) waiting.push(work)
    else work()
  }

  function stop(): void {
    if (!isFrozen) ranMs += clock.platform.monotonicNow() - runsSinceMs
    isFrozen = true
  }

  function resume(early: () => void): void {
    if (!isFrozen || isGone) return
    isFrozen = false
    runsSinceMs = clock.platform.monotonicNow()
    early()
    const due = waiting
    waiting = []
    for (const work of due) run(work)
    wake('visible')
  }

  function wake(reason: Wake): void {
    if (isFrozen || isGone) return
    for (const listener of wakers) listener(reason)
  }

  return {
    run,
    wakers,
    hiders,
    goneListeners,
    connections,
    setTimer(callback, delayMs) {
      const timer = {}
      timers.add(timer)
      const cancel = clock.platform.setTimer(
        () => run(() => timers.delete(timer) && callback()),
        // As in browsers, time passes until a timer fires.
        Math.max(1, Math.ceil(delayMs))
      )
      return () => {
        timers.delete(timer)
        cancel()
      }
    },
    isFrozen: () => isFrozen,
    isGone: () => isGone,
    ranMs: () => ranMs + (isFrozen ? 0 : clock.platform.monotonicNow() - runsSinceMs),
    pendingTimers: () => timers.size,
    wake,
    freeze: stop,
    thaw: () => resume(() => {}),
    enterCache() {
      if (isFrozen || isGone) return
      for (const listener of hiders) listener()
      stop()
      for (const cut of [...connections]) cut()
    },
    leaveCache: resume,
    end(isCrash) {
      if (isGone) return
      if (!isCrash && !isFrozen) for (const listener of hiders) listener()
      stop()
      isGone = true
      waiting = []
      for (const listener of goneListeners) listener()
    }
  }
}
