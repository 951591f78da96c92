// Sign-in and sign-out: begin and end a session. A call that takes effect overrules all earlier
// ones.

import type { IssuedToken, TokenAnswer } from '../auth-api/answers/token-answer.ts'
import type { TokenRequest } from '../auth-api/token-request.ts'
import type { AuthRequestContext } from '../contract/endpoints.ts'
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import type { TokenResponse } from '../contract/tokens.ts'
import { AuthError } from '../lib/errors.ts'
import { parseJson, toJson } from '../lib/json-path.ts'
import type { ClientPlatform, Moment } from '../lib/time.ts'
import { nothingToPresent } from '../refresh/outcome.ts'
import type { RefreshRequest, SentRefresh } from '../refresh/refresh-request.ts'
import { planRefreshAt, type RefreshPolicy } from '../refresh/refresh-time.ts'
import { isOlderToken } from '../session/adoption.ts'
import type { ReceivedToken, ReceiveToken } from '../session/held-token.ts'
import { type Session, sessionChanged } from '../session/session.ts'
import { liveSession } from '../tabs/record-value.ts'
import type { SessionRecord } from '../tabs/session-record.ts'
import type { Tabs } from '../tabs/tabs.ts'
import { createAppSignIns } from './app-sign-ins.ts'
import { type Call, createCallOrder, longestQueueMs } from './call-order.ts'
import { planInitialRefresh } from './initial-token.ts'
import { readLoginAnswer, readRestoreAnswer } from './read-answer.ts'
import { createSignOut } from './sign-out.ts'

export interface SignIn {
  /** Resolves with the body of the answer without the tokens. */
  login(credentials: object | (() => Promise<TokenResponse | object>)): Promise<unknown>
  /** Asks the server whether the user has signed in outside the client. */
  restore(): Promise<void>
  logout(reason: 'signed-out' | 'idle'): Promise<{ readonly confirmed: boolean }>
  /** Signs in with the option `initialToken`. */
  start(token: ReceivedToken): void
  /** Sends a sign-out that the server has not confirmed, if there is one. */
  retrySignOut(): void
  /**
   * Whether a function of the app is signing in, or `restore()` is in flight. A refresh now could
   * overwrite the new cookie, and a sign-out could clear it.
   */
  isAppSigningIn(): boolean
  /** Whether a sign-in of any kind is in flight. */
  isSigningIn(): boolean
  dispose(error: AuthError): void
}

export interface SignInDeps {
  readonly session: Session
  readonly tabs: Pick<
    Tabs,
    'runExclusively' | 'whenIdle' | 'attempts' | 'askServerFirst' | 'catchUp'
  >
  readonly tokenRequest: TokenRequest
  readonly refreshRequest: RefreshRequest
  readonly receive: ReceiveToken
  readonly refresh: ResolvedContract['refresh']
  /** Whether storage has a hint that a user was signed in here before this page load. */
  readonly isSessionKnown: () => boolean
  /** Whether the server can be asked for the session by a page that holds no access token. */
  readonly canAsk: boolean
  /** Whether the backend has a logout endpoint. */
  readonly canLogOut: boolean
  readonly record: SessionRecord
  readonly platform: ClientPlatform
  readonly policy: RefreshPolicy
  readonly refreshTimeoutMs: number
  readonly refreshAbandonMs: number
}

export function createSignIn(options: SignInDeps): SignIn {
  const { session, tabs, record, tokenRequest, refreshRequest, receive, platform, policy } = options
  const { refreshTimeoutMs, refreshAbandonMs } = options
  const { wait } = platform
  const signOut = createSignOut(options)
  // The counter of the next sign-out is not lower.
  const order = createCallOrder(record, platform)
  const signIns = new Set<Call>()
  const appSignIns = createAppSignIns(platform, refreshAbandonMs, () => {
    session.signal('settled')
    retrySignOut()
  })
  let isDisposed = false

  function login(credentials: object | (() => Promise<TokenResponse | object>)): Promise<unknown> {
    const call = order.begin()
    refreshRequest.abandonReads()
    if (typeof credentials === 'function') {
      return wait(askApp(credentials as () => Promise<TokenResponse | object>, call))
    }
    const send = tokenRequest.login(credentials)
    return wait(sendCredentials(send, call), deadline('sign-in', refreshTimeoutMs))
  }

  async function sendCredentials(
    send: (context: AuthRequestContext) => Promise<TokenAnswer>,
    call: Call
  ): Promise<unknown> {
    signIns.add(call)
    try {
      return await tabs.runExclusively(async () => {
        order.check(call)
        const answer = await wait(
          (signal) => send({ accessToken: undefined, refreshToken: undefined, signal }),
          deadline('sign-in', refreshAbandonMs)
        )
        return enter(readLoginAnswer(answer), call, 'login')
      })
    } finally {
      signIns.delete(call)
      session.signal('settled')
    }
  }

  async function askApp(
    signIn: () => Promise<TokenResponse | object>,
    call: Call
  ): Promise<unknown> {
    const end = appSignIns.begin(call)
    try {
      // No await if nothing is in flight: a popup opens only directly after the user's click.
      const idle = tabs.whenIdle()
      if (idle !== undefined) await wait(idle, { deadlineMs: longestQueueMs, onTimeout() {} })
      order.check(call)
      const result = await signIn()
      return enter(tokenRequest.readResult(result, 'The function given to login()'), call, 'login')
    } finally {
      end()
    }
  }

  async function askServer(call: Call): Promise<void> {
    const end = appSignIns.begin(call)
    try {
      await tabs.runExclusively(async () => {
        order.check(call)
        // Another tab may have rotated the refresh token.
        await tabs.catchUp()
        const credential = await refreshRequest.readTokens()
        order.check(call)
        if (credential === undefined && session.held() !== undefined) throw nothingToPresent()
        // The key of an earlier refresh could make the server repeat the answer of another session.
        tabs.attempts.forget()
        const generation = session.generation()
        const sent = credential && (await refreshRequest.send(credential))
        const isKnown =
          (session.held() ?? sent?.presented) !== undefined || options.isSessionKnown()
        const issued = sent && readRestoreAnswer(sent.answer, isKnown)
        if (issued === undefined) return leave(call, generation, sent ? 'refresh' : 'unasked')
        // A server that does not rotate its refresh token need not repeat it (RFC 6749 §6).
        const refreshToken = issued.refreshToken ?? sent?.presented
        enter({ ...issued, refreshToken }, call, 'restore', sent)
      })
    } finally {
      end()
    }
  }

  //  login() ── POST ──────────────────── answered: dropped, but its cookie must be cleared again
  //  logout() ────────── signed out at once ── POST (waits for the lock) ── cookie cleared
  function enter(issued: IssuedToken, call: Call, by: 'login' | 'restore', sent?: SentRefresh) {
    const received = receive(issued, { isSignIn: by === 'login', previous: undefined })
    if (order.isSignedOutAfter(call)) {
      // A live session is of a later sign-in, which must not end.
      if (liveSession(record.read()) === undefined) record.end(undefined, 'signed-out')
      signOut.note(received)
      signOut.deliver().catch(() => {})
    }
    order.check(call)
    //  restore() ── POST ─────────────────────── answered: older than the token that came since
    //  this tab  ──────── refresh ── newer token
    const isLate = sent !== undefined && sent.generation !== session.generation()
    const held = session.held()
    const last = held ?? session.former()
    if (isLate && last !== undefined && isOlderToken(received, last, sent.hasOtherToken())) {
      if (held === undefined) throw sessionChanged()
      const { refreshToken, refreshTokenAt } = received
      const { refreshAt } = held
      if (!sent.hasOtherToken()) session.amend({ refreshToken, refreshTokenAt, refreshAt })
      return session.signal('kept')
    }
    hold(received, planRefreshAt(received, true, policy, platform.random), call, by)
    // A copy, because `getState().user` may be part of the answer.
    return parseJson(toJson(issued.answer) ?? '')
  }

  function hold(
    token: ReceivedToken,
    refreshAt: Moment | undefined,
    call: Call,
    by: 'login' | 'restore' | 'initial-token'
  ): void {
    order.takeEffect(call, 'sign-in')
    signOut.forget()
    session.hold(token, refreshAt, { by })
  }

  //  restore() ── POST ───────────────────────── answered: no session. It knew none when asked
  //  another tab ───────── signs in ── its token
  function leave(call: Call, generation: number, by: 'refresh' | 'unasked'): void {
    order.check(call)
    if (session.generation() !== generation) throw sessionChanged()
    if (session.held() !== undefined) session.end('session-expired', 'refresh')
    else if (session.isRestoring()) session.end('no-session', by)
  }

  async function logout(reason: 'signed-out' | 'idle'): Promise<{ readonly confirmed: boolean }> {
    order.takeEffect(order.begin(), 'sign-out')
    const token = session.held()
    session.end(reason, 'logout')
    signOut.note(token)
    return { confirmed: await signOut.deliverInTime() }
  }

  function retrySignOut(): void {
    // Not while the app signs in: the sign-out would clear the new cookie.
    const mayStart = () => !isAppSigningIn()
    if (!isDisposed && signOut.pending() !== undefined && mayStart())
      signOut.deliver(mayStart).catch(() => {})
  }

  function isAppSigningIn(): boolean {
    return appSignIns.some(order.mayTakeEffect)
  }

  return {
    login,
    restore() {
      if (options.canAsk) tabs.askServerFirst()
      return wait(askServer(order.begin()), deadline('restore', refreshTimeoutMs))
    },
    logout,
    start(token) {
      const refreshAt = planInitialRefresh(token, policy, platform.random)
      hold(token, refreshAt, order.begin(), 'initial-token')
    },
    retrySignOut,
    isAppSigningIn,
    isSigningIn: () => isAppSigningIn() || [...signIns].some(order.mayTakeEffect),
    dispose(error) {
      isDisposed = true
      order.dispose(error)
      signOut.dispose()
    }
  }
}

function deadline(call: string, deadlineMs: number) {
  return {
    deadlineMs,
    onTimeout: (): never => {
      const message = `The ${call} was not answered within ${deadlineMs} ms.`
      throw new AuthError('ERR_AUTH_TIMEOUT', message)
    }
  }
}
