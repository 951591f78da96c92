// Refresher: refreshes the session once for any number of callers, and applies the answer if the
// session is still the same.

import type { SessionCredential } from '../auth-api/answers/token-answer.ts'
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import type { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { createWaiting } from '../lib/time.ts'
import type { Emitter, RefreshOutcome, RefreshReason, RefreshStatus } from '../session/events.ts'
import type { HeldToken, ReceiveToken } from '../session/held-token.ts'
import { type Session, sessionChanged } from '../session/session.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { createApplyAnswer } from './apply-answer.ts'
import { describeFailure, lostRace, timedOut } from './outcome.ts'
import type { RefreshRequest } from './refresh-request.ts'
import { createRetryState, type RefreshPolicy } from './refresh-time.ts'

export interface RefresherDeps {
  readonly session: Session
  readonly tabs: Tabs
  readonly request: RefreshRequest
  readonly receive: ReceiveToken
  /** Whether storage has a hint that a user was signed in here before this page load. */
  readonly isSessionKnown: () => boolean
  readonly platform: Platform
  readonly emitter: Emitter
  readonly policy: RefreshPolicy
  readonly refreshTimeoutMs: number
  readonly refresh: ResolvedContract['refresh']
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
  const { session, tabs, request, platform, emitter } = options
  const { refreshTimeoutMs } = options
  const retries = createRetryState(platform)
  const { apply, fail, recover, endWithToken } = createApplyAnswer({ ...options, retries })
  const callers = createWaiting(platform)
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
      const credential = await readTokens(epoch)
      if (credential === undefined) throw endWithToken(reason)
      emitter.emit('refresh-started', { reason })
      try {
        const token = await askAndApply(credential, reason, epoch)
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

  async function readTokens(epoch: number): Promise<SessionCredential | undefined> {
    const reading = request.readTokens()
    const credential = await reading.catch((error) => {
      throw session.epoch() === epoch ? fail(error) : error
    })
    if (session.epoch() !== epoch) throw sessionChanged()
    return credential
  }

  async function askAndApply(
    credential: SessionCredential,
    reason: RefreshReason,
    epoch: number
  ): Promise<HeldToken> {
    const isOurs = () => session.epoch() === epoch
    let sent = await request.send(credential)
    // If another tab won a race against this refresh, its message may arrive now.
    if (sent.answer.kind === 'rejected') await tabs.catchUp()
    // If a newer token arrived during the request, the rejection may come from a lost race. Ask a
    // second time.
    const mayBeLostRace = () =>
      isOurs() && sent.answer.kind === 'rejected' && session.generation() !== sent.generation
    if (mayBeLostRace()) sent = await request.send((await readTokens(epoch)) ?? credential)
    if (!isOurs()) throw sessionChanged()
    if (mayBeLostRace()) throw fail(lostRace(sent.answer))
    return apply(sent, reason)
  }

  function dropStale(): void {
    retries.forget()
    drop(sessionChanged())
  }

  /** The answer of the refresh in flight no longer counts. */
  function drop(error: AuthError): void {
    flight = undefined
    callers.release(error)
    // A request to the server is not aborted: its answer could set a cookie all the same.
    if (typeof options.refresh === 'function') request.abortAll(error)
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
