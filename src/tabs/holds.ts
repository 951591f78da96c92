// Hold: how long the tabs of one browser wait after a failed refresh.
import type { AuthErrorCode } from '../lib/errors.ts'

export interface Hold {
  /** By the wall clock: it outlives the page. */
  readonly untilMs: number
  /** Counts the failures in a row, in all tabs. */
  readonly failures: number
  readonly code: AuthErrorCode
  readonly status: number | undefined
  /** Whether the server asked to wait. */
  readonly isRetryAfter: boolean
}

export interface Holds {
  /** The last hold, also if it is over; `undefined` after a refresh that succeeded. */
  hold(): Hold | undefined
  setHold(hold: Hold | undefined): void
}

/** Until the session record holds it: in the memory of this tab. */
export function createHolds(): Holds {
  let current: Hold | undefined
  return {
    hold: () => current,
    setHold(hold) {
      current = hold
    }
  }
}
