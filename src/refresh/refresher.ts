// Refresher: refreshes the session once for any number of callers, and applies the answer if the
// session is still the same.

import type { SessionCredential } from '../auth-api/answers/token-answer.ts'
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import type { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { createWaiting, readMoment, remainingMs } from '../lib/time.ts'
import type { Emitter, RefreshOutcome, RefreshReason, RefreshStatus } from '../session/events.ts'
import type { HeldToken, ReceiveToken } from '../session/held-token.ts'
import { type Session, sessionChanged } from '../session/session.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { createApplyAnswer } from './apply-answer.ts'
import { createHeldBack } from './held-back.ts'
import { describeFailure, lostRace, timedOut, unreachable } from './outcome.ts'
import type { RefreshRequest } from './refresh-request.ts'
import type { RefreshPolicy } from './refresh-time.ts'
import { createRestoreDeadline } from './restore-deadline.ts'
import { createRetryState } from './retry-state.ts'

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
   * Joins the refresh in flight or starts one. While a failed refresh holds the next one back, waits
   * for it, or rejects with the remembered failure if it would take longer than the caller waits.
   */
  refresh(reason: RefreshReason): Promise<HeldToken>
  isInFlight(): boolean
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
  const retries = createRetryState({ session, holds: tabs.record, platform })
  const restore = createRestoreDeadline(session, platform, refreshTimeoutMs)
  const { apply, fail, endWithToken } = createApplyAnswer({ ...options, retries })
  const callers = createWaiting(platform)
  const held = createHeldBack(platform)
  let flight: Promise<HeldToken> | undefined
  let flights = 0
  let lastSettled = 0
  let lastOutcome: RefreshOutcome | undefined
  let disposal: AuthError | undefined

  //  caller A ─ refresh() ──┬─────────────────── answered ─ resolves
  //  caller B ──── refresh() ┘  (joins)
  //  caller C ─────── refresh() ─ …no answer… ─ own deadline: rejects with a timeout
  //                                             the request continues; its success still counts
  function refresh(reason: RefreshReason): Promise<HeldToken> {
    if (disposal !== undefined) return Promise.reject(disposal)
    // A request without a token does not wait longer than `initializing` lasts.
    const afterMs = (reason === 'manual' ? undefined : restore.remainingMs()) ?? refreshTimeoutMs
    const epoch = session.epoch()
    const deadline = { afterMs, error: () => timeOut(reason, epoch) }
    return callers.wait(join(reason, afterMs), deadline)
  }

  function join(reason: RefreshReason, afterMs: number): Promise<HeldToken> {
    if (flight !== undefined) return flight
    // A page load asks the other tabs first: one may hold a token.
    const heldBackBy = reason === 'restore' ? undefined : heldBack(reason)
    if (heldBackBy === undefined) return start(reason)
    const isDueWork = reason === 'timer' || reason === 'wake'
    if (isDueWork || retries.heldBackMs() > afterMs) return Promise.reject(heldBackBy)
    return held.wait(retries.heldBackMs, () => start(reason))
  }

  function heldBack(reason: RefreshReason): AuthError | undefined {
    const error = retries.heldBackBy(reason === 'manual')
    if (error === undefined) return undefined
    session.note({ type: 'failed', code: error.code, atMs: platform.now() })
    endIfTooLong()
    return error
  }

  function endIfTooLong(): void {
    const leftMs = restore.remainingMs()
    if (leftMs !== undefined && (retries.retryInMs() ?? 0) > leftMs) restore.end()
  }

  function timeOut(reason: RefreshReason, epoch: number): AuthError {
    if (reason !== 'manual') restore.end()
    const heldBackBy = flight === undefined ? retries.last() : undefined
    const error = heldBackBy ?? timedOut(refreshTimeoutMs)
    const isOurs = session.epoch() === epoch
    if (isOurs) session.note({ type: 'failed', code: error.code, atMs: platform.now() })
    return error
  }

  function start(reason: RefreshReason): Promise<HeldToken> {
    const epoch = session.epoch()
    let outcome: RefreshOutcome | undefined
    flights += 1
    const number = flights

    async function run(): Promise<HeldToken> {
      // Another tab may have failed during the wait for the lock.
      const heldBackBy = heldBack(reason)
      if (heldBackBy !== undefined) throw heldBackBy
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
        const retryInMs = retries.retryInMs() ?? 0
        outcome = describeFailure(error, { reason, atMs, isOnline, retryInMs })
        throw error
      }
    }

    const work = tabs.refreshExclusively(run)
    flight = work
    held.end(work)

    function land(): void {
      // After a sign-in or sign-out, another flight may be open by now.
      if (flight === work) flight = undefined
      // Only now, so that a listener that calls refresh() starts a new one.
      if (outcome !== undefined) settle(outcome, number)
      endIfTooLong()
      session.signal('settled')
    }
    work.then(land, land)
    return work
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

  function dueInMs(): number | undefined {
    const refreshAt = session.held()?.refreshAt
    const plannedMs = refreshAt && remainingMs(refreshAt, readMoment(platform))
    const openMs = plannedMs === undefined ? undefined : Math.max(plannedMs, retries.heldBackMs())
    return retries.retryInMs() ?? openMs
  }

  /** The answer of the refresh in flight no longer counts. */
  function drop(error: AuthError): void {
    flight = undefined
    held.end()
    callers.release(error)
    // A request to the server is not aborted: its answer could set a cookie all the same.
    if (typeof options.refresh === 'function') request.abortAll()
  }

  session.onSignal('token', ({ isNewEpoch, origin }) => {
    if (isNewEpoch) dropStale()
    if (origin.by === 'login' || origin.by === 'restore') retries.clear()
    if (origin.by === 'other-tab') {
      retries.forget()
      session.note({ type: 'recovered' })
    }
    const token = session.held()
    if (token !== undefined) held.end(Promise.resolve(token))
  })
  session.onSignal('ended', ({ origin }) => {
    if (origin !== 'refresh') dropStale()
  })
  session.onSignal('unknown-sign-in', () => void refresh('other-tab').catch(() => {}))

  return {
    refresh,
    isInFlight: () => flight !== undefined,
    status: () => ({ isRefreshing: flight !== undefined, lastOutcome }),
    dueInMs,
    restoreFailure: () => retries.last() ?? unreachable(),
    networkIsBack() {
      retries.networkIsBack()
      held.check()
    },
    dispose(error) {
      disposal = error
      drop(error)
    }
  }
}
