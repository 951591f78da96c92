// How long nothing has happened: neither a request nor a sign of the user, as the app tells.
import type { Platform } from '../platform.ts'
import { later, readMoment, remainingMs } from '../token/lifetime.ts'

export interface IdleWatch {
  /** Something happens now. */
  touch(): void
  /** Time until the session is idle for too long; `undefined` where it may be for ever. */
  remainingMs(): number | undefined
}

export function createIdleWatch(platform: Platform, limitSeconds: number | undefined): IdleWatch {
  let last = readMoment(platform)
  const left = () =>
    limitSeconds === undefined
      ? undefined
      : remainingMs(later(last, limitSeconds * 1000), readMoment(platform))
  return {
    touch() {
      last = readMoment(platform)
    },
    remainingMs: left
  }
}
