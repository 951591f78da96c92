// Refresher: refreshes the session once for any number of callers, and applies the answer if the
// session is still the same.

import type { IssuedToken } from '../auth-api/answer.ts'
import type { TokenAnswer, TokenRequest } from '../auth-api/token-request.ts'
import { lifeLeftMs } from '../lib/access-token.ts'
import type { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { createWaiting, readMoment } from '../lib/time.ts'
import { compareAge } from '../session/adoption.ts'
import type { Emitter, RefreshOutcome, RefreshReason, RefreshStatus } from '../session/events.ts'
import { type HeldToken, receiveToken } from '../session/held-token.ts'
import { type Session, sessionChanged } from '../session/session.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { describeFailure, lostRace, noProgress, rejected, timedOut } from './outcome.ts'
import { createRefreshRequest } from './refresh-request.ts'
import { createRetryState, planRefreshAt, type RefreshPolicy } from './refresh-time.ts'

export interface RefresherDeps {
  readonly session: Session
  readonly tabs: Tabs
  readonly tokenRequest: TokenRequest
  readonly platform: Platform
  readonly emitter: Emitter
  readonly policy: RefreshPolicy
  readonly refreshTimeoutMs: number
  readonly refreshAbandonMs: number
  /**
   * A refresh function of the app is aborted when its result is no longer wanted; a request to the
   * server is not.
   */
  readonly isRefreshedByApp: boolean
}

export interface Refresher {
  /**
   * Joins the refresh in flight or starts one. Until a retry is due, rejects with the last failure.
   */
  refresh(reason: RefreshReason): Promise<HeldToken>
  isInFlight(): boolean
  status(): RefreshStatus
  /** Time until a failed refresh may be retried; `undefined` if the last one did not fail. */
  retryInMs(): number | undefined
  /** The network is back, so a failed refresh may be retried soon. */
  networkIsBack(): void
  /** Rejects all waiting callers. From then on, `refresh` rejects with `error`. */
  dispose(error: AuthError): void
}

export function createRefresher(options: RefresherDeps): Refresher {
  const { session, tabs, tokenRequest, platform, emitter, policy } = options
  const { refreshTimeoutMs, refreshAbandonMs, isRefreshedByApp } = options
  const retries = createRetryState(platform)
  const callers = createWaiting(platform)
  const request = createRefreshRequest({ session, tabs, tokenRequest, platform, refreshAbandonMs })
  let flight: Promise<HeldToken> | undefined
  let flights = 0
  let lastSettled = 0
  let lastOutcome: RefreshOutcome | undefined
  let disposal: AuthError | undefined

  function refresh(reason: RefreshReason): Promise<HeldToken> {
    if (disposal !== undefined) return Promise.reject(disposal)
    if (flight !== undefined) return flight
    const heldBackBy = retries.heldBackBy(reason === 'manual')
    if (heldBackBy !== undefined) return Promise.reject(heldBackBy)
    return start(reason)
  }

  //  caller A ─ refresh() ──┬───────── answered ─ resolves
  //  caller B ──── refresh() ┘  (joins)
  //  caller C ─────── refresh() ─ …no answer… ─ deadline: rejects with a timeout
  //                                             the request continues; its success still counts
  function start(reason: RefreshReason): Promise<HeldToken> {
    const epoch = session.epoch()
    let outcome: RefreshOutcome | undefined
    flights += 1
    const number = flights

    async function run(): Promise<HeldToken> {
      emitter.emit('refresh-started', { reason })
      try {
        const token = await askAndApply(reason, epoch)
        outcome = { kind: 'refreshed', reason, atMs: platform.now() }
        return token
      } catch (error) {
        const atMs = platform.now()
        const isOnline = platform.isOnline()
        const retryInMs = retries.remainingMs() ?? 0
        outcome = describeFailure(error, { reason, atMs, isOnline, retryInMs })
        throw error
      }
    }

    function timeOut(): AuthError {
      const error = timedOut(refreshTimeoutMs)
      const isOurs = session.epoch() === epoch
      if (isOurs) session.note({ type: 'failed', code: error.code, atMs: platform.now() })
      return error
    }

    const work = tabs.refreshExclusively(run)
    const answer = callers.wait(work, { afterMs: refreshTimeoutMs, error: timeOut })
    flight = answer

    function land(): void {
      // After a sign-in or sign-out, another flight may be open by now.
      if (flight === answer) flight = undefined
      // Only now, so that a listener that calls refresh() starts a new one.
      if (outcome !== undefined) settle(outcome, number)
      session.signal('settled')
    }
    work.then(land, land)
    return answer
  }

  function settle(outcome: RefreshOutcome, number: number): void {
    if (number > lastSettled) lastOutcome = outcome
    lastSettled = Math.max(lastSettled, number)
    emitter.emit('refresh-settled', outcome)
  }

  async function askAndApply(reason: RefreshReason, epoch: number): Promise<HeldToken> {
    const isOurs = () => session.epoch() === epoch
    let { generation, answer } = await request.send()
    // If another tab won a race against this refresh, its message may arrive now.
    if (answer.kind === 'rejected') await tabs.catchUp()
    // If a newer token arrived during the request, the rejection may come from a lost race. Ask a
    // second time.
    const mayBeLostRace = () =>
      isOurs() && answer.kind === 'rejected' && session.generation() !== generation
    if (mayBeLostRace()) ({ generation, answer } = await request.send())
    if (!isOurs()) throw sessionChanged()
    if (mayBeLostRace()) throw fail(lostRace(answer))
    return apply(answer, generation, reason)
  }

  function apply(answer: TokenAnswer, generation: number, reason: RefreshReason): HeldToken {
    switch (answer.kind) {
      case 'issued':
        return take(answer.token, generation, reason)
      case 'rejected':
        throw endSession(answer.status, answer.oauthError)
      case 'undecided':
        throw fail(answer.error)
    }
  }

  function take(issued: IssuedToken, generation: number, reason: RefreshReason): HeldToken {
    const held = session.held()
    // A server that does not rotate its refresh token need not repeat it (RFC 6749 §6).
    const refreshToken = issued.refreshToken ?? held?.refreshToken
    const received = receiveToken({ ...issued, refreshToken }, readMoment(platform))
    // A cache or a service worker may repeat an old answer.
    if (held !== undefined && session.wasHeld(received.accessToken)) throw fail(noProgress())
    if (tabs.isOtherUser(received)) {
      session.end('user-changed', 'refresh')
      throw sessionChanged()
    }
    recover()
    // A token that was adopted during the request stays if the server signed it after this one.
    const keepsHeld =
      held !== undefined &&
      session.generation() !== generation &&
      compareAge(received, held) === 'older'
    const token = keepsHeld ? held : received
    const refreshAt = planRefreshAt(token, held === undefined, policy, platform.random)
    if (keepsHeld) return session.replan(refreshAt) ?? held
    return session.hold(received, refreshAt, { by: 'refresh', reason })
  }

  function endSession(status: number | undefined, oauthError: string | undefined): AuthError {
    retries.forget()
    if (session.held() !== undefined) session.end('session-expired', 'refresh')
    else if (session.getState().status === 'initializing') session.end('no-session', 'refresh')
    return rejected(status, oauthError)
  }

  function fail(error: AuthError): AuthError {
    const held = session.held()
    retries.note(error, held === undefined ? 0 : lifeLeftMs(held, readMoment(platform)))
    session.note({ type: 'failed', code: error.code, atMs: platform.now() })
    return error
  }

  function recover(): void {
    retries.forget()
    session.note({ type: 'recovered' })
  }

  function dropStale(): void {
    retries.forget()
    drop(sessionChanged())
  }

  /** The answer of the refresh in flight no longer counts. */
  function drop(error: AuthError): void {
    flight = undefined
    callers.release(error)
    if (isRefreshedByApp) request.abortAll()
  }

  session.onSignal('token', ({ isNewEpoch, origin }) => {
    if (isNewEpoch) dropStale()
    else if (origin.by === 'other-tab') recover()
  })
  session.onSignal('ended', ({ origin }) => {
    if (origin !== 'refresh') dropStale()
  })
  session.onSignal('unknown-sign-in', () => void refresh('other-tab').catch(() => {}))

  return {
    refresh,
    isInFlight: () => flight !== undefined,
    status: () => ({ isRefreshing: flight !== undefined, lastOutcome }),
    retryInMs: retries.remainingMs,
    networkIsBack: retries.networkIsBack,
    dispose(error) {
      disposal = error
      drop(error)
    }
  }
}
