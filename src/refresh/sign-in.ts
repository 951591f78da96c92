// Signing in and out: the other two auth requests, in the order in which they were called.
import { AuthError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import type { Emitter } from '../session/events.ts'
import { receiveToken, type Session, toTokenFacts } from '../session/session.ts'
import type { SignedOutReason } from '../session/state.ts'
import type { StoredMark } from '../session/stored-mark.ts'
import type { AttemptBook } from '../tabs/attempt.ts'
import type { AuthLock } from '../tabs/lock.ts'
import type { Siblings } from '../tabs/siblings.ts'
import { readMoment } from '../token/lifetime.ts'
import { createWaiting } from './deadline.ts'
import { sessionChanged } from './refresh-errors.ts'
import { planRefreshAt, type RefreshPolicy } from './refresh-plan.ts'
import type { Refresher } from './refresher.ts'
import type { TokenAnswer, TokenRequest } from './token-request.ts'
import { type IssuedToken, readTokenResponse, type TokenResponse } from './token-response.ts'

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

export interface SignInOptions {
  readonly session: Session
  readonly refresher: Refresher
  readonly tokenRequest: TokenRequest
  readonly lock: AuthLock
  readonly mark: StoredMark
  readonly attempts: AttemptBook
  readonly siblings: Siblings
  readonly platform: Platform
  readonly emitter: Emitter
  readonly policy: RefreshPolicy
  readonly refreshTimeoutMs: number
  readonly refreshAbandonMs: number
  /** Somebody came in. */
  readonly onEntered: (how: 'entered') => void
  readonly onSettled: () => void
}

export function createSignIn(options: SignInOptions): SignIn {
  const { session, refresher, tokenRequest, lock, mark, attempts, siblings } = options
  const { platform, emitter } = options
  const callers = createWaiting(platform)
  // Calls of login() and logout() are counted; one that took effect rules out all that were made before it.
  let calls = 0
  let effective = 0
  let effectiveWasLogout = false
  // Those under way. A function may never settle (a popup that was closed): it holds nothing up for longer than a request.
  const signIns = new Set<number>()
  const appSignIns = new Set<number>()
  // The refresh tokens of sign-outs that are not delivered yet, by mark.
  const revocations = new Map<string, string>()
  let disposal: AuthError | undefined

  // The deadline is the caller's. The request goes on and keeps its turn, for its cookie may land at any time.
  async function ask<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abandoned = new AbortController()
    const cancel = platform.setTimer(() => abandoned.abort(), options.refreshAbandonMs)
    try {
      return await request(abandoned.signal)
    } finally {
      cancel()
    }
  }

  function checkOrder(call: number): void {
    if (disposal !== undefined) throw disposal
    if (call < effective) throw sessionChanged()
  }

  //  login() ── POST ──────────────────── answered, and dropped: its cookie has to go again
  //  logout() ────────── signed out at once ── POST (takes its turn) ── cookie cleared
  function enter(issued: IssuedToken, call: number, news: 'signed-in' | 'renewed'): void {
    if (call < effective && effectiveWasLogout && disposal === undefined) {
      mark.set(platform.randomId())
      deliverSignOut().catch(() => {})
    }
    checkOrder(call)
    effective = call
    effectiveWasLogout = false
    const received = receiveToken(issued, readMoment(platform))
    const refreshAt = planRefreshAt(received, true, options.policy, platform.random)
    const token = session.hold(received, refreshAt, 'new-epoch')
    mark.clear()
    attempts.forget()
    siblings.tell(news)
    refresher.abandon(sessionChanged())
    options.onEntered('entered')
    emitter.emit('signed-in', { via: 'login', token: toTokenFacts(token) })
    options.onSettled()
  }

  async function sendCredentials(credentials: object, call: number): Promise<void> {
    signIns.add(call)
    try {
      await lock.run(async () => {
        checkOrder(call)
        const answer = await ask((signal) => tokenRequest.login(credentials, signal))
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
      const issued = readTokenResponse(
        await signIn(),
        'What the function given to login() returned'
      )
      enter(issued, call, 'signed-in')
    } finally {
      settle()
    }
  }

  function leave(reason: SignedOutReason): void {
    const wasSignedIn = session.getState().status !== 'unauthenticated'
    session.end(reason)
    attempts.forget()
    refresher.abandon(sessionChanged())
    if (wasSignedIn) emitter.emit('signed-out', { reason })
    options.onSettled()
  }

  const isPending = (call: number) => call > effective

  function isAppSigningIn(): boolean {
    return [...appSignIns].some(isPending)
  }

  async function deliverSignOut(): Promise<boolean> {
    return lock.run(async () => {
      const id = mark.read()
      // Somebody signed in while this waited for its turn: there is a new session, and it is not the one to end.
      if (id === undefined || disposal !== undefined) return false
      const isConfirmed = await ask((signal) => tokenRequest.logout(revocations.get(id), signal))
      if (isConfirmed) revocations.delete(id)
      if (isConfirmed && mark.read() === id) mark.clear()
      return isConfirmed
    })
  }

  // Not while the app signs somebody in: the sign-out would take the new cookie with it.
  function retrySignOut(): void {
    if (disposal === undefined && mark.read() !== undefined && !isAppSigningIn()) {
      deliverSignOut().catch(() => {})
    }
  }

  return {
    login(credentials) {
      calls += 1
      if (typeof credentials === 'function') {
        const signIn = credentials as () => Promise<TokenResponse>
        return callers.wait(askApp(signIn, calls))
      }
      const error = () => late('sign-in', options.refreshTimeoutMs)
      const deadline = { afterMs: options.refreshTimeoutMs, error }
      return callers.wait(sendCredentials(credentials, calls), deadline)
    },
    start(token) {
      calls += 1
      enter(token, calls, 'renewed')
    },
    async logout(reason) {
      calls += 1
      effective = calls
      effectiveWasLogout = true
      const id = platform.randomId()
      const refreshToken = session.held()?.refreshToken
      if (refreshToken !== undefined) revocations.set(id, refreshToken)
      mark.set(id)
      siblings.tellEnd(reason)
      leave(reason)
      const lateError = late('sign-out', options.refreshTimeoutMs)
      const deadline = { afterMs: options.refreshTimeoutMs, error: () => lateError }
      try {
        return { confirmed: await callers.wait(deliverSignOut(), deadline) }
      } catch (error) {
        if (error === lateError) return { confirmed: false }
        throw error
      }
    },
    followSignOut() {
      const isSignedIn = session.getState().status === 'authenticated'
      if (!isSignedIn || disposal !== undefined || mark.read() === undefined) return
      calls += 1
      effective = calls
      effectiveWasLogout = true
      leave('signed-out')
    },
    follow: leave,
    retrySignOut,
    isAppSigningIn,
    isSigningIn: () => isAppSigningIn() || [...signIns].some(isPending),
    dispose(error) {
      disposal = error
      revocations.clear()
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
