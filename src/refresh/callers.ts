// Callers: how long each caller of refresh() waits for the answer, and what it is rejected with.
import type { AuthError } from '../lib/errors.ts'
import type { ClientPlatform } from '../lib/time.ts'
import type { RefreshReason } from '../session/events.ts'
import type { HeldToken } from '../session/held-token.ts'
import type { Session } from '../session/session.ts'
import type { Flight } from './flight.ts'
import { refusedTooOften, timedOut } from './outcome.ts'
import type { RestoreDeadline } from './restore-deadline.ts'
import type { RetryState } from './retry-state.ts'

export interface CallerLimits {
  /** A refresh that a refusal causes may start that much later, in milliseconds. */
  readonly delayMs?: number
  /** How much of `refreshTimeoutMs` the caller has spent with earlier refreshes. */
  readonly spentMs?: number
}

interface Caller {
  readonly reason: RefreshReason
  readonly delayMs: number
  readonly spentMs: number
  readonly deadlineMs: number
  /** Whether the app waits for the token. */
  readonly isAwaited: boolean
  /** The failed refresh that holds the next one back. */
  readonly failure: AuthError | undefined
  /** Why the refresh may not start now: the failure, or too many refusals. */
  readonly heldBackBy: AuthError | undefined
  /** Whether the refresh may start only after the caller's deadline. */
  isTooLong(): boolean
}

export interface Callers {
  arrive(reason: RefreshReason, limits: CallerLimits | undefined, isStarted: boolean): Caller
  /** Rejects at once, with the reason why the refresh may not start. */
  turnAway(caller: Caller): Promise<never>
  /** Resolves with the answer, or rejects at the caller's own deadline. */
  wait(caller: Caller, flight: Pick<Flight, 'answer' | 'isStarted'>): Promise<HeldToken>
  /** The failure that holds a refresh back. The state reports it. */
  heldBack(reason: RefreshReason): AuthError | undefined
}

export interface CallersDeps {
  readonly session: Pick<Session, 'generation' | 'note' | 'signal'>
  readonly platform: Pick<ClientPlatform, 'now' | 'wait'>
  readonly retries: Pick<RetryState, 'heldBackBy' | 'heldBackMs' | 'hurry'>
  readonly restore: RestoreDeadline
  readonly refreshTimeoutMs: number
}

//  caller A ─ refresh() ──┬─────────────────── answered ─ resolves
//  caller B ──── refresh() ┘  (joins)
//  caller C ─────── refresh() ─ …no answer… ─ own deadline: rejects with a timeout
//                                             the request continues; its success still counts
export function createCallers(deps: CallersDeps): Callers {
  const { session, platform, retries, restore, refreshTimeoutMs } = deps

  function note({ code }: AuthError): void {
    session.note({ type: 'failed', code, atMs: platform.now() })
  }

  function heldBack(reason: RefreshReason): AuthError | undefined {
    const error = retries.heldBackBy(reason)
    if (error !== undefined) note(error)
    return error
  }

  return {
    heldBack,
    arrive(reason, { delayMs = 0, spentMs = 0 } = {}, isStarted) {
      // A request without a token does not wait longer than `initializing` lasts.
      const initialMs = (reason === 'manual' ? undefined : restore.remainingMs()) ?? Infinity
      const deadlineMs = Math.max(0, Math.min(initialMs, refreshTimeoutMs - spentMs))
      const isAwaited = reason !== 'timer' && reason !== 'wake'
      // A page load asks the other tabs first: one may hold a token.
      const failure = isStarted || reason === 'restore' ? undefined : heldBack(reason)
      const isDelayed = delayMs > 0 && !isStarted
      const heldBackBy = failure ?? (isDelayed ? refusedTooOften(delayMs) : undefined)
      if (reason === 'refusal') retries.hurry()

      function isTooLong(): boolean {
        if (heldBackBy === undefined) return false
        return !isAwaited || Math.max(delayMs, retries.heldBackMs()) >= deadlineMs
      }

      return { reason, delayMs, spentMs, deadlineMs, isAwaited, failure, heldBackBy, isTooLong }
    },
    turnAway({ reason, isAwaited, failure, heldBackBy }) {
      // Then a request is sent without a token. Otherwise it would ask again at once.
      if (isAwaited && reason !== 'manual') restore.end()
      if (failure === undefined && heldBackBy !== undefined) note(heldBackBy)
      // It is retried earlier than planned, because it is awaited now.
      if (reason === 'refusal') session.signal('settled')
      return Promise.reject(heldBackBy)
    },
    wait({ reason, spentMs, deadlineMs, failure, heldBackBy }, flight) {
      const generation = session.generation()
      // The failure of the last refresh says nothing once the next one is sent.
      const cause = () => (flight.isStarted && failure ? undefined : heldBackBy)
      return platform.wait(flight.answer, {
        deadlineMs,
        onTimeout() {
          const error = cause() ?? timedOut(refreshTimeoutMs)
          if (reason !== 'manual') restore.end()
          // Otherwise, another tab has shared a token, or the caller has waited for others too.
          if (session.generation() === generation && spentMs === 0) note(error)
          throw error
        }
      })
    }
  }
}
