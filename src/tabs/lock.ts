// The three auth requests take turns: within this tab by a queue, across tabs by a short Web Lock, both with a bounded wait.
import type { Platform, PlatformLocks } from '../lib/platform.ts'

export interface AuthLock {
  /** Runs the task when it is its turn, or without the lock when the wait is over; tells it whether another tab was before it. */
  run<T>(task: (afterAnother: boolean) => Promise<T>): Promise<T>
  /** Resolves when this tab has no auth request under way, or when the wait is over; at once where it has none. */
  idle(): Promise<void> | undefined
}

/** One wait, for the queue and the Web Lock together. */
interface Wait {
  readonly signal: AbortSignal
  /** Resolves when the wait is over. */
  readonly over: Promise<void>
  end(): void
}

/**
 * The lock is an optimisation with a deadline, never a condition: a frozen tab keeps its locks, and one that waits for it
 * for ever would hang the app. It is never stolen, for a stolen lock has two holders.
 */
export function createLock(
  name: string,
  timeoutMs: number,
  platform: Pick<Platform, 'locks' | 'setTimer'>
): AuthLock {
  let tail: Promise<unknown> | undefined

  // Not AbortSignal.timeout: after sleep that fires at once, before the lock had a chance to be granted.
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
      // An overtaken task may still be out when the ones behind it are done.
      const all = Promise.all([tail, ended]).then(() => {
        if (tail === all) tail = undefined
      })
      tail = all
      return done
    },
    idle() {
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
  const runGranted = (afterAnother: boolean) => {
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
    // What the task throws travels on; a lock that is refused, late or unavailable does not matter.
    if (isGranted) throw error
    wait.end()
    return task(false)
  }
}
