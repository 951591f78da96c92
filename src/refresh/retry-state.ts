// A failed refresh is remembered, so that whoever comes next does not ask again at once.
import type { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { later, type Moment, readMoment, remainingMs } from '../token/lifetime.ts'
import { backoffMs, firstDelayMs } from './backoff.ts'

export interface RetryState {
  /** Notes a failure; `slackMs` is what is left of the token that should have been renewed. */
  note(error: AuthError, slackMs: number): void
  forget(): void
  /** The failure that holds back whoever asks for this reason. */
  holdsBack(isManual: boolean): AuthError | undefined
  /** Time until a refresh may follow the last failed one; `undefined` where the last one did not fail. */
  remainingMs(): number | undefined
  /** The network is back: whatever failed (behind a captive portal, anything may) can be tried at once. */
  networkIsBack(): void
}

interface Failure {
  readonly error: AuthError
  readonly failedAt: Moment
  readonly retryAt: Moment
}

export function createRetryState(platform: Platform): RetryState {
  let inARow = 0
  let last: Failure | undefined

  const waitMs = () => last && remainingMs(last.retryAt, readMoment(platform))

  return {
    note(error, slackMs) {
      inARow += 1
      // A wrong option does not heal by itself.
      const isFinal = error.code === 'ERR_AUTH_INVALID_OPTIONS'
      const retryInMs = isFinal
        ? Infinity
        : backoffMs(inARow, { retryAfterMs: error.retryAfterMs, slackMs }, platform.random())
      const failedAt = readMoment(platform)
      last = { error, failedAt, retryAt: later(failedAt, retryInMs) }
    },
    forget() {
      inARow = 0
      last = undefined
    },
    holdsBack(isManual) {
      if (last === undefined || waitMs() === 0) return undefined
      // Somebody who pressed a button may insist, but not against a server that asked for patience.
      return isManual && last.error.retryAfterMs === undefined ? undefined : last.error
    },
    remainingMs: waitMs,
    networkIsBack() {
      if (last === undefined) return
      const { error, failedAt } = last
      // A server that asked for patience, or an option that is wrong, has nothing to do with the network.
      const isLasting =
        error.retryAfterMs !== undefined || error.code === 'ERR_AUTH_INVALID_OPTIONS'
      // One that comes and goes must not turn every coming into a request.
      if (!isLasting) last = { error, failedAt, retryAt: later(failedAt, firstDelayMs) }
    }
  }
}
