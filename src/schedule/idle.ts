// How long nothing has happened: neither a request nor a sign of the user, as the app tells, in any tab.
import type { Platform } from '../lib/platform.ts'
import type { StoredValue } from '../lib/stored-value.ts'
import { later, type Moment, readMoment, remainingMs } from '../token/lifetime.ts'

export interface IdleWatch {
  /** Something happens now. */
  touch(): void
  /** Time until the session is idle for too long; `undefined` where it may be for ever. */
  remainingMs(): number | undefined
}

/** Storage is not written on each request: the other tabs may see a touch so much later, in shares of the limit. */
const writeAfterShare = 0.05

/** `mark` holds the time of the last touch in any tab, by the wall clock that they have in common. */
export function createIdleWatch(
  platform: Platform,
  limitSeconds: number | undefined,
  mark: StoredValue
): IdleWatch {
  let last = readMoment(platform)
  const limitMs = (limitSeconds ?? 0) * 1000
  let writtenAtMs = -Infinity

  function lastInAnyTab(): Moment {
    const elsewhereMs = Number(mark.read())
    const aheadMs = Math.min(elsewhereMs, platform.now()) - last.wallMs
    return aheadMs > 0 ? later(last, aheadMs) : last
  }

  return {
    touch() {
      last = readMoment(platform)
      if (limitSeconds === undefined) return
      if (Math.abs(last.wallMs - writtenAtMs) < limitMs * writeAfterShare) return
      writtenAtMs = last.wallMs
      mark.set(String(last.wallMs))
    },
    remainingMs: () =>
      limitSeconds === undefined
        ? undefined
        : remainingMs(later(lastInAnyTab(), limitMs), readMoment(platform))
  }
}
