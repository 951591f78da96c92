// Which token a request goes out with, and which one it is replayed with when the server refuses it.
import { AuthError, isAuthError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import { type ReissueRefusal, refuseReissue } from '../session/adoption.ts'
import type { Emitter } from '../session/events.ts'
import { type HeldToken, receiveToken, type Session, toTokenFacts } from '../session/session.ts'
import { elapsedMs, later, type Moment, marginSeconds, remainingMs } from '../token/lifetime.ts'
import { keepRefreshAt, type RefreshPolicy } from './refresh-plan.ts'
import { type Refresher, sessionChanged } from './refresher.ts'

export interface TokenSource {
  /** The token to send now, where that needs no waiting. */
  sendable(): HeldToken | undefined
  /** The token to send; waits for the restore or the refresh that is due. `undefined` where nobody is signed in. */
  forRequest(): Promise<HeldToken | undefined>
  /** The server refused `carried`: the token to replay with, or `undefined` where its answer stands. */
  afterRefusal(carried: HeldToken): Promise<HeldToken | undefined>
  /** The server re-issued a token in answer to a request that carried `carried`. */
  adopt(accessToken: string, carried: HeldToken): void
  refuse(refusal: ReissueRefusal): void
}

export interface TokenSourceOptions {
  readonly session: Session
  readonly refresher: Refresher
  readonly emitter: Emitter
  readonly platform: Platform
  readonly policy: RefreshPolicy
  readonly onAdopted: () => void
}

/** A token that is refused again so soon after a refresh is refused for another reason than its age. */
const refusalRestMs = 5_000

export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { session, refresher, emitter, platform, policy } = options
  let rest: { readonly until: Moment; readonly epoch: number } | undefined

  function now(): Moment {
    return { wallMs: platform.now(), monotonicMs: platform.monotonicNow() }
  }

  function hasLifeLeft(token: HeldToken, reserveSeconds: number): boolean {
    if (token.lifetimeSeconds === undefined) return true
    return elapsedMs(token.receivedAt, now()) < (token.lifetimeSeconds - reserveSeconds) * 1000
  }

  function sendable(): HeldToken | undefined {
    const token = session.held()
    if (token === undefined) return undefined
    const reserve = token.lifetimeSeconds === undefined ? 0 : marginSeconds(token.lifetimeSeconds)
    if (!hasLifeLeft(token, reserve)) return undefined
    // It still serves, so the request does not wait for the refresh that is due: a failing one disturbs nobody.
    if (token.refreshAt !== undefined && remainingMs(token.refreshAt, now()) === 0) {
      refresher.refresh('request').catch(() => {})
    }
    return token
  }

  async function forRequest(): Promise<HeldToken | undefined> {
    const wasInitializing = session.getState().status === 'initializing'
    for (;;) {
      const token = sendable()
      if (token !== undefined) return token
      if (session.getState().status === 'unauthenticated') return undefined
      try {
        return await refresher.refresh('request')
      } catch (error) {
        const held = session.held()
        const { status } = session.getState()
        // Not sent while it is about to expire, unless there is no better one to be had.
        if (
          held !== undefined &&
          !isAuthError(error, 'ERR_AUTH_SESSION_CHANGED') &&
          hasLifeLeft(held, 0)
        )
          return held
        // Whoever asked before anybody was known to be signed in goes with what the restore, or a sign-in, found.
        if (
          wasInitializing &&
          status === 'unauthenticated' &&
          !isAuthError(error, 'ERR_AUTH_DISPOSED')
        )
          return undefined
        if (
          wasInitializing &&
          status === 'authenticated' &&
          isAuthError(error, 'ERR_AUTH_SESSION_CHANGED')
        )
          continue
        throw error
      }
    }
  }

  async function afterRefusal(carried: HeldToken): Promise<HeldToken | undefined> {
    const held = session.held()
    if (held === undefined) return undefined
    // The refusal is of an earlier sign-in: it says nothing about this one, and must not be replayed as somebody else.
    if (held.epoch !== carried.epoch) throw sessionChanged()
    //  request ──(token 1)──────────────── 401 ── replay with token 2, no refresh
    //  another ──(token 1)── 401 ─ refresh ─ token 2
    if (held.generation !== carried.generation) return held
    const rests = rest?.epoch === held.epoch && remainingMs(rest.until, now()) > 0
    if (rests && !refresher.isUnderWay()) return undefined
    try {
      const renewed = await refresher.refresh('refusal')
      rest = { until: later(now(), refusalRestMs), epoch: renewed.epoch }
      return renewed
    } catch (error) {
      if (isAuthError(error, 'ERR_AUTH_SESSION_EXPIRED')) return undefined
      throw error
    }
  }

  function refuse(refusal: ReissueRefusal): void {
    emitter.emit('reissue-refused', { refusal })
  }

  return {
    sendable,
    forRequest,
    afterRefusal,
    refuse,
    adopt(accessToken, carried) {
      const candidate = receiveToken(accessToken, undefined, now())
      const refusal = refuseReissue(candidate, carried, session)
      const previous = session.held()
      if (refusal !== undefined || previous === undefined) {
        // An HTTP cache repeats the token that we already hold: nothing happened.
        if (previous?.accessToken !== accessToken) refuse(refusal ?? 'other-session')
        return
      }
      const refreshAt = keepRefreshAt(previous.refreshAt, candidate, policy)
      const token = session.hold(candidate, refreshAt, 'same-epoch')
      emitter.emit('reissued', { token: toTokenFacts(token), previousKeyId: previous.claims?.kid })
      options.onAdopted()
    }
  }
}

/** @throws AuthError `ERR_AUTH_NOT_AUTHENTICATED` */
export function requireToken(token: HeldToken | undefined): HeldToken {
  if (token !== undefined) return token
  throw new AuthError('ERR_AUTH_NOT_AUTHENTICATED', 'Nobody is signed in: call login() first.')
}
