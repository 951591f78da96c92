// Refresh result: applies the answer of a refresh to the session.

import type { IssuedToken } from '../auth-api/answers/token-answer.ts'
import type { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { later, readMoment } from '../lib/time.ts'
import { lifeLeftMs } from '../lib/token-lifetime.ts'
import { isOlderToken } from '../session/adoption.ts'
import type { RefreshReason } from '../session/events.ts'
import type { HeldToken, ReceivedToken, ReceiveToken } from '../session/held-token.ts'
import { type Session, sessionChanged } from '../session/session.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { expired, noProgress, nothingToPresent, rejected } from './outcome.ts'
import type { SentRefresh } from './refresh-request.ts'
import { planRefreshAt, type RefreshPolicy } from './refresh-time.ts'
import type { RetryState } from './retry-state.ts'

export interface ApplyAnswer {
  /** @throws AuthError unless the server issued a token for the session */
  apply(sent: SentRefresh, reason: RefreshReason): HeldToken
  /** Notes a failure that does not end the session, and returns its error. */
  fail(error: AuthError): AuthError
  /** Nothing can refresh the session, so it ends with its token. Returns the error for callers. */
  endWithToken(reason: RefreshReason): AuthError
}

export interface ApplyAnswerDeps {
  readonly session: Session
  readonly tabs: Pick<
    Tabs,
    'isOtherUser' | 'endDuringRefresh' | 'isInLiveSession' | 'hasChangedSession'
  >
  readonly receive: ReceiveToken
  readonly retries: Pick<RetryState, 'clear' | 'last' | 'note'>
  /** Whether a user was signed in here before this page load, as far as storage knows. */
  readonly isSessionKnown: () => boolean
  readonly platform: Pick<Platform, 'now' | 'monotonicNow' | 'random'>
  readonly policy: RefreshPolicy
}

/** A repeated token with less life left is not worth holding. */
const shortestRestMs = 1_000

export function createApplyAnswer(options: ApplyAnswerDeps): ApplyAnswer {
  const { session, tabs, receive, retries, isSessionKnown, platform, policy } = options

  function apply(sent: SentRefresh, reason: RefreshReason): HeldToken {
    const { answer, presented } = sent
    switch (answer.kind) {
      case 'issued': {
        // A server that does not rotate its refresh token need not repeat it (RFC 6749 §6).
        const refreshToken = answer.token.refreshToken ?? presented
        return take({ ...answer.token, refreshToken }, sent, reason)
      }
      case 'rejected':
        throw endSession(rejected(answer.status, answer.oauthError))
      case 'undecided': {
        const { error } = answer
        // A stored refresh token is a sign of a session too.
        const isVisit = presented === undefined && isVisitor()
        if (!answer.meansNoSession || !isVisit) throw fail(error)
        throw endSession(rejected(error.status, error.oauthError))
      }
    }
  }

  /** Whether the client has no sign of a session, so that a definite answer ends the restore. */
  function isVisitor(): boolean {
    return session.isRestoring() && !isSessionKnown()
  }

  function take(issued: IssuedToken, sent: SentRefresh, reason: RefreshReason): HeldToken {
    const held = session.held()
    const received = receive(issued, { isSignIn: false, previous: held })
    const isRepeated = received.accessToken === held?.accessToken
    // A cache or a service worker may repeat an old answer.
    const isOld = held !== undefined && session.wasHeld(received.accessToken)
    if (isOld && !isRepeated) throw fail(noProgress())
    const end = tabs.endDuringRefresh()
    if (end !== undefined) {
      //  this tab ── refresh ── frozen ──────────────── thaws: messages, then the answer
      //  another  ───────── session expired ── signs in
      if (!tabs.isInLiveSession()) session.end(end, 'other-tab')
      throw sessionChanged()
    }
    if (tabs.isOtherUser(received)) {
      session.end('user-changed', 'refresh')
      throw sessionChanged()
    }
    if (isRepeated) return repeat(held, received)
    // After an outage or the change of a key, many clients get a token at the same moment.
    const isJoint = held === undefined || reason === 'refusal' || retries.last() !== undefined
    recover()
    //  this tab ── refresh of s ──────────────────────────────────────── answered for s
    //  another  ─────────────────── signs in as the same user: t. Its token came here
    if (held !== undefined && sent.hasOtherToken() && tabs.hasChangedSession()) return held
    // A token that came during the request stays if the server signed it after this one, or if
    // only its refresh token shows that it is newer.
    const isLate = session.generation() !== sent.generation
    if (held !== undefined && isLate && isOlderToken(received, held, sent.hasOtherToken())) {
      const { refreshToken, refreshTokenAt } = received
      const changes = sent.hasOtherToken() ? {} : { refreshToken, refreshTokenAt }
      return amend(held, changes, held, 'kept')
    }
    const refreshAt = planRefreshAt(received, isJoint, policy, platform.random)
    return session.hold(received, refreshAt, { by: 'refresh', reason })
  }

  // Servers return a token again that is still valid, and identical ones within one second.
  function repeat(held: HeldToken, received: ReceivedToken): HeldToken {
    const { lifetimeSeconds = Infinity } = received
    const restMs =
      held.lifetimeSeconds === undefined ? Infinity : lifeLeftMs(held, received.receivedAt)
    if (restMs < shortestRestMs) throw fail(noProgress())
    recover()
    const rest = Math.min(lifetimeSeconds, restMs / 1000)
    const token = { ...received, lifetimeSeconds: Number.isFinite(rest) ? rest : undefined }
    return amend(held, token, token, 'repeated')
  }

  function amend(
    held: HeldToken,
    changes: Partial<ReceivedToken>,
    planned: Pick<HeldToken, 'receivedAt' | 'lifetimeSeconds'>,
    signal: 'repeated' | 'kept'
  ): HeldToken {
    const refreshAt = planRefreshAt(planned, false, policy, platform.random)
    const token = session.amend({ ...changes, refreshAt }) ?? held
    session.signal(signal)
    return token
  }

  function endSession(error: AuthError, by: 'refresh' | 'unasked' = 'refresh'): AuthError {
    retries.clear()
    if (session.held() !== undefined) session.end('session-expired', 'refresh')
    else if (session.isRestoring()) session.end('no-session', by)
    return error
  }

  function endWithToken(reason: RefreshReason): AuthError {
    const held = session.held()
    const isAlive =
      held !== undefined &&
      (held.lifetimeSeconds === undefined || lifeLeftMs(held, readMoment(platform)) > 0)
    if (!isAlive || reason === 'refusal') return endSession(expired(), 'unasked')
    const epoch = session.epoch()
    session.signal('unrefreshable')
    if (session.epoch() !== epoch) return sessionChanged()
    const { receivedAt, lifetimeSeconds } = held
    const end = lifetimeSeconds && later(receivedAt, lifetimeSeconds * 1000)
    session.amend({ refreshAt: end || undefined })
    return nothingToPresent()
  }

  function fail(error: AuthError): AuthError {
    retries.note(error)
    session.note({ type: 'failed', code: error.code, atMs: platform.now() })
    return error
  }

  function recover(): void {
    retries.clear()
    session.note({ type: 'recovered' })
  }

  return { apply, fail, endWithToken }
}
