// Auth lock: one auth request at a time, by a queue in this tab and a Web Lock across tabs. The
// wait for it is bounded.
import type { Platform, PlatformLocks } from '../lib/platform.ts'

export interface AuthLock {
  /**
   * Runs the task under the lock, or without it once the wait is over. `afterAnother`: another tab
   * held the lock before.
   */
  run<T>(task: (afterAnother: boolean) => Promise<T>): Promise<T>
  /**
   * Resolves when this tab's queue is empty or the wait is over; `undefined` if it is empty now.
   */
  whenIdle(): Promise<void> | undefined
}

/** One wait, for the queue and the Web Lock together. */
interface Wait {
  readonly signal: AbortSignal
  /** Resolves when the wait is over. */
  readonly over: Promise<void>
  end(): void
}

/**
 * The lock is an optimisation with a deadline, not a condition. A frozen tab keeps its locks, so an
 * unbounded wait for one would hang the app. It is never stolen, because a stolen lock has two
 * holders.
 */
export function createLock(
  name: string,
  timeoutMs: number,
  platform: Pick<Platform, 'locks' | 'setTimer'>
): AuthLock {
  let tail: Promise<unknown> | undefined

  // Not AbortSignal.timeout: after sleep it fires at once, before the lock could be granted.
  function beginWait(): Wait {
    const waiting = new AbortController()
    const { signal } = waiting
    const over = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    return { signal, over, end: platform.setTimer(() => waiting.abort(), timeoutMs) }
  }

  return {
    run(task) {
      const wait = beginWait()
      const turn = Promise.race([tail, wait.over])
      const { locks } = platform
      const done = turn.then(() => {
        if (locks !== undefined && !wait.signal.aborted) return runLocked(locks, name, wait, task)
        wait.end()
        return task(false)
      })
      const ended = done.then(
        () => {},
        () => {}
      )
      // A task that others overtook may still run when they have ended.
      const all = Promise.all([tail, ended]).then(() => {
        if (tail === all) tail = undefined
      })
      tail = all
      return done
    },
    whenIdle() {
      if (tail === undefined) return undefined
      const wait = beginWait()
      return Promise.race([tail, wait.over]).then(wait.end)
    }
  }
}

async function runLocked<T>(
  locks: PlatformLocks,
  name: string,
  wait: Wait,
  task: (afterAnother: boolean) => Promise<T>
): Promise<T> {
  let isGranted = false
  function runGranted(afterAnother: boolean): Promise<T> {
    isGranted = true
    wait.end()
    return task(afterAnother)
  }
  try {
    const atOnce = await locks.request(name, { ifAvailable: true }, async (lock) =>
      lock === null ? undefined : { result: await runGranted(false) }
    )
    if (atOnce !== undefined) return atOnce.result
    return await locks.request(name, { signal: wait.signal }, () => runGranted(true))
  } catch (error) {
    // An error of the task is the caller's. If the lock was refused or came too late, run without
    // it.
    if (isGranted) throw error
    wait.end()
    return task(false)
  }
}
