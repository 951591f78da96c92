// How the session is renewed: one attempt at a time, which counts only if the session it was for is still there.

import type { TokenAnswer, TokenRequest } from '../auth-api/token-request.ts'
import { createWaiting } from '../lib/deadline.ts'
import { AuthError } from '../lib/errors.ts'
import type { RefreshOutcome, RefreshReason, RefreshStatus } from '../session/events.ts'
import type { HeldToken } from '../session/held-token.ts'
import type { RefreshAttempts } from '../tabs/refresh-attempt.ts'
import { type ApplyResultDeps, createApplyResult } from './apply-result.ts'
import type { RunExclusively } from './exclusive.ts'
import { describeFailure, isUnanswered } from './outcome.ts'
import { lostRace, sessionChanged, unexpected } from './refresh-errors.ts'
import { createRetryState } from './retry-state.ts'
import { createSingleFlight, type Flight } from './single-flight.ts'

export interface RefresherDeps extends Omit<ApplyResultDeps, 'failure'> {
  readonly tokenRequest: TokenRequest
  readonly attempts: RefreshAttempts
  readonly refreshTimeoutMs: number
  readonly refreshAbandonMs: number
  /** A function of the app's is told when it is no longer wanted; a request of ours is left to land. */
  readonly isRefreshedByApp: boolean
  readonly runExclusively: RunExclusively
  /** Called whenever the time of the next check may have changed. */
  readonly onSettled: () => void
}

export interface Refresher {
  /** Joins the refresh that is under way, or begins one; rejects with the remembered failure while it is held back. */
  refresh(reason: RefreshReason): Promise<HeldToken>
  isInFlight(): boolean
  status(): RefreshStatus
  /** Time until a refresh may follow the last failed one; `undefined` where the last one did not fail. */
  heldBackMs(): number | undefined
  /** The network is back: what failed for want of it may be tried at once. */
  networkIsBack(): void
  /** Another tab renewed the session: what failed here is over. */
  refreshedElsewhere(): void
  /** The session has changed hands: whoever waits is told, and nothing of the attempt under way counts any more. */
  abandon(error: AuthError): void
  /** No refresh begins any more. */
  dispose(error: AuthError): void
}

export function createRefresher(options: RefresherDeps): Refresher {
  const { session, tokenRequest, attempts, tabSync, platform, emitter } = options
  let lastOutcome: RefreshOutcome | undefined
  let disposal: AuthError | undefined
  const failure = createRetryState(platform)
  const settlement = createApplyResult({ ...options, failure })
  const callers = createWaiting(platform)

  // Told when the flight is no longer open, so that a listener who asks, or refreshes, finds it over.
  const settled: { readonly flight: number; readonly outcome: RefreshOutcome }[] = []
  let flights = 0
  let newestSettled = 0
  const refreshes = new Set<AbortController>()
  const flight = createSingleFlight(takeOff, () => {
    for (const { flight: number, outcome } of settled.splice(0)) {
      if (number > newestSettled) lastOutcome = outcome
      newestSettled = Math.max(newestSettled, number)
      emitter.emit('refresh-settled', outcome)
    }
    options.onSettled()
  })

  //  caller A ─ refresh() ──┬───────── answered ─ resolves
  //  caller B ──── refresh() ┘  (joins)
  //  caller C ─────── refresh() ─ …no answer… ─ deadline: released with a timeout
  //                                             the request runs on; its late success is still committed
  function takeOff(reason: RefreshReason): Flight<HeldToken> {
    const epoch = session.epoch()
    const landed = perform(reason, epoch)
    const error = () => {
      const message = `The session was not refreshed within ${options.refreshTimeoutMs} ms; the request is still under credential.`
      const isOurs = session.epoch() === epoch
      if (isOurs) session.note({ type: 'failed', code: 'ERR_AUTH_TIMEOUT', atMs: platform.now() })
      return new AuthError('ERR_AUTH_TIMEOUT', message)
    }
    const answer = callers.wait(landed, { afterMs: options.refreshTimeoutMs, error })
    return { answer, landed }
  }

  function perform(reason: RefreshReason, epoch: number): Promise<HeldToken> {
    return options.runExclusively(async () => {
      emitter.emit('refresh-started', { reason })
      flights += 1
      const number = flights
      const settle = (outcome: RefreshOutcome) => settled.push({ flight: number, outcome })
      try {
        const token = await renew(reason, epoch)
        settle({ kind: 'refreshed', reason, atMs: platform.now() })
        return token
      } catch (error) {
        const [atMs, isOnline] = [platform.now(), platform.isOnline()]
        const retryInMs = failure.remainingMs() ?? 0
        settle(describeFailure(error, { reason, atMs, isOnline, retryInMs }))
        throw error
      }
    })
  }

  async function renew(reason: RefreshReason, epoch: number): Promise<HeldToken> {
    const isOurs = () => session.epoch() === epoch
    let { generation, answer } = await ask()
    // The winner of a race between tabs may just be telling.
    if (answer.kind === 'rejected') await tabSync.catchUp(false)
    // A newer token arrived while we asked: the refusal may be of a lost race, so it takes a second one to believe.
    const mayBeLostRace = () =>
      isOurs() && answer.kind === 'rejected' && session.generation() !== generation
    if (mayBeLostRace()) ({ generation, answer } = await ask())
    if (!isOurs()) throw sessionChanged()
    if (mayBeLostRace()) throw settlement.fail(lostRace(answer))
    switch (answer.kind) {
      case 'issued':
        return settlement.commit(answer.token, generation, reason)
      case 'rejected':
        throw settlement.endSession(answer.status, answer.oauthError)
      case 'undecided':
        throw settlement.fail(answer.error)
    }
  }

  async function ask(): Promise<{ readonly answer: TokenAnswer; readonly generation: number }> {
    const generation = session.generation()
    // The same key until there is an answer: a server that renewed before the answer was lost can repeat it.
    const attempt = attempts.begin()
    const abandoned = new AbortController()
    refreshes.add(abandoned)
    const cancel = platform.setTimer(() => abandoned.abort(), options.refreshAbandonMs)
    try {
      const { signal } = abandoned
      const { accessToken, refreshToken } = session.held() ?? {}
      const answer = await tokenRequest.refresh({
        attempt,
        signal,
        accessToken,
        refreshToken
      })
      if (answer.kind !== 'undecided') attempts.close(attempt)
      else if (!isUnanswered(answer.error)) attempts.fail(attempt)
      return { answer, generation }
    } catch (error) {
      attempts.fail(attempt)
      const known = error instanceof AuthError ? error : unexpected()
      return { answer: { kind: 'undecided', error: known }, generation }
    } finally {
      cancel()
      refreshes.delete(abandoned)
    }
  }

  return {
    refresh(reason) {
      if (disposal !== undefined) return Promise.reject(disposal)
      const heldBackBy = flight.isOpen() ? undefined : failure.holdsBack(reason === 'manual')
      if (heldBackBy !== undefined) return Promise.reject(heldBackBy)
      return flight.join(reason)
    },
    isInFlight: flight.isOpen,
    status: () => ({ isRefreshing: flight.isOpen(), lastOutcome }),
    heldBackMs: failure.remainingMs,
    networkIsBack: failure.networkIsBack,
    refreshedElsewhere() {
      failure.forget()
      session.note({ type: 'recovered' })
    },
    abandon(error) {
      flight.forget()
      failure.forget()
      callers.release(error)
      if (options.isRefreshedByApp) for (const renewal of refreshes) renewal.abort()
    },
    dispose(error) {
      disposal = error
      flight.forget()
      callers.release(error)
      if (options.isRefreshedByApp) for (const renewal of refreshes) renewal.abort()
    }
  }
}
