// The three auth requests take turns: within this tab by a queue, across tabs by a short Web Lock, both with a bounded wait.
import type { Platform, PlatformLocks } from '../platform.ts'

export interface AuthLock {
  /** Runs the task when it is its turn, or without the lock when the wait is over. */
  run<T>(task: () => Promise<T>): Promise<T>
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
  let tail: Promise<unknown> = Promise.resolve()
  return {
    run(task) {
      const turn = withinMs(tail, timeoutMs, platform)
      const { locks } = platform
      const done = turn.then(() =>
        locks === undefined ? task() : runWithWebLock(locks, name, timeoutMs, platform, task)
      )
      tail = done.catch(() => {})
      return done
    }
  }
}

async function runWithWebLock<T>(
  locks: PlatformLocks,
  name: string,
  timeoutMs: number,
  platform: Pick<Platform, 'setTimer'>,
  task: () => Promise<T>
): Promise<T> {
  // Not AbortSignal.timeout: after sleep that fires at once, before the lock had a chance to be granted.
  const waiting = new AbortController()
  const cancel = platform.setTimer(() => waiting.abort(), timeoutMs)
  let isGranted = false
  try {
    return await locks.request(name, { signal: waiting.signal }, () => {
      isGranted = true
      cancel()
      return task()
    })
  } catch (error) {
    // What the task throws travels on; a lock that is refused, late or unavailable does not matter.
    if (isGranted) throw error
    return task()
  } finally {
    cancel()
  }
}

function withinMs(
  promise: Promise<unknown>,
  timeoutMs: number,
  platform: Pick<Platform, 'setTimer'>
): Promise<void> {
  return new Promise((resolve) => {
    const cancel = platform.setTimer(resolve, timeoutMs)
    void promise.finally(() => {
      cancel()
      resolve()
    })
  })
}
