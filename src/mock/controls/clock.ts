// Server clock: the clock of the options, which a test can move or stop. Only the server uses it,
// so moving it creates clock skew.
import { describe, invalid } from '../lib/checks.ts'

export interface MockClock {
  /** The server's time, in milliseconds since the epoch. */
  now(): number
  /**
   * Moves the server's clock forward by that many seconds, or back if negative. The client's clock
   * is not moved. To advance both, fake `Date`: the server's clock follows it.
   *
   * @throws TypeError if the value is not a finite number, or leads outside the range of a `Date`
   */
  advance(seconds: number): void
  /**
   * Stops the server's clock. `advance` still moves it.
   *
   * @param at milliseconds since the epoch or a `Date`; default: the server's current time
   * @throws TypeError if the value is not a time within the range of a `Date`
   */
  freeze(at?: number | Date): void
  /** Undoes every `advance` and `freeze`. */
  reset(): void
}

/** The range of a `Date`, in milliseconds before and after the epoch (ECMA-262 §21.4.1.1). */
const dateRangeMs = 8.64e15

/** @param source milliseconds since the epoch; default `Date.now`, which a test may fake later */
export function createClock(source: () => number = () => Date.now()): MockClock {
  let offsetMs = 0
  let frozenAtMs: number | undefined

  function now(): number {
    return frozenAtMs ?? source() + offsetMs
  }

  return {
    now,
    advance(seconds) {
      const caller = 'clock.advance'
      const ms =
        within('seconds', 'a finite number of seconds', seconds, Number.MAX_VALUE, caller) * 1000
      within('seconds', 'a time within the range of Date', now() + ms, dateRangeMs, caller)
      if (frozenAtMs === undefined) offsetMs += ms
      else frozenAtMs += ms
    },
    freeze(at = now()) {
      const time = at instanceof Date ? at.getTime() : at
      const expectation = 'a Date or milliseconds since the epoch'
      frozenAtMs = within('at', expectation, time, dateRangeMs, 'clock.freeze')
    },
    reset() {
      offsetMs = 0
      frozenAtMs = undefined
    }
  }
}

/** A number from `-most` to `most`. */
function within(
  name: string,
  expectation: string,
  value: unknown,
  most: number,
  caller: string
): number {
  if (typeof value === 'number' && Math.abs(value) <= most) return value
  throw invalid(name, expectation, describe(value), caller)
}
