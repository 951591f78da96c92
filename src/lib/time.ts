// Time: moments by two clocks, the timers of one client, and its one way of waiting.
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

type Work<T> = Promise<T> | ((ended: AbortSignal) => Promise<T>)

interface Deadline<T> {
  readonly deadlineMs: number
  /** The result at the deadline. It throws to reject. */
  readonly onTimeout: () => T
}

/** A wait without a deadline needs work that ends by itself, or a signal. */
type WaitLimits<T> = (Deadline<T> | { readonly deadlineMs?: undefined }) & {
  /** Ends the wait, which rejects with the reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Settles as the work does, unless it ends before. The work continues, because its answer may still
 * count. A function gets a signal that aborts at the deadline or with `signal`. It does not abort
 * with the client: an auth request that is aborted loses the cookie of its answer.
 *
 * @example
 * const text = await wait(readText(reader), { deadlineMs: 5_000, onTimeout: () => '' })
 */
export type Wait = <T>(work: Work<T>, limits?: WaitLimits<T>) => Promise<T>

/** The environment as the parts of one client see it. */
export interface ClientPlatform extends Platform {
  readonly wait: Wait
}

/** The timers and waits of one client. */
export interface Waits extends Pick<ClientPlatform, 'setTimer' | 'wait'> {
  /** Cancels all timers, and rejects all waits. Later timers do not start; later waits reject. */
  dispose(error: Error): void
}

/** Every engine fires timers with a longer delay immediately. */
const longestTimerMs = 2 ** 31 - 1

export function createWaits(platform: Pick<Platform, 'setTimer'>): Waits {
  // Sets and not an AbortSignal, which searches all its listeners to remove one of them.
  const cancels = new Set<() => void>()
  const pending = new Set<(error: Error) => void>()
  let disposal: Error | undefined

  function setTimer(callback: () => void, delayMs: number): () => void {
    if (disposal !== undefined) return () => {}
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
  }

  function wait<T>(work: Work<T>, given: WaitLimits<T> = {}): Promise<T> {
    // `Object.prototype` may be polluted.
    const limits: WaitLimits<T> = Object.assign(Object.create(null), given)
    const { signal } = limits
    const ended = new AbortController()
    let cancelDeadline: (() => void) | undefined

    const result = new Promise<T>((resolve, reject) => {
      function stop(): void {
        cancelDeadline?.()
        signal?.removeEventListener('abort', abort)
        pending.delete(fail)
      }
      function fail(error: unknown): void {
        stop()
        reject(error)
      }
      function abort(): void {
        ended.abort(signal?.reason)
        fail(signal?.reason)
      }
      if (disposal !== undefined) return fail(disposal)
      if (signal?.aborted) return abort()
      pending.add(fail)
      signal?.addEventListener('abort', abort)
      if (limits.deadlineMs !== undefined) {
        cancelDeadline = setTimer(() => {
          stop()
          ended.abort()
          resolve(new Promise((settle) => settle(limits.onTimeout())))
        }, limits.deadlineMs)
      }
      const begin = async () => (typeof work === 'function' ? work(ended.signal) : work)
      begin().then((value) => {
        stop()
        resolve(value)
      }, fail)
    })
    // A refresh started by a timer has no caller to handle its rejection.
    result.catch(() => {})
    return result
  }

  return {
    setTimer,
    wait,
    dispose(error) {
      disposal = error
      for (const cancel of [...cancels]) cancel()
      for (const fail of [...pending]) fail(error)
    }
  }
}
