// Retry state: how long a failed refresh keeps the next one waiting, in this tab and in all tabs.
import { AuthError, type AuthErrorCode } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { later, type Moment, readMoment, remainingMs } from '../lib/time.ts'
import { lifeLeftMs } from '../lib/token-lifetime.ts'
import type { RefreshReason } from '../session/events.ts'
import type { Session } from '../session/session.ts'
import type { RefreshHold } from '../tabs/record-value.ts'
import type { SessionRecord } from '../tabs/session-record.ts'
import { backoffMs, firstDelayMs, isUrgent, longestHoldMs } from './refresh-time.ts'

export interface RetryState {
  /** A refresh of this tab has failed. */
  note(error: AuthError): void
  /** The held token is refused, so a failed refresh is retried as soon as its hold is over. */
  hurry(): void
  /** The failures of this tab no longer count, because it has a token or belongs to no session. */
  forget(): void
  /** A refresh or a sign-in has succeeded: no tab has to wait. */
  clear(): void
  /**
   * The remembered failure that a refresh must reject with; `undefined` if it may start now. From
   * then on, this tab retries when the hold is over.
   */
  heldBackBy(reason: RefreshReason): AuthError | undefined
  /** Time until a refresh may start, in any tab. */
  heldBackMs(): number
  /** Time until this tab retries; `undefined` if its last refresh did not fail. */
  retryInMs(): number | undefined
  /** The last failure, as a remembered one. */
  last(): AuthError | undefined
  /**
   * The network is back, so a failed refresh may be retried soon. The kind of failure hardly
   * matters, because a captive portal can cause most kinds.
   */
  networkIsBack(): void
}

/** A hold as this tab has seen it: later, the clock of the device may be set back. */
interface SeenHold {
  readonly hold: RefreshHold
  readonly seenAt: Moment
  readonly until: Moment
  /** Later than `until` while the held token is valid. */
  readonly retryAt: Moment
}

export interface RetryStateDeps {
  readonly session: Pick<Session, 'held'>
  readonly record: Pick<SessionRecord, 'read' | 'set'>
  readonly platform: Pick<Platform, 'now' | 'monotonicNow' | 'random'>
}

//  tab A ── refresh ── 503 ── hold ────────────┐
//  tab B ───────────── due: held back ─────────┤ both are due; one gets the lock
//                                              ├─ A: refresh ── 503 ── longer hold
//                                              └─ B: (waits for the lock) ── held back again
export function createRetryState({ session, record, platform }: RetryStateDeps): RetryState {
  const untilMsBefore = readHold()?.untilMs
  let hasFailed = false
  let mustHurry = false
  let seen: SeenHold | undefined
  /** The error of a wrong option, which a retry does not correct. Other tabs may have others. */
  let final: AuthError | undefined

  /** The hold of all tabs. One that ends later than any real one is from a wrong clock. */
  function readHold(): RefreshHold | undefined {
    const { value } = record.read().hold
    return value && value.untilMs - platform.now() <= 2 * longestHoldMs ? value : undefined
  }

  function current(): SeenHold | undefined {
    const hold = readHold()
    if (hold === undefined) return undefined
    return seen?.hold.untilMs === hold.untilMs ? seen : see(hold, platform.random())
  }

  function see(hold: RefreshHold, random: number): SeenHold {
    const now = readMoment(platform)
    const restMs = hold.untilMs - now.wallMs
    const held = session.held()
    const slackMs = held === undefined ? 0 : lifeLeftMs(held, now)
    const patientMs = isUrgent(hold.failures, slackMs)
      ? restMs
      : backoffMs(hold.failures, { retryAfterMs: undefined, slackMs }, random)
    const retryAt = later(now, Math.max(restMs, patientMs))
    seen = { hold, seenAt: now, until: later(now, restMs), retryAt }
    return seen
  }

  function left(until: Moment | undefined): number {
    return until === undefined ? 0 : remainingMs(until, readMoment(platform))
  }

  /** Failures of long ago do not prolong the next hold. */
  function failuresSoFar(): number {
    const hold = readHold()
    const isRecent = hold !== undefined && platform.now() - hold.untilMs < longestHoldMs
    return isRecent ? hold.failures : 0
  }

  function heldBackMs(): number {
    return final === undefined ? left(current()?.until) : Infinity
  }

  function last(): AuthError | undefined {
    const hold = current()?.hold
    return final ?? (hold && remembered(hold, heldBackMs()))
  }

  function forget(): void {
    hasFailed = false
    mustHurry = false
    seen = undefined
    final = undefined
  }

  return {
    note(error) {
      hasFailed = true
      const { code, status, retryAfterMs } = error
      if (code === 'ERR_AUTH_INVALID_OPTIONS') {
        final = error
        return
      }
      const failures = failuresSoFar() + 1
      const random = platform.random()
      const waitMs = Math.round(backoffMs(failures, { retryAfterMs, slackMs: 0 }, random))
      const untilMs = platform.now() + waitMs
      const next = { untilMs, failures, code, status, isRetryAfter: retryAfterMs !== undefined }
      //  tab A ── refresh ─────── 429 with Retry-After
      //  tab B ── refresh (no lock) ──── lost: it does not shorten what the server asked for
      const asked = readHold()
      const hold = asked?.isRetryAfter && asked.untilMs > untilMs ? { ...asked, failures } : next
      record.set('hold', hold)
      see(hold, random)
    },
    hurry() {
      mustHurry = true
    },
    forget,
    clear() {
      forget()
      record.set('hold', undefined)
    },
    heldBackBy(reason) {
      const hold = current()?.hold
      // A user may retry or reload at once, unless the server asked to wait. If many tabs load
      // together, the failure of the first one holds the others back.
      const isReload = reason === 'restore' && hold?.untilMs === untilMsBefore
      const mayPass = (reason === 'manual' || isReload) && !hold?.isRetryAfter
      if (heldBackMs() === 0 || mayPass) return undefined
      hasFailed = true
      return last()
    },
    heldBackMs,
    retryInMs() {
      if (!hasFailed) return undefined
      const at = mustHurry ? current()?.until : current()?.retryAt
      return final === undefined ? left(at) : Infinity
    },
    last,
    networkIsBack() {
      const now = current()
      // `Retry-After` has nothing to do with the network.
      if (now === undefined || now.hold.isRetryAfter) return
      // The delay keeps an unstable network from causing a request each time it returns.
      const until = later(now.seenAt, firstDelayMs)
      const hold = { ...now.hold, untilMs: Math.min(now.hold.untilMs, until.wallMs) }
      record.set('hold', hold)
      seen = { hold, seenAt: now.seenAt, until, retryAt: until }
    }
  }
}

function remembered(hold: RefreshHold, restMs: number): AuthError {
  const { status, isRetryAfter } = hold
  const code = hold.code as AuthErrorCode
  const failure = status === undefined ? code : `status ${status}`
  const next = `the next one may start in ${Math.ceil(restMs / 1000)} s`
  return new AuthError(
    code,
    `No refresh was sent: the last one failed (${failure}), and ${next}.`,
    {
      status,
      retryAfterMs: isRetryAfter ? Math.ceil(restMs) : undefined
    }
  )
}
