// What an answer of the refresh endpoint does to the session: a token comes in, all is over, or a failure is remembered.

import type { IssuedToken } from '../auth-api/token-response.ts'
import { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import type { Emitter, RefreshReason } from '../session/events.ts'
import { type HeldToken, receiveToken } from '../session/held-token.ts'
import { type Session, toTokenFacts } from '../session/session.ts'
import { compareAge } from '../session/token-order.ts'
import type { TabSync } from '../tabs/tab-sync.ts'
import { lifeLeftMs, readMoment } from '../token/lifetime.ts'
import { noProgress, sessionChanged } from './refresh-errors.ts'
import { planRefreshAt, type RefreshPolicy } from './refresh-time.ts'
import type { RetryState } from './retry-state.ts'

export interface ApplyResultDeps {
  readonly session: Session
  readonly tabSync: TabSync
  readonly platform: Platform
  readonly emitter: Emitter
  readonly policy: RefreshPolicy
  readonly failure: RetryState
  /** A token was taken in: somebody came in by a restore, or a refresh brought it. */
  readonly onEntered: (how: 'entered' | 'refreshed') => void
}

export interface ApplyResult {
  /**
   * Takes the new token in. `generation` is that of the token that was held when the server was asked.
   *
   * @throws AuthError where it is none to take
   */
  commit(issued: IssuedToken, generation: number, reason: RefreshReason): HeldToken
  /** The server has said no. Returns what the callers are told. */
  endSession(status: number | undefined, oauthError: string | undefined): AuthError
  /** Nothing is decided. Returns what the callers are told. */
  fail(error: AuthError): AuthError
}

export function createApplyResult(options: ApplyResultDeps): ApplyResult {
  const { session, tabSync, platform, emitter, policy, failure, onEntered } = options

  function commit(issued: IssuedToken, generation: number, reason: RefreshReason): HeldToken {
    const held = session.held()
    // A server that does not rotate its refresh token need not repeat it (RFC 6749 §6).
    const refreshToken = issued.refreshToken ?? held?.refreshToken
    const received = receiveToken({ ...issued, refreshToken }, readMoment(platform))
    // The one that is held, or one before it: a cache or a service worker may answer with what it once heard.
    if (held !== undefined && session.wasHeld(received.accessToken)) {
      throw fail(noProgress())
    }
    if (tabSync.isOtherUser(received)) {
      session.end('user-changed')
      emitter.emit('signed-out', { reason: 'user-changed' })
      throw sessionChanged()
    }
    failure.forget()
    session.note({ type: 'recovered' })
    const isRestore = held === undefined
    // A re-issued token was adopted while we asked, and the server signed it after this one: keep it.
    const keepsHeld =
      held !== undefined &&
      session.generation() !== generation &&
      compareAge(received, held) === 'older'
    const stored = keepsHeld ? held : received
    const refreshAt = planRefreshAt(stored, isRestore, policy, platform.random)
    if (keepsHeld) return session.replan(refreshAt) ?? held
    const token = session.hold(received, refreshAt, 'same-epoch')
    tabSync.tell('refreshed')
    onEntered(isRestore ? 'entered' : 'refreshed')
    const facts = toTokenFacts(token)
    if (isRestore) emitter.emit('signed-in', { via: 'restore', token: facts })
    else emitter.emit('refreshed', { reason, token: facts })
    return token
  }

  function endSession(status: number | undefined, oauthError: string | undefined): AuthError {
    failure.forget()
    const wasSignedIn = session.held() !== undefined
    if (wasSignedIn) {
      session.end('session-expired')
      tabSync.tellEnd('session-expired')
      emitter.emit('signed-out', { reason: 'session-expired' })
    } else if (session.getState().status === 'initializing') {
      session.end('no-session')
    }
    const word = oauthError === undefined ? '' : ` (${oauthError})`
    const answer = status === undefined ? '' : ` with status ${status}${word}`
    const message = `The server refused to renew the session${answer}: it has ended, sign in again.`
    return new AuthError('ERR_AUTH_SESSION_EXPIRED', message, { status, oauthError })
  }

  function fail(error: AuthError): AuthError {
    const held = session.held()
    failure.note(error, held === undefined ? 0 : lifeLeftMs(held, readMoment(platform)))
    session.note({ type: 'failed', code: error.code, atMs: platform.now() })
    return error
  }

  return { commit, endSession, fail }
}
