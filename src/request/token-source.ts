// Token source: the token to send with a request, and the one to replay it with after a refusal.

import type { ResolvedContract } from '../contract/resolved-contract.ts'
import { AuthError, isAuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { elapsedMs, later, type Moment, readMoment, remainingMs } from '../lib/time.ts'
import { keepRefreshAt, type RefreshPolicy } from '../refresh/refresh-time.ts'
import type { Refresher } from '../refresh/refresher.ts'
import { refuseReissue } from '../session/adoption.ts'
import type { Emitter, ReissueRefusal } from '../session/events.ts'
import type { HeldToken, ReceiveToken } from '../session/held-token.ts'
import { type Session, sessionChanged } from '../session/session.ts'

export interface TokenSource {
  /** The epoch of the current session. `undefined` while no user is known to be signed in. */
  currentEpoch(): number | undefined
  /** The token to send now. `undefined` if the request has to wait for one. */
  sendable(): HeldToken | undefined
  /**
   * Resolves with the token to send, after the restore or the refresh that is due. Resolves with
   * `undefined` if the user is not signed in. Rejects if the session of `epoch` has ended.
   */
  forRequest(epoch: number | undefined): Promise<HeldToken | undefined>
  /**
   * Resolves with the token to replay with after the server refused `carried`. Resolves with
   * `undefined` if the caller gets the refusal.
   */
  afterRefusal(carried: HeldToken): Promise<HeldToken | undefined>
  /** Adopts a token that was re-issued to a request with the token `carried`, if it is newer. */
  adopt(accessToken: string, carried: HeldToken): void
  /**
   * The token of a request that needs one.
   *
   * @throws AuthError `ERR_AUTH_NOT_AUTHENTICATED`, or the reason why no session is known yet
   */
  require(token: HeldToken | undefined): HeldToken
  /** Reports a re-issued token that is not adopted. */
  refuse(refusal: ReissueRefusal): void
}

export interface TokenSourceDeps {
  readonly session: Session
  readonly refresher: Refresher
  readonly receive: ReceiveToken
  readonly refresh: ResolvedContract['refresh']
  readonly emitter: Emitter
  readonly platform: Platform
  readonly policy: RefreshPolicy
  /** During a sign-in no optional refresh begins: its cookie could overwrite the new one. */
  readonly isAppSigningIn: () => boolean
}

/**
 * In these last seconds of its lifetime a token is no longer sent. One second, because servers cut
 * `exp` to whole seconds: a token issued at 10.9 s with a lifetime of 4 s is refused from 14.0 s.
 * Another second for the way to the server.
 */
const unsendableSeconds = 2

/** The unsendable seconds of a short-lived token are at most this share of its lifetime. */
const greatestUnsendableShare = 0.25

/** A refusal so soon after a refresh has another cause than the age of the token. */
const longestCooldownSeconds = 5

// Servers truncate `exp` to whole seconds, so a token may expire a second earlier than expected.
function cooldownSeconds({ lifetimeSeconds = Infinity }: HeldToken): number {
  return Math.max(0, Math.min(longestCooldownSeconds, lifetimeSeconds - 1))
}

export function createTokenSource(deps: TokenSourceDeps): TokenSource {
  const { session, refresher, receive, emitter, platform, policy, isAppSigningIn } = deps
  const invalidatesPrevious = typeof deps.refresh === 'object' && deps.refresh.invalidatesPrevious
  /** While it lasts, a refusal in this epoch does not cause another refresh. */
  let cooldown: { readonly until: Moment; readonly epoch: number } | undefined

  function hasLifeLeft(token: HeldToken, reserveSeconds: number): boolean {
    if (token.lifetimeSeconds === undefined) return true
    return (
      elapsedMs(token.receivedAt, readMoment(platform)) <
      (token.lifetimeSeconds - reserveSeconds) * 1000
    )
  }

  function sendable(): HeldToken | undefined {
    const token = session.held()
    if (token === undefined) return undefined
    const { lifetimeSeconds = 0 } = token
    const reserve = Math.min(unsendableSeconds, lifetimeSeconds * greatestUnsendableShare)
    if (!hasLifeLeft(token, reserve)) return undefined
    // The token is still valid, so the request does not wait for the refresh that is due. If that
    // refresh fails, the request is not affected.
    if (refresher.dueInMs() === 0 && !isAppSigningIn()) {
      refresher.refresh('request').catch(() => {})
    }
    return invalidatesPrevious && refresher.isInFlight() ? undefined : token
  }

  async function forRequest(epoch: number | undefined): Promise<HeldToken | undefined> {
    for (;;) {
      checkEpoch(epoch)
      const token = sendable()
      if (token !== undefined) return token
      if (session.getState().status === 'unauthenticated') return undefined
      const expiring = session.held()
      const isValid = expiring !== undefined && hasLifeLeft(expiring, 0)
      if (isValid && !refresher.isInFlight() && refresher.isHeldBack()) return expiring
      try {
        return await refresh('request')
      } catch (error) {
        if (!canContinue(error, epoch)) throw error
        // The refresh failed. Send the token that is about to expire as long as it is valid.
        const held = session.held()
        if (held !== undefined && hasLifeLeft(held, 0)) return held
        if (held !== undefined) throw error
      }
    }
  }

  // A refresh may return a re-issued token that is newer than its own. If that token has expired by
  // now, refresh once more.
  async function refresh(reason: 'request' | 'refusal'): Promise<HeldToken> {
    const token = await refresher.refresh(reason)
    return hasLifeLeft(token, 0) ? token : refresher.refresh(reason)
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

  function checkEpoch(epoch: number | undefined): void {
    if (epoch !== undefined && session.epoch() !== epoch) throw sessionChanged()
  }

  async function afterRefusal(carried: HeldToken): Promise<HeldToken | undefined> {
    const held = session.held()
    if (held === undefined) return undefined
    // The refused token belongs to an earlier sign-in. Do not replay the request as another user.
    if (held.epoch !== carried.epoch) throw sessionChanged()
    //  request ──(token 1)──────────────── 401 ── replay with token 2, no refresh
    //  another ──(token 1)── 401 ─ refresh ─ token 2
    if (held.generation !== carried.generation) return forRequest(carried.epoch)
    const isCoolingDown =
      cooldown?.epoch === held.epoch && remainingMs(cooldown.until, readMoment(platform)) > 0
    if (isCoolingDown && !refresher.isInFlight()) return undefined
    try {
      const refreshed = await refresh('refusal')
      const until = later(readMoment(platform), cooldownSeconds(refreshed) * 1000)
      cooldown = { until, epoch: refreshed.epoch }
      // The server may return a valid token again, but it has just refused this one.
      return refreshed.accessToken === carried.accessToken ? undefined : refreshed
    } catch (error) {
      if (isAuthError(error, 'ERR_AUTH_SESSION_EXPIRED')) return undefined
      throw error
    }
  }

  function refuse(refusal: ReissueRefusal): void {
    emitter.emit('reissue-refused', { refusal })
  }

  function adopt(accessToken: string, carried: HeldToken): void {
    const previous = session.held()
    const reissued = {
      accessToken,
      refreshToken: previous?.refreshToken,
      expiresInSeconds: undefined,
      serverNowMs: undefined,
      answer: undefined
    }
    const candidate = receive(reissued, { isSignIn: false, previous })
    const refusal = refuseReissue(candidate, carried, session)
    if (refusal !== undefined || previous === undefined) {
      // An HTTP cache may repeat the token that is held already. Do not report that.
      if (previous?.accessToken !== accessToken) refuse(refusal ?? 'other-session')
      return
    }
    const refreshAt = keepRefreshAt(previous.refreshAt, candidate, policy)
    session.hold(candidate, refreshAt, { by: 'reissue' })
  }

  function require(token: HeldToken | undefined): HeldToken {
    if (token !== undefined) return token
    throw session.isRestoring() ? refresher.restoreFailure() : notAuthenticated()
  }

  return {
    currentEpoch: () => session.held()?.epoch,
    sendable,
    forRequest,
    afterRefusal,
    adopt,
    require,
    refuse
  }
}

function notAuthenticated(): AuthError {
  return new AuthError(
    'ERR_AUTH_NOT_AUTHENTICATED',
    'The user is not signed in. Call login() first.'
  )
}
