// The server's clock: the one it was given, moved or stopped by a test. Only the server goes by it, so moving it is skew.
import { invalid } from '../lib/checks.ts'

export interface MockClock {
  /** The server's time, in milliseconds since the epoch. */
  now(): number
  /**
   * Moves the server's clock by that many seconds, forward or (negative) back. The client's clock stays where it is:
   * to let time pass for both, fake `Date`, which this clock follows.
   *
   * @throws TypeError for anything but a finite number, or one that leads beyond what a `Date` can name
   */
  advance(seconds: number): void
  /**
   * Stops the server's clock, at a moment or where it is. `advance` moves a stopped clock as well.
   *
   * @param at milliseconds since the epoch, or a `Date`
   * @throws TypeError for anything that is no moment, or one that no `Date` can name
   */
  freeze(at?: number | Date): void
  /** Lets the clock go again as it was given. */
  reset(): void
}

/** The last moment that a `Date` can name, and with a minus the first (ECMA-262 §21.4.1.1). */
const lastMomentMs = 8.64e15

/** The source is asked at each reading, so that faked timers count however late they are installed. */
export function createClock(source: () => number): MockClock {
  let offsetMs = 0
  let frozenAtMs: number | undefined
  const now = () => frozenAtMs ?? source() + offsetMs

  return {
    now,
    advance(seconds) {
      const ms =
        number('advance', 'seconds', 'a finite number of seconds', seconds, Number.MAX_VALUE) * 1000
      number(
        'advance',
        'seconds',
        'seconds to a moment that a Date can name',
        now() + ms,
        lastMomentMs
      )
      if (frozenAtMs === undefined) offsetMs += ms
      else frozenAtMs += ms
    },
    freeze(at = now()) {
      const moment = at instanceof Date ? at.getTime() : at
      frozenAtMs = number(
        'freeze',
        'at',
        'a Date or milliseconds since the epoch',
        moment,
        lastMomentMs
      )
    },
    reset() {
      offsetMs = 0
      frozenAtMs = undefined
    }
  }
}

function number(
  method: string,
  name: string,
  expectation: string,
  value: unknown,
  most: number
): number {
  if (typeof value === 'number' && Math.abs(value) <= most) return value
  throw invalid(name, expectation, String(value), `clock.${method}`)
}
