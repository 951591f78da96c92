// Time: moments by two clocks, the timers of one client, and waits with a deadline.
import type { Platform } from './platform.ts'

/** One moment, read from both clocks. */
export interface Moment {
  readonly wallMs: number
  readonly monotonicMs: number
}

export function readMoment(clocks: Pick<Platform, 'now' | 'monotonicNow'>): Moment {
  return { wallMs: clocks.now(), monotonicMs: clocks.monotonicNow() }
}

/** The longer time of both clocks: one may stop during sleep, the other may be set back. */
export function elapsedMs(since: Moment, now: Moment): number {
  return Math.max(0, now.wallMs - since.wallMs, now.monotonicMs - since.monotonicMs)
}

/** 0 as soon as either clock has reached the moment. */
export function remainingMs(until: Moment, now: Moment): number {
  return Math.max(0, Math.min(until.wallMs - now.wallMs, until.monotonicMs - now.monotonicMs))
}

export function later(moment: Moment, byMs: number): Moment {
  return { wallMs: moment.wallMs + byMs, monotonicMs: moment.monotonicMs + byMs }
}

/** The timers of one client. */
export interface Timers {
  readonly setTimer: Platform['setTimer']
  /** Cancels all timers. Later timers do not start. */
  dispose(): void
}

/** Every engine fires timers with a longer delay immediately. */
const longestTimerMs = 2 ** 31 - 1

export function createTimers(platform: Pick<Platform, 'setTimer'>): Timers {
  const cancels = new Set<() => void>()
  let isDisposed = false
  return {
    setTimer(callback, delayMs) {
      if (isDisposed) return () => {}
      const cancelTimer = platform.setTimer(
        () => {
          cancels.delete(cancel)
          callback()
        },
        Math.min(delayMs, longestTimerMs)
      )
      const cancel = () => {
        cancels.delete(cancel)
        cancelTimer()
      }
      cancels.add(cancel)
      return cancel
    },
    dispose() {
      isDisposed = true
      for (const cancel of [...cancels]) cancel()
    }
  }
}

interface Deadline {
  readonly afterMs: number
  readonly error: () => Error
}

/** Bounds how long callers wait. The work that they wait for continues. */
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
 * Runs a request that continues after its callers stop waiting, because its answer still counts.
 * The signal aborts after `afterMs`.
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

/** Settles as `promise` does, or rejects with the signal's reason as soon as the signal aborts. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason)
    if (signal.aborted) aborted()
    signal.addEventListener('abort', aborted)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
  })
}
