// Refreshes that a mock server sees: counts them, and those that came too soon after the last one.
import type { MockAuthServer } from 'everbearer/mock'

export interface Refreshes {
  /** Successful refreshes, and those of them that followed another one of the same session. */
  readonly made: number
  /** Refreshes of a token that had more than half of its life left. */
  readonly doubled: number
  readonly sessions: number
  /** Resolves when that many refreshes have been made. */
  until(made: number): Promise<void>
}

/** Timers refresh after three quarters of a token's life, less a tenth for jitter. */
export function watchRefreshes(server: MockAuthServer, tokenSeconds: number): Refreshes {
  const lastAtMs = new Map<string, number>()
  const waiting = new Map<number, () => void>()
  let made = 0
  let doubled = 0
  server.onCall(({ route, outcome, sid = '', startedAtMs }) => {
    if (route !== 'refresh' || outcome !== 'rotated') return
    made += 1
    if (startedAtMs - (lastAtMs.get(sid) ?? 0) < 500 * tokenSeconds) doubled += 1
    lastAtMs.set(sid, startedAtMs)
    waiting.get(made)?.()
  })
  return {
    get made() {
      return made
    },
    get doubled() {
      return doubled
    },
    get sessions() {
      return lastAtMs.size
    },
    until: (count) => new Promise((resolve) => void waiting.set(count, resolve))
  }
}
