// Which token a request goes out with, and which one it is replayed with when the server refuses it.

import { AuthError, isAuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { keepRefreshAt, type RefreshPolicy } from '../refresh/refresh-time.ts'
import type { Refresher } from '../refresh/refresher.ts'
import type { Emitter, ReissueRefusal } from '../session/events.ts'
import { type HeldToken, receiveToken, refuseReissue } from '../session/held-token.ts'
import { type Session, sessionChanged } from '../session/session.ts'
import {
  elapsedMs,
  later,
  type Moment,
  marginSeconds,
  readMoment,
  remainingMs
} from '../token/lifetime.ts'

export interface TokenSource {
  /** The epoch of the session that a request begins in; `undefined` while nobody is known to be signed in. */
  currentEpoch(): number | undefined
  /** The token to send now, where that needs no waiting. */
  sendable(): HeldToken | undefined
  /**
   * The token to send; waits for the restore or the refresh that is due. `undefined` where nobody is signed in.
   * Rejects where the session of `epoch` is gone.
   */
  forRequest(epoch: number | undefined): Promise<HeldToken | undefined>
  /** The server refused `carried`: the token to replay with, or `undefined` where its answer stands. */
  afterRefusal(carried: HeldToken): Promise<HeldToken | undefined>
  /** The server re-issued a token in answer to a request that carried `carried`. */
  adopt(accessToken: string, carried: HeldToken): void
  refuse(refusal: ReissueRefusal): void
}

export interface TokenSourceDeps {
  readonly session: Session
  readonly refresher: Refresher
  readonly emitter: Emitter
  readonly platform: Platform
  readonly policy: RefreshPolicy
  /** While the app signs somebody in, no refresh begins that nobody needs: its cookie could overwrite the new one. */
  readonly isAppSigningIn: () => boolean
}

/** A token that is refused again so soon after a refresh is refused for another reason than its age. */
const longestRestSeconds = 5

// Servers cut `exp` to whole seconds, so a token may be a second older than it seems.
function restSeconds({ lifetimeSeconds = Infinity }: HeldToken): number {
  return Math.max(0, Math.min(longestRestSeconds, lifetimeSeconds - 1))
}

export function createTokenSource(options: TokenSourceDeps): TokenSource {
  const { session, refresher, emitter, platform, policy } = options
  let rest: { readonly until: Moment; readonly epoch: number } | undefined

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
    const reserve = token.lifetimeSeconds === undefined ? 0 : marginSeconds(token.lifetimeSeconds)
    if (!hasLifeLeft(token, reserve)) return undefined
    // It still serves, so the request does not wait for the refresh that is due: a failing one disturbs nobody.
    const isDue =
      token.refreshAt !== undefined && remainingMs(token.refreshAt, readMoment(platform)) === 0
    if (isDue && !options.isAppSigningIn()) {
      refresher.refresh('request').catch(() => {})
    }
    return token
  }

  async function forRequest(epoch: number | undefined): Promise<HeldToken | undefined> {
    for (;;) {
      checkEpoch(epoch)
      const token = sendable()
      if (token !== undefined) return token
      if (session.getState().status === 'unauthenticated') return undefined
      try {
        return await renew('request')
      } catch (error) {
        if (!mayGoOn(error, epoch)) throw error
        // About to expire, and no better one to be had: it is sent as long as it lives.
        const held = session.held()
        if (held !== undefined && hasLifeLeft(held, 0)) return held
        if (held !== undefined) throw error
      }
    }
  }

  // A refresh may find that a re-issued token is the newer one, and that one may have expired on the way: then once more.
  async function renew(reason: 'request' | 'refusal'): Promise<HeldToken> {
    const token = await refresher.refresh(reason)
    return hasLifeLeft(token, 0) ? token : refresher.refresh(reason)
  }

  // A request that began before anybody was known to be signed in goes with whoever the restore, or a sign-in, brings; or
  // without a token, if nobody. One that began in a session belongs to it.
  function mayGoOn(error: unknown, epoch: number | undefined): boolean {
    if (isAuthError(error, 'ERR_AUTH_DISPOSED')) return false
    const { status } = session.getState()
    return epoch === undefined ? status !== 'initializing' : session.held()?.epoch === epoch
  }

  function checkEpoch(epoch: number | undefined): void {
    if (epoch !== undefined && session.epoch() !== epoch) throw sessionChanged()
  }

  async function afterRefusal(carried: HeldToken): Promise<HeldToken | undefined> {
    const held = session.held()
    if (held === undefined) return undefined
    // The refusal is of an earlier sign-in: it says nothing about this one, and must not be replayed as somebody else.
    if (held.epoch !== carried.epoch) throw sessionChanged()
    //  request ──(token 1)──────────────── 401 ── replay with token 2, no refresh
    //  another ──(token 1)── 401 ─ refresh ─ token 2
    if (held.generation !== carried.generation) return forRequest(carried.epoch)
    const rests = rest?.epoch === held.epoch && remainingMs(rest.until, readMoment(platform)) > 0
    if (rests && !refresher.isInFlight()) return undefined
    try {
      const refreshed = await renew('refusal')
      const until = later(readMoment(platform), restSeconds(refreshed) * 1000)
      rest = { until, epoch: refreshed.epoch }
      return refreshed
    } catch (error) {
      if (isAuthError(error, 'ERR_AUTH_SESSION_EXPIRED')) return undefined
      throw error
    }
  }

  function refuse(refusal: ReissueRefusal): void {
    emitter.emit('reissue-refused', { refusal })
  }

  return {
    currentEpoch: () => session.held()?.epoch,
    sendable,
    forRequest,
    afterRefusal,
    refuse,
    adopt(accessToken, carried) {
      const previous = session.held()
      const reissued = {
        accessToken,
        refreshToken: previous?.refreshToken,
        expiresInSeconds: undefined
      }
      const candidate = receiveToken(reissued, readMoment(platform))
      const refusal = refuseReissue(candidate, carried, session)
      if (refusal !== undefined || previous === undefined) {
        // An HTTP cache repeats the token that we already hold: nothing happened.
        if (previous?.accessToken !== accessToken) refuse(refusal ?? 'other-session')
        return
      }
      const refreshAt = keepRefreshAt(previous.refreshAt, candidate, policy)
      session.hold(candidate, refreshAt, { by: 'reissue' })
    }
  }
}

/** @throws AuthError `ERR_AUTH_NOT_AUTHENTICATED` */
export function requireToken(token: HeldToken | undefined): HeldToken {
  if (token !== undefined) return token
  throw new AuthError('ERR_AUTH_NOT_AUTHENTICATED', 'Nobody is signed in: call login() first.')
}
