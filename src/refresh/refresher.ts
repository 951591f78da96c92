// Refresher: refreshes the session once for any number of callers, and applies the answer if the
// session is still the same.

import type { ResolvedContract } from '../contract/resolved-contract.ts'
import { AuthError } from '../lib/errors.ts'
import { type ClientPlatform, readMoment, remainingMs } from '../lib/time.ts'
import type { Emitter, RefreshOutcome, RefreshReason, RefreshStatus } from '../session/events.ts'
import type { HeldToken, ReceiveToken } from '../session/held-token.ts'
import { type Session, sessionChanged } from '../session/session.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { createApplyAnswer } from './apply-answer.ts'
import { createAskServer } from './ask-server.ts'
import { type CallerLimits, createCallers } from './callers.ts'
import { createDelayedStart, createFlight, type Flight } from './flight.ts'
import { describeFailure, unexpected, unreachable } from './outcome.ts'
import type { RefreshRequest } from './refresh-request.ts'
import type { RefreshPolicy } from './refresh-time.ts'
import { createRestoreDeadline } from './restore-deadline.ts'
import { createRetryState, type RetryStateDeps } from './retry-state.ts'

export interface RefresherDeps {
  readonly session: Session
  readonly record: RetryStateDeps['record']
  readonly tabs: Tabs
  readonly request: RefreshRequest
  readonly receive: ReceiveToken
  /** Whether storage has a hint that a user was signed in here before this page load. */
  readonly isSessionKnown: () => boolean
  readonly platform: ClientPlatform
  readonly emitter: Emitter
  readonly policy: RefreshPolicy
  readonly refreshTimeoutMs: number
  readonly refresh: ResolvedContract['refresh']
}

export interface Refresher {
  /**
   * Joins the refresh in flight or starts one. While a failed refresh holds the next one back,
   * waits for it. Rejects with the remembered failure if that takes longer than the caller waits.
   */
  refresh(reason: RefreshReason, limits?: CallerLimits): Promise<HeldToken>
  isInFlight(): boolean
  /** Whether a refresh is in flight, or a caller waits until it may start. */
  isPending(): boolean
  /** Whether no refresh may start now, because one has failed. */
  isHeldBack(): boolean
  status(): RefreshStatus
  /** Time until this tab has to refresh; `undefined` without a plan. */
  dueInMs(): number | undefined
  /** The reason why no session is known, while the restore is retried. */
  restoreFailure(): AuthError
  /** The network is back, so a failed refresh may be retried soon. */
  networkIsBack(): void
  /** Rejects all waiting callers. From then on, `refresh` rejects with `error`. */
  dispose(error: AuthError): void
}

export function createRefresher(options: RefresherDeps): Refresher {
  const { session, tabs, request, platform, emitter, refreshTimeoutMs } = options
  const retries = createRetryState(options)
  const restore = createRestoreDeadline(session, platform, refreshTimeoutMs)
  const results = createApplyAnswer({ ...options, retries })
  const ask = createAskServer({ session, tabs, request, fail: results.fail })
  const callers = createCallers({ session, platform, retries, restore, refreshTimeoutMs })
  const delayed = createDelayedStart(start, retries, platform)
  let flight: Flight | undefined
  let flights = 0
  let lastSettled = 0
  let lastOutcome: RefreshOutcome | undefined
  let disposal: AuthError | undefined

  function refresh(reason: RefreshReason, limits?: CallerLimits): Promise<HeldToken> {
    if (disposal !== undefined) return Promise.reject(disposal)
    const epoch = session.epoch()
    const mine = flight ?? createFlight()
    const caller = callers.arrive(reason, limits, mine.isStarted)
    // The record may have shown that another tab has ended the session.
    if (session.epoch() !== epoch) return Promise.reject(sessionChanged())
    if (caller.failure !== undefined && caller.isTooLong()) return callers.turnAway(caller)
    flight = mine
    mine.isAwaited ||= caller.isAwaited
    if (caller.heldBackBy !== undefined) delayed.plan(mine, reason, caller.delayMs)
    else if (!mine.isStarted) start(mine, reason)
    return caller.isTooLong() ? callers.turnAway(caller) : callers.wait(caller, mine)
  }

  function start(mine: Flight, reason: RefreshReason): void {
    const epoch = session.epoch()
    const generation = session.generation()
    let outcome: RefreshOutcome | undefined
    let heldBackBy: AuthError | undefined
    flights += 1
    const number = flights

    // Another tab may have failed during the wait for the lock.
    function heldBack(): AuthError | undefined {
      heldBackBy = callers.heldBack(reason)
      return heldBackBy
    }

    async function run(): Promise<HeldToken> {
      if (heldBack() !== undefined) throw heldBackBy
      const credential = await ask.readTokens(epoch)
      if (credential === undefined) throw results.endWithToken(reason)
      emitter.emit('refresh-started', { reason })
      try {
        const token = results.apply(await ask.send(credential, epoch), reason)
        outcome = { kind: 'refreshed', reason, atMs: platform.now() }
        return token
      } catch (error) {
        const atMs = platform.now()
        const isOnline = platform.isOnline()
        const retryInMs = retries.retryInMs() ?? 0
        outcome = describeFailure(error, { reason, atMs, isOnline, retryInMs })
        throw error
      }
    }

    function fail(error: unknown): void {
      const isShort = retries.heldBackMs() <= refreshTimeoutMs
      const isHeldBack = error === heldBackBy && mine.isAwaited && isShort && flight === mine
      mine.isStarted = !isHeldBack
      if (isHeldBack) delayed.plan(mine, reason)
      else mine.reject(withHold(error))
    }

    // A failure that changes nothing would be repeated at once, and without end.
    function withHold(error: unknown): unknown {
      const isKnown = error instanceof AuthError
      const hasEffect = error === heldBackBy || session.epoch() !== epoch || disposal !== undefined
      if (hasEffect || (isKnown && dueInMs() !== 0)) return error
      return results.fail(isKnown ? error : unexpected())
    }

    //  this tab ── refresh ───────────────────────────── abandoned: nothing to retry
    //  another  ───────── (after lockTimeoutMs) refresh ── shares its token
    function land(): void {
      // After a sign-in or sign-out, another flight may be open by now.
      if (flight === mine && mine.isStarted) {
        flight = undefined
        if (session.generation() !== generation) forgetFailures()
      }
      // Only now, so that a listener that calls refresh() starts a new one.
      if (outcome !== undefined) settle(outcome, number)
      restore.endIfTooLate(retries.retryInMs())
      session.signal('settled')
    }
    delayed.cancel()
    mine.isStarted = true
    // The callers get the result before the app and the other parts hear of it.
    const work = tabs
      .refreshExclusively({ heldBack, run })
      .then((token) => mine.resolve(token), fail)
    work.then(() => {}).then(land)
  }

  function settle(outcome: RefreshOutcome, number: number): void {
    if (number > lastSettled) lastOutcome = outcome
    lastSettled = Math.max(lastSettled, number)
    emitter.emit('refresh-settled', outcome)
  }

  function forgetFailures(): void {
    retries.forget()
    session.note({ type: 'recovered' })
  }

  function dropStale(): void {
    retries.forget()
    drop(sessionChanged())
  }

  function isInFlight(): boolean {
    return flight?.isStarted === true
  }

  function dueInMs(): number | undefined {
    const refreshAt = session.held()?.refreshAt
    const plannedMs = refreshAt && remainingMs(refreshAt, readMoment(platform))
    // The hold is read from storage, so not for each request.
    return retries.retryInMs() ?? (plannedMs === 0 ? retries.heldBackMs() : plannedMs)
  }

  /** The answer of the refresh in flight no longer counts. */
  function drop(error: AuthError): void {
    delayed.cancel()
    flight?.reject(error)
    flight = undefined
    // A request to the server is not aborted: its answer could set a cookie all the same.
    if (typeof options.refresh === 'function') request.abortAll(error)
  }

  session.onSignal('token', ({ isNewEpoch, origin }) => {
    if (isNewEpoch) dropStale()
    if (origin.by === 'login' || origin.by === 'restore') retries.clear()
    if (origin.by === 'other-tab') forgetFailures()
    const token = session.held()
    if (token === undefined || flight === undefined) return
    if (flight.isStarted) {
      // The server may have lost the refresh of this tab, so its callers do not wait for it.
      if (origin.by === 'other-tab' && !origin.isReissued) flight.release(token)
      return
    }
    delayed.cancel()
    flight.resolve(token)
    flight = undefined
  })
  session.onSignal('ended', ({ origin }) => {
    const isOurs = origin === 'refresh' || origin === 'unasked'
    if (!isOurs || !isInFlight()) dropStale()
  })
  session.onSignal('unknown-sign-in', () => void refresh('other-tab').catch(() => {}))

  return {
    refresh,
    isInFlight,
    isPending: () => flight !== undefined,
    isHeldBack: () => retries.heldBackMs() > 0,
    status: () => ({ isRefreshing: isInFlight(), lastOutcome }),
    dueInMs,
    restoreFailure: () => retries.last() ?? unreachable(),
    networkIsBack() {
      retries.networkIsBack()
      if (flight?.isStarted === false) delayed.plan(flight, 'wake')
    },
    dispose(error) {
      disposal = error
      drop(error)
    }
  }
}
