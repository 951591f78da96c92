// Callers wait for work with a deadline, and can be released before it. The work itself goes on.
import type { Platform } from './platform.ts'

interface Deadline {
  readonly afterMs: number
  readonly error: () => Error
}

export interface Waiting {
  /** Settles as the work does, rejects at the deadline where there is one, or as told by `release`. */
  wait<T>(work: Promise<T>, deadline?: Deadline): Promise<T>
  /** Rejects for everybody who waits now. */
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
      // Work that nobody asked for (a timer did) has nobody who hears of its failure.
      answer.catch(() => {})
      return answer
    },
    release(error) {
      for (const leave of [...waiting]) leave(error)
    }
  }
}

/**
 * Makes a request whose deadline is the caller's own business: it goes on and keeps its turn, for its cookie may land at
 * any time. Only after `afterMs` it is given up.
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

export function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
