// How long to wait after a failed refresh: a pure series with jitter, and what the server asked for.

/** Between two refreshes that fail there is at least half of this. */
export const firstDelayMs: number = 1_000
const longestDelayMs = 60_000
/** A server that asks for more than this is taken at this, so that a wrong header cannot end a session. */
const longestRetryAfterMs = 300_000

/** While a token still serves, nobody waits for the next try: it may come any time in this, or in half of what is left. */
const leisureMs = 90_000
const shortestLeisureMs = 5_000

/**
 * How long to wait after the `failures`-th failure in a row.
 *
 * With little or nothing left of the token (`slackMs`), a doubling delay, of which half is jitter: somebody is waiting. With
 * more left, from the second failure on, a uniform share of it: a fleet whose server was down for a minute does not fall
 * upon it when it is back.
 */
export function backoffMs(
  failures: number,
  {
    retryAfterMs,
    slackMs
  }: { readonly retryAfterMs: number | undefined; readonly slackMs: number },
  random: number
): number {
  const ceiling = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 16))
  const isUrgent = failures === 1 || slackMs <= ceiling
  const delay = isUrgent ? ceiling * (0.5 + random / 2) : spread(slackMs, random)
  if (retryAfterMs === undefined) return delay
  // Clients that were refused in one instant must not come back in one.
  return Math.max(delay, Math.min(retryAfterMs, longestRetryAfterMs) + (ceiling * random) / 2)
}

// Never beyond the end of the token: there is one more try before it.
function spread(slackMs: number, random: number): number {
  const longest = Math.min(slackMs, Math.max(leisureMs, slackMs / 2))
  const shortest = Math.min(shortestLeisureMs, longest / 2)
  return shortest + (longest - shortest) * random
}
