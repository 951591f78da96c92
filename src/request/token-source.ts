// Token source: the token to send with a request, and the one to replay it with after a refusal.
import { AuthError, isAuthError } from '../lib/errors.ts'
import { isUnanswered } from '../refresh/outcome.ts'
import type { HeldToken } from '../session/held-token.ts'
import { sessionChanged } from '../session/session.ts'
import type { Endpoint } from './refusal-guard.ts'
import { createSendableToken, type SendableTokenDeps, unsendableSeconds } from './sendable-token.ts'

export interface TokenSource {
  /** The token to send now. `undefined` if the request has to wait for one. */
  sendable(endpoint?: Endpoint): HeldToken | undefined
  /**
   * Resolves with the token to send, after the restore or the refresh that is due. Resolves with
   * `undefined` if the user is not signed in. Rejects if the session of `epoch` has ended.
   *
   * `mayBeCached`: a service worker may answer the request while the device is offline. It then
   * resolves with `undefined` instead of rejecting.
   */
  forRequest(
    epoch: number | undefined,
    endpoint?: Endpoint,
    mayBeCached?: boolean,
    patience?: Patience
  ): Promise<HeldToken | undefined>
  /**
   * Resolves with the token to replay with after the endpoint refused `carried`. Resolves with
   * `undefined` if the caller gets the refusal.
   */
  afterRefusal(
    carried: HeldToken,
    endpoint: Endpoint,
    isExplicit: boolean,
    patience: Patience
  ): Promise<HeldToken | undefined>
  /** How many refusals have been noted; see `afterAnswer`. */
  refusals(): number
  /**
   * Notes that the endpoint did not refuse `carried`. `refusalsBefore`: how many refusals had been
   * noted when the request was sent.
   */
  afterAnswer(carried: HeldToken, endpoint: Endpoint, refusalsBefore: number): void
  /**
   * The token of a request that needs one.
   *
   * @throws AuthError `ERR_AUTH_NOT_AUTHENTICATED`, or the reason why no session is known yet
   */
  require(token: HeldToken | undefined): HeldToken
}

/** How long a request has waited for tokens, in milliseconds. Its waits share one deadline. */
export interface Patience {
  spentMs: number
}

export interface TokenSourceDeps extends SendableTokenDeps {
  /** How long a request waits for tokens at most, in milliseconds. */
  readonly refreshTimeoutMs: number
}

/** How often a request is sent again at most, each time with a newer token. */
export const greatestReplays = 8

export function createTokenSource(deps: TokenSourceDeps): TokenSource {
  const { session, tabs, refresher, guard, platform, refreshTimeoutMs } = deps
  const sendable = createSendableToken(deps)
  const { hasLifeLeft, isRefused } = sendable

  async function forRequest(
    epoch: number | undefined,
    endpoint?: Endpoint,
    mayBeCached = false,
    patience: Patience = { spentMs: 0 }
  ): Promise<HeldToken | undefined> {
    for (;;) {
      if (!tabs.isCurrent()) await spend(patience, catchUp(patience))
      if (epoch !== undefined && session.epoch() !== epoch) throw sessionChanged()
      const token = sendable.now(endpoint)
      if (token !== undefined) return token
      if (session.getState().status === 'unauthenticated') return undefined
      if (!refresher.isInFlight() && refresher.isHeldBack()) {
        const expiring = sendable.atLast(endpoint)
        if (expiring !== undefined) return expiring
        if (mayBeCached && !platform.isOnline()) return undefined
      }
      try {
        const refreshed = await refreshFor(endpoint, patience)
        // A listener may have signed out since.
        if (refreshed?.epoch === session.epoch()) return refreshed
      } catch (error) {
        if (canContinue(error, epoch)) {
          if (session.held() === undefined) continue
          const expiring = sendable.atLast(endpoint)
          if (expiring !== undefined) return expiring
        }
        const isOffline = isAuthError(error) && isUnanswered(error) && !platform.isOnline()
        if (!isOffline || !mayBeCached) throw error
        return undefined
      }
    }
  }

  async function catchUp({ spentMs }: Patience): Promise<void> {
    const waiting = tabs.catchUp()
    const deadlineMs = Math.max(0, refreshTimeoutMs - spentMs)
    if (waiting) await platform.wait(waiting, { deadlineMs, onTimeout: () => undefined })
  }

  /** Resolves with `undefined` if the held token is still the refused one. */
  async function refreshFor(
    endpoint: Endpoint | undefined,
    patience: Patience
  ): Promise<HeldToken | undefined> {
    const held = session.held()
    if (held === undefined || !isRefused(held, endpoint)) return refresh('request', patience)
    sendable.noteRefused(held)
    // The token may have expired before it arrived: servers cut `exp` to whole seconds.
    const isExpiring = !hasLifeLeft(held, unsendableSeconds)
    const refreshed = isExpiring
      ? await refresh('request', patience)
      : await refresh('refusal', patience, guard.delayMs())
    if (refreshed.accessToken !== held.accessToken) return refreshed
    //  refresh ── signed ──────────────────────── answered: older than the held token, which stays
    //  request ──────────── re-issued token ─ 401 ──────── refreshes again
    const isKept = refreshed.receivedAt === held.receivedAt
    if (endpoint !== undefined && !isKept) guard.noteRepeated(endpoint, held)
    return undefined
  }

  // A refresh may return a re-issued token that is newer than its own. If that token has expired by
  // now, refresh once more.
  async function refresh(
    reason: 'request' | 'refusal',
    patience: Patience,
    delayMs = 0
  ): Promise<HeldToken> {
    const { spentMs } = patience
    const token = await spend(patience, refresher.refresh(reason, { delayMs, spentMs }))
    return hasLifeLeft(token, 0) ? token : spend(patience, refresher.refresh(reason, patience))
  }

  async function spend<T>(patience: Patience, waiting: Promise<T>): Promise<T> {
    // Timers do not run while the device sleeps, and neither does this clock.
    const sinceMs = platform.monotonicNow()
    try {
      return await waiting
    } finally {
      patience.spentMs += platform.monotonicNow() - sinceMs
    }
  }

  // A request that began in a session belongs to that session. A request that began before the
  // session was known continues with the user of the restore or of a sign-in, or without a token.
  function canContinue(error: unknown, epoch: number | undefined): boolean {
    if (isAuthError(error, 'ERR_AUTH_DISPOSED')) return false
    const { status } = session.getState()
    if (epoch !== undefined) return session.held()?.epoch === epoch
    // After a failed restore there is another one, until `initializing` ends.
    return status !== 'initializing' || refresher.dueInMs() !== undefined
  }

  async function afterRefusal(
    carried: HeldToken,
    endpoint: Endpoint,
    isExplicit: boolean,
    patience: Patience
  ): Promise<HeldToken | undefined> {
    const held = session.held()
    if (held === undefined) return undefined
    // The refused token belongs to an earlier sign-in. Do not replay the request as another user.
    if (held.epoch !== carried.epoch) throw sessionChanged()
    //  request ──(token 1)──────────────── 401 ── replay with token 2, no refresh
    //  another ──(token 1)── 401 ─ refresh ─ token 2
    try {
      if (held.generation !== carried.generation) {
        return await forRequest(carried.epoch, endpoint, false, patience)
      }
      guard.noteRefused(endpoint, held, isExplicit)
      const token = await forRequest(carried.epoch, endpoint, false, patience)
      // The token is the same if the guard does not allow a refresh.
      return token?.generation === carried.generation ? undefined : token
    } catch (error) {
      const isOver = isAuthError(error, 'ERR_AUTH_SESSION_EXPIRED')
      if (isOver || isAuthError(error, 'ERR_AUTH_TOKEN_REFUSED')) return undefined
      throw error
    }
  }

  function require(token: HeldToken | undefined): HeldToken {
    if (token !== undefined) return token
    throw session.isRestoring() ? refresher.restoreFailure() : notAuthenticated()
  }

  return {
    sendable: sendable.now,
    forRequest,
    afterRefusal,
    refusals: guard.refusals,
    afterAnswer: (carried, endpoint, refusalsBefore) =>
      guard.noteAccepted(endpoint, carried, refusalsBefore),
    require
  }
}

function notAuthenticated(): AuthError {
  return new AuthError(
    'ERR_AUTH_NOT_AUTHENTICATED',
    'The user is not signed in. Call login() first.'
  )
}
