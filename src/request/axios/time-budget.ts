// How much time one call has left: its `timeout` is for the whole of it, waiting and replay included.

export interface TimeBudget {
  readonly limitMs: number
  /** Whole milliseconds, rounded up; 0 where the time is over. */
  remainingMs(): number
}

/** `undefined` where there is no limit; what axios would not understand is left to axios. */
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
