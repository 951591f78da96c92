// Restore deadline: ends the state `initializing` in time, while the restore itself goes on.
import type { Platform } from '../lib/platform.ts'
import { later, readMoment, remainingMs } from '../lib/time.ts'
import type { Session } from '../session/session.ts'

export interface RestoreDeadline {
  /** Time until `initializing` ends; `undefined` if it has ended. */
  remainingMs(): number | undefined
  /** No answer can come in time: ends `initializing` now. */
  end(): void
  /** Ends `initializing` if the retry comes later. */
  endIfTooLate(retryInMs: number | undefined): void
}

//  page load ── refresh ── 503 ── refresh ── (no answer) ──┬── deadline: `unreachable`
//  request ─────── waits ──────────────────────────────────┴── sent without a token
export function createRestoreDeadline(
  session: Session,
  platform: Pick<Platform, 'now' | 'monotonicNow' | 'setTimer'>,
  afterMs: number
): RestoreDeadline {
  const until = later(readMoment(platform), afterMs)
  const isInitializing = () => session.getState().status === 'initializing'
  const end = () => session.note({ type: 'unreachable' })
  const cancel = isInitializing() ? platform.setTimer(end, afterMs) : () => {}
  session.onSignal('token', cancel)
  session.onSignal('ended', cancel)

  const leftMs = () => (isInitializing() ? remainingMs(until, readMoment(platform)) : undefined)

  return {
    remainingMs: leftMs,
    end,
    endIfTooLate(retryInMs = -1) {
      const left = leftMs()
      if (left !== undefined && retryInMs >= left) end()
    }
  }
}
