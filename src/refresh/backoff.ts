// How long to wait after a failed refresh: a pure series with jitter, and what the server asked for.

/** Between two refreshes that fail there is at least half of this. */
export const firstDelayMs: number = 1_000
const longestDelayMs = 60_000
/** A server that asks for more than this is taken at this, so that a wrong header cannot end a session. */
const longestRetryAfterMs = 300_000

/** Equal jitter over a doubling delay: the `failures`-th failure in a row waits between half and all of it. */
export function backoffMs(
  failures: number,
  retryAfterMs: number | undefined,
  random: number
): number {
  const ceiling = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 16))
  const delay = ceiling * (0.5 + random / 2)
  if (retryAfterMs === undefined) return delay
  // Clients that were refused in one instant must not come back in one.
  return Math.max(delay, Math.min(retryAfterMs, longestRetryAfterMs) + (ceiling * random) / 2)
}

/** `Retry-After` as seconds or as an HTTP-date (RFC 9110 §10.2.3), in milliseconds; `undefined` for anything else. */
export function parseRetryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined
  const text = value.trim()
  if (/^\d{1,15}$/.test(text)) return Number(text) * 1000
  const date = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}
