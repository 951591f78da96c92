// Callers wait for work with a deadline, and can be released before it. The work itself goes on.
import type { Platform } from '../platform.ts'

export interface Waiting {
  /** Settles as the work does, or rejects with `lateError()` at the deadline, or as told by `release`. */
  wait<T>(work: Promise<T>, lateError: () => Error): Promise<T>
  /** Rejects for everybody who waits now. */
  release(error: Error): void
}

/** `timeoutMs` is `undefined` where there is no deadline. */
export function createWaiting(
  timeoutMs: number | undefined,
  platform: Pick<Platform, 'setTimer'>
): Waiting {
  const waiting = new Set<(error: Error) => void>()
  return {
    wait<T>(work: Promise<T>, lateError: () => Error): Promise<T> {
      const answer = new Promise<T>((resolve, reject) => {
        const cancelDeadline =
          timeoutMs === undefined
            ? () => {}
            : platform.setTimer(() => leave(lateError()), timeoutMs)
        const settle = () => {
          cancelDeadline()
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
