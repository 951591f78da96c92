// Server clock: the clock of the options, which a test can move or stop. Only the server uses it,
// so moving it creates clock skew.
import { invalid } from '../lib/checks.ts'

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

/** The source is read on each call, so that timers faked later count too. */
export function createClock(source: () => number): MockClock {
  let offsetMs = 0
  let frozenAtMs: number | undefined

  function now(): number {
    return frozenAtMs ?? source() + offsetMs
  }

  return {
    now,
    advance(seconds) {
      const ms = number('advance', 'a finite number of seconds', seconds, Number.MAX_VALUE) * 1000
      number('advance', 'seconds that lead to a time within the range of Date', now() + ms)
      if (frozenAtMs === undefined) offsetMs += ms
      else frozenAtMs += ms
    },
    freeze(at = now()) {
      const time = at instanceof Date ? at.getTime() : at
      frozenAtMs = number('freeze', 'a Date or milliseconds since the epoch', time)
    },
    reset() {
      offsetMs = 0
      frozenAtMs = undefined
    }
  }
}

function number(
  method: string,
  expectation: string,
  value: unknown,
  most: number = dateRangeMs
): number {
  if (typeof value === 'number' && Math.abs(value) <= most) return value
  throw invalid('the argument', expectation, String(value), `clock.${method}`)
}
