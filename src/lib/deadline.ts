// Deadlines: bound how long a caller waits. The awaited work itself continues.
import type { Platform } from './platform.ts'

interface Deadline {
  readonly afterMs: number
  readonly error: () => Error
}

export interface Waiting {
  /** Settles like `work`, unless the deadline or `release` rejects first. */
  wait<T>(work: Promise<T>, deadline?: Deadline): Promise<T>
  /** Rejects all pending waits. */
  release(error: Error): void
}

export function createWaiting(platform: Pick<Platform, 'setTimer'>): Waiting {
  const waiting = new Set<(error: Error) => void>()
  return {
    wait<T>(work: Promise<T>, deadline?: Deadline): Promise<T> {
      const answer = new Promise<T>((resolve, reject) => {
        const cancelDeadline =
          deadline && platform.setTimer(() => leave(deadline.error()), deadline.afterMs)
        const settle = () => {
          cancelDeadline?.()
          waiting.delete(leave)
        }
        const leave = (error: Error) => {
          settle()
          reject(error)
        }
        waiting.add(leave)
        work.then(resolve, reject).finally(settle)
      })
      // A refresh started by a timer has no caller to handle its rejection.
      answer.catch(() => {})
      return answer
    },
    release(error) {
      for (const leave of [...waiting]) leave(error)
    }
  }
}

/**
 * Runs a request that outlives its caller's deadline: it keeps the lock, because its cookie may
 * still arrive. The signal aborts after `afterMs`.
 */
export async function untilAbandoned<T>(
  platform: Pick<Platform, 'setTimer'>,
  afterMs: number,
  request: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  const abandoned = new AbortController()
  const cancel = platform.setTimer(() => abandoned.abort(), afterMs)
  try {
    return await request(abandoned.signal)
  } finally {
    cancel()
  }
}

/** Never resolves. Rejects with the signal's reason when the signal aborts. */
export function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
