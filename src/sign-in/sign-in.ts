// Signing in and out: the other two auth requests, in the order in which they were called.

import type { PostBody } from '../auth-api/post.ts'
import type { TokenAnswer, TokenRequest } from '../auth-api/token-request.ts'
import {
  type IssuedToken,
  readTokenResponse,
  type TokenResponse
} from '../auth-api/token-response.ts'
import { createWaiting, untilAbandoned } from '../lib/deadline.ts'
import { AuthError } from '../lib/errors.ts'
import { sessionChanged } from '../refresh/refresh-errors.ts'
import { planRefreshAt, type RefreshPolicy } from '../refresh/refresh-time.ts'
import type { Refresher } from '../refresh/refresher.ts'
import type { Emitter } from '../session/events.ts'
import { receiveToken } from '../session/held-token.ts'
import { type Session, toTokenFacts } from '../session/session.ts'
import type { SignedOutReason } from '../session/state.ts'
import type { RefreshAttempts } from '../tabs/refresh-attempt.ts'
import type { TabSync } from '../tabs/tab-sync.ts'
import { readMoment } from '../token/lifetime.ts'
import { createCallOrder } from './call-order.ts'
import { readCredentials } from './credentials.ts'
import { createSignOut, type SignOutDeps } from './sign-out.ts'

export interface SignIn {
  login(credentials: object | (() => Promise<TokenResponse>)): Promise<void>
  logout(reason: 'signed-out' | 'idle'): Promise<{ readonly confirmed: boolean }>
  /** Takes in a token that the app had at start. */
  start(token: IssuedToken): void
  /** Signs out here too, where another tab of this browser did and the server does not know yet. */
  followSignOut(): void
  /** Ends the session here, because it has ended next door. */
  follow(reason: SignedOutReason): void
  /** Tells the server of a sign-out that it has not confirmed, if there is one. */
  retrySignOut(): void
  /** A function of the app's is signing somebody in: a refresh in between could overwrite the new cookie. */
  isAppSigningIn(): boolean
  /** A login() is under way, of either kind. */
  isSigningIn(): boolean
  dispose(error: AuthError): void
}

export interface SignInDeps extends SignOutDeps {
  readonly session: Session
  readonly refresher: Refresher
  readonly tokenRequest: TokenRequest
  readonly attempts: RefreshAttempts
  readonly tabSync: TabSync
  readonly emitter: Emitter
  readonly policy: RefreshPolicy
  readonly refreshTimeoutMs: number
  /** Somebody came in. */
  readonly onEntered: (how: 'entered') => void
  readonly onSettled: () => void
}

export function createSignIn(options: SignInDeps): SignIn {
  const { session, refresher, tokenRequest, lock, attempts, tabSync } = options
  const { platform, emitter } = options
  const callers = createWaiting(platform)
  const signOut = createSignOut(options)
  const order = createCallOrder()
  // Those under way. A function may never settle (a popup that was closed): it holds nothing up for longer than a request.
  const signIns = new Set<number>()
  const appSignIns = new Set<number>()
  let disposal: AuthError | undefined

  function checkOrder(call: number): void {
    if (disposal !== undefined) throw disposal
    if (order.overruledBy(call) !== undefined) throw sessionChanged()
  }

  //  login() ── POST ──────────────────── answered, and dropped: its cookie has to go again
  //  logout() ────────── signed out at once ── POST (takes its turn) ── cookie cleared
  function enter(issued: IssuedToken, call: number, news: 'signed-in' | 'refreshed'): void {
    if (order.overruledBy(call) === 'sign-out' && disposal === undefined) {
      signOut.note(issued)
      signOut.deliver().catch(() => {})
    }
    checkOrder(call)
    order.takeEffect(call, 'sign-in')
    const received = receiveToken(issued, readMoment(platform))
    const refreshAt = planRefreshAt(received, true, options.policy, platform.random)
    const token = session.hold(received, refreshAt, 'new-epoch')
    signOut.forget()
    attempts.forget()
    tabSync.tell(news)
    refresher.abandon(sessionChanged())
    options.onEntered('entered')
    emitter.emit('signed-in', { via: 'login', token: toTokenFacts(token) })
    options.onSettled()
  }

  async function sendCredentials(credentials: PostBody, call: number): Promise<void> {
    signIns.add(call)
    try {
      await lock.run(async () => {
        checkOrder(call)
        const answer = await untilAbandoned(platform, options.refreshAbandonMs, (signal) =>
          tokenRequest.login(credentials, signal)
        )
        enter(readLoginAnswer(answer), call, 'signed-in')
      })
    } finally {
      signIns.delete(call)
      options.onSettled()
    }
  }

  async function askApp(signIn: () => Promise<TokenResponse>, call: number): Promise<void> {
    const settle = () => {
      if (!appSignIns.delete(call)) return
      cancel()
      options.onSettled()
      retrySignOut()
    }
    const cancel = platform.setTimer(settle, options.refreshAbandonMs)
    appSignIns.add(call)
    try {
      // Without a wait where there is nothing to wait for: a popup opens only right after the user's click.
      const idle = lock.idle()
      if (idle !== undefined) await idle
      checkOrder(call)
      const issued = readTokenResponse(await signIn(), 'The function given to login()')
      enter(tokenRequest.strip(issued), call, 'signed-in')
    } finally {
      settle()
    }
  }

  function leave(reason: SignedOutReason): void {
    const wasSignedIn = session.getState().status !== 'unauthenticated'
    session.end(reason)
    attempts.forgetOurs()
    refresher.abandon(sessionChanged())
    if (wasSignedIn) emitter.emit('signed-out', { reason })
    options.onSettled()
  }

  function isAppSigningIn(): boolean {
    return [...appSignIns].some(order.isPending)
  }

  // Not while the app signs somebody in: the sign-out would take the new cookie with it.
  function retrySignOut(): void {
    if (disposal === undefined && signOut.isPending() && !isAppSigningIn()) {
      signOut.deliver().catch(() => {})
    }
  }

  return {
    login(credentials) {
      const call = order.begin()
      if (typeof credentials === 'function') {
        const signIn = credentials as () => Promise<TokenResponse>
        return callers.wait(askApp(signIn, call))
      }
      const body = readCredentials(credentials)
      const error = () => late('sign-in', options.refreshTimeoutMs)
      const deadline = { afterMs: options.refreshTimeoutMs, error }
      return callers.wait(sendCredentials(body, call), deadline)
    },
    start(token) {
      enter(tokenRequest.strip(token), order.begin(), 'refreshed')
    },
    async logout(reason) {
      order.takeEffect(order.begin(), 'sign-out')
      signOut.note(session.held())
      attempts.forget()
      tabSync.tellEnd(reason)
      leave(reason)
      const lateError = late('sign-out', options.refreshTimeoutMs)
      const deadline = { afterMs: options.refreshTimeoutMs, error: () => lateError }
      try {
        return { confirmed: await callers.wait(signOut.deliver(), deadline) }
      } catch (error) {
        if (error === lateError) return { confirmed: false }
        throw error
      }
    },
    followSignOut() {
      const isSignedIn = session.getState().status === 'authenticated'
      if (!isSignedIn || disposal !== undefined || !signOut.isPending()) return
      order.takeEffect(order.begin(), 'sign-out')
      leave('signed-out')
    },
    follow: leave,
    retrySignOut,
    isAppSigningIn,
    isSigningIn: () => isAppSigningIn() || [...signIns].some(order.isPending),
    dispose(error) {
      disposal = error
      signOut.dispose()
      callers.release(error)
    }
  }
}

function late(what: string, timeoutMs: number): AuthError {
  return new AuthError('ERR_AUTH_TIMEOUT', `The ${what} was not answered within ${timeoutMs} ms.`)
}

function readLoginAnswer(answer: TokenAnswer): IssuedToken {
  switch (answer.kind) {
    case 'issued':
      return answer.token
    case 'undecided':
      throw answer.error
    case 'rejected': {
      const message = `The server refused the credentials with status ${answer.status}; ask the user for them again.`
      throw new AuthError('ERR_AUTH_LOGIN_REJECTED', message, answer)
    }
  }
}
