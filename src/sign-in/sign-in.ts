// Sign-in and sign-out: begin and end a session. A call that takes effect overrules all earlier
// ones.

import { type IssuedToken, readTokenResponse, type TokenResponse } from '../auth-api/answer.ts'
import type { PostBody } from '../auth-api/endpoints.ts'
import type { TokenRequest } from '../auth-api/token-request.ts'
import { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import type { StoredValue } from '../lib/stored-value.ts'
import { createWaiting, readMoment, untilAbandoned } from '../lib/time.ts'
import { planRefreshAt, type RefreshPolicy } from '../refresh/refresh-time.ts'
import { receiveToken } from '../session/held-token.ts'
import { type Session, sessionChanged } from '../session/session.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { readCredentials, readLoginAnswer } from './credentials.ts'
import { createSignOut } from './sign-out.ts'

export interface SignIn {
  login(credentials: object | (() => Promise<TokenResponse>)): Promise<void>
  logout(reason: 'signed-out' | 'idle'): Promise<{ readonly confirmed: boolean }>
  /** Signs in with the option `initialToken`. */
  start(token: IssuedToken): void
  /** Sends a sign-out that the server has not confirmed, if there is one. */
  retrySignOut(): void
  /** Whether a function of the app is signing in: a refresh now could overwrite the new cookie. */
  isAppSigningIn(): boolean
  /** Whether a login() of either kind is in flight. */
  isSigningIn(): boolean
  dispose(error: AuthError): void
}

export interface SignInDeps {
  readonly session: Session
  readonly tabs: Pick<Tabs, 'runExclusively' | 'whenIdle'>
  readonly tokenRequest: TokenRequest
  readonly signOutMark: StoredValue
  readonly platform: Platform
  readonly policy: RefreshPolicy
  readonly refreshTimeoutMs: number
  readonly refreshAbandonMs: number
}

export function createSignIn(options: SignInDeps): SignIn {
  const { session, tabs, tokenRequest, signOutMark, platform, policy } = options
  const { refreshTimeoutMs, refreshAbandonMs } = options
  const callers = createWaiting(platform)
  const signOut = createSignOut({ tokenRequest, tabs, signOutMark, platform, refreshAbandonMs })
  let calls = 0
  let effective: { readonly call: number; readonly as: 'sign-in' | 'sign-out' } | undefined
  const signIns = new Set<number>()
  // A sign-in function may never settle, for example if its popup was closed. Its call leaves this
  // set after `refreshAbandonMs`.
  const appSignIns = new Set<number>()
  let disposal: AuthError | undefined

  function beginCall(): number {
    calls += 1
    return calls
  }

  function overruledBy(call: number): 'sign-in' | 'sign-out' | undefined {
    return effective !== undefined && call < effective.call ? effective.as : undefined
  }

  function checkOrder(call: number): void {
    if (disposal !== undefined) throw disposal
    if (overruledBy(call) !== undefined) throw sessionChanged()
  }

  function login(credentials: object | (() => Promise<TokenResponse>)): Promise<void> {
    const call = beginCall()
    if (typeof credentials === 'function') {
      return callers.wait(askApp(credentials as () => Promise<TokenResponse>, call))
    }
    const body = readCredentials(credentials)
    const error = () => unanswered('sign-in', refreshTimeoutMs)
    return callers.wait(sendCredentials(body, call), { afterMs: refreshTimeoutMs, error })
  }

  async function sendCredentials(credentials: PostBody, call: number): Promise<void> {
    signIns.add(call)
    try {
      await tabs.runExclusively(async () => {
        checkOrder(call)
        const answer = await untilAbandoned(platform, refreshAbandonMs, (signal) =>
          tokenRequest.login(credentials, signal)
        )
        enter(readLoginAnswer(answer), call, 'login')
      })
    } finally {
      signIns.delete(call)
      session.signal('settled')
    }
  }

  async function askApp(signIn: () => Promise<TokenResponse>, call: number): Promise<void> {
    const settle = () => {
      if (!appSignIns.delete(call)) return
      cancel()
      session.signal('settled')
      retrySignOut()
    }
    const cancel = platform.setTimer(settle, refreshAbandonMs)
    appSignIns.add(call)
    try {
      // No await if nothing is in flight: a popup opens only directly after the user's click.
      const idle = tabs.whenIdle()
      if (idle !== undefined) await idle
      checkOrder(call)
      const response = await signIn()
      const issued = readTokenResponse(response, 'The function given to login()')
      enter(tokenRequest.strip(issued), call, 'login')
    } finally {
      settle()
    }
  }

  //  login() ── POST ──────────────────── answered: dropped, but its cookie must be cleared again
  //  logout() ────────── signed out at once ── POST (waits for the lock) ── cookie cleared
  function enter(issued: IssuedToken, call: number, by: 'login' | 'initial-token'): void {
    if (overruledBy(call) === 'sign-out' && disposal === undefined) {
      signOut.note(issued)
      signOut.deliver().catch(() => {})
    }
    checkOrder(call)
    effective = { call, as: 'sign-in' }
    signOut.forget()
    const received = receiveToken(issued, readMoment(platform))
    const refreshAt = planRefreshAt(received, true, policy, platform.random)
    session.hold(received, refreshAt, { by })
  }

  async function logout(reason: 'signed-out' | 'idle'): Promise<{ readonly confirmed: boolean }> {
    effective = { call: beginCall(), as: 'sign-out' }
    signOut.note(session.held())
    session.end(reason, 'logout')
    const timeout = unanswered('sign-out', refreshTimeoutMs)
    const deadline = { afterMs: refreshTimeoutMs, error: () => timeout }
    try {
      return { confirmed: await callers.wait(signOut.deliver(), deadline) }
    } catch (error) {
      if (error === timeout) return { confirmed: false }
      throw error
    }
  }

  function retrySignOut(): void {
    // Not while the app signs in: the sign-out would clear the new cookie.
    if (disposal === undefined && signOut.isPending() && !isAppSigningIn()) {
      signOut.deliver().catch(() => {})
    }
  }

  function mayTakeEffect(call: number): boolean {
    return effective === undefined || call > effective.call
  }

  function isAppSigningIn(): boolean {
    return [...appSignIns].some(mayTakeEffect)
  }

  session.onSignal('ended', ({ origin }) => {
    // A sign-out in another tab overrules a login() that is in flight here.
    if (origin === 'sign-out-mark') effective = { call: beginCall(), as: 'sign-out' }
  })

  return {
    login,
    logout,
    start(token) {
      enter(tokenRequest.strip(token), beginCall(), 'initial-token')
    },
    retrySignOut,
    isAppSigningIn,
    isSigningIn: () => isAppSigningIn() || [...signIns].some(mayTakeEffect),
    dispose(error) {
      disposal = error
      signOut.dispose()
      callers.release(error)
    }
  }
}

function unanswered(call: string, timeoutMs: number): AuthError {
  const message = `The ${call} was not answered within ${timeoutMs} ms.`
  return new AuthError('ERR_AUTH_TIMEOUT', message)
}
