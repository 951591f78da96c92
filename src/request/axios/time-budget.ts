// Time budget: the `timeout` of an axios call, over the wait for a token and the replay too.

import { AxiosError, CanceledError, type InternalAxiosRequestConfig } from 'axios'
import type { Wait } from '../../lib/time.ts'

/** The time that a call has left. Its `timeout` covers waiting for a token and the replay too. */
export interface TimeBudget {
  readonly limitMs: number
  /** Whole milliseconds, rounded up. 0 when the time is over. */
  remainingMs(): number
}

/** Returns `undefined` without a limit, and for values that axios does not understand. */
export function startTimeBudget(
  timeout: unknown,
  monotonicNow: () => number
): TimeBudget | undefined {
  const limitMs = Number(timeout)
  if (!(limitMs > 0) || limitMs === Infinity) return undefined
  const startedAtMs = monotonicNow()
  return {
    limitMs,
    remainingMs: () => Math.max(0, Math.ceil(limitMs - (monotonicNow() - startedAtMs)))
  }
}

/** Settles as `promise` does, or rejects when the caller aborts or the time is over. */
export function orReleased<T>(
  promise: Promise<T>,
  config: InternalAxiosRequestConfig,
  budget: TimeBudget | undefined,
  wait: Wait
): Promise<T> {
  const { signal, cancelToken } = config
  if (signal == null && cancelToken == null && budget === undefined) return promise
  const released = new AbortController()
  const release = (reason: unknown) => released.abort(reason)
  const aborted = () => release(new CanceledError(undefined, config))
  if (signal?.aborted) aborted()
  signal?.addEventListener?.('abort', aborted)
  // CancelToken has had these two methods since 0.22, but its types omit them.
  const token = cancelToken as
    | {
        subscribe?(listener: (reason: unknown) => void): void
        unsubscribe?(listener: (reason: unknown) => void): void
      }
    | undefined
  token?.subscribe?.(release)
  const onTimeout = () => timeOut(config)
  const limits = budget === undefined ? {} : { deadlineMs: budget.remainingMs(), onTimeout }
  return wait(promise, { ...limits, signal: released.signal }).finally(() => {
    signal?.removeEventListener?.('abort', aborted)
    token?.unsubscribe?.(release)
  })
}

function timeOut(config: InternalAxiosRequestConfig): never {
  throw toTimeoutError(config)
}

/** The error that axios's adapters for XHR and Node throw when the time is over. */
export function toTimeoutError(config: InternalAxiosRequestConfig): AxiosError {
  const { timeout, timeoutErrorMessage, transitional } = config
  const code = transitional?.clarifyTimeoutError ? AxiosError.ETIMEDOUT : AxiosError.ECONNABORTED
  return new AxiosError(timeoutErrorMessage || timeoutMessage(timeout), code, config)
}

// The adapter's message states the time that was left. Replace it by the timeout that the app set.
export function restateTimeout(
  error: Partial<AxiosError>,
  leftMs: number | undefined,
  budget: TimeBudget
): void {
  if (error.message !== timeoutMessage(leftMs) || leftMs === budget.limitMs) return
  const message = timeoutMessage(budget.limitMs)
  if (error.stack !== undefined) error.stack = error.stack.replace(error.message, message)
  error.message = message
}

function timeoutMessage(timeoutMs: number | undefined): string {
  return `timeout of ${timeoutMs}ms exceeded`
}
