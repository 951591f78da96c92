// Signing in and out: the other two auth requests. Whoever was called last wins, over whatever was in flight.
import { AuthError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import type { Emitter } from '../session/events.ts'
import { receiveToken, type Session, toTokenFacts } from '../session/session.ts'
import type { SignOutMark } from '../session/sign-out-mark.ts'
import type { AuthLock } from '../tabs/lock.ts'
import { planRefreshAt, type RefreshPolicy } from './refresh-plan.ts'
import { type Refresher, sessionChanged } from './refresher.ts'
import type { TokenAnswer, TokenRequest } from './token-request.ts'
import { type IssuedToken, readTokenResponse, type TokenResponse } from './token-response.ts'

export interface SignIn {
  login(credentials: object | (() => Promise<TokenResponse>)): Promise<void>
  logout(): Promise<{ readonly confirmed: boolean }>
  /** Tells the server of a sign-out that it has not confirmed yet; `true` where there is none left to tell. */
  deliverSignOut(): Promise<boolean>
}

export interface SignInOptions {
  readonly session: Session
  readonly refresher: Refresher
  readonly tokenRequest: TokenRequest
  readonly lock: AuthLock
  readonly mark: SignOutMark
  readonly platform: Platform
  readonly emitter: Emitter
  readonly policy: RefreshPolicy
  readonly timeoutMs: number
  readonly onSettled: () => void
}

export function createSignIn(options: SignInOptions): SignIn {
  const { session, refresher, tokenRequest, lock, mark, platform, emitter } = options
  // Counts calls of login() and logout(): only the latest may change who is signed in.
  let latestCall = 0

  async function withDeadline<T>(request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = new AbortController()
    const cancel = platform.setTimer(() => deadline.abort(), options.timeoutMs)
    try {
      return await request(deadline.signal)
    } finally {
      cancel()
    }
  }

  function enter(issued: IssuedToken): void {
    const receivedAt = { wallMs: platform.now(), monotonicMs: platform.monotonicNow() }
    const received = receiveToken(issued.accessToken, issued.expiresInSeconds, receivedAt)
    const refreshAt = planRefreshAt(received, true, options.policy, platform.random)
    const token = session.hold(received, refreshAt, 'new-epoch')
    mark.clear()
    refresher.abandon(sessionChanged())
    emitter.emit('signed-in', { via: 'login', token: toTokenFacts(token) })
    options.onSettled()
  }

  async function deliverSignOut(): Promise<boolean> {
    return lock.run(async () => {
      // Somebody signed in while this waited for its turn: there is a new session, and it is not the one to end.
      if (!mark.isSet()) return true
      const isConfirmed = await withDeadline(tokenRequest.logout)
      if (isConfirmed) mark.clear()
      return isConfirmed
    })
  }

  return {
    async login(credentials) {
      latestCall += 1
      const call = latestCall
      const issued =
        typeof credentials === 'function'
          ? readTokenResponse(await credentials(), 'What the function given to login() returned')
          : await lock.run(async () => {
              if (call !== latestCall) throw sessionChanged()
              return readLoginAnswer(
                await withDeadline((signal) => tokenRequest.login(credentials, signal))
              )
            })
      //  login() ── POST ─────────────────── answered: dropped
      //  logout() ─────── signed out at once ── POST (takes its turn) ── cookie cleared
      if (call !== latestCall) throw sessionChanged()
      enter(issued)
    },
    async logout() {
      latestCall += 1
      const wasSignedIn = session.getState().status !== 'unauthenticated'
      mark.set()
      session.end('signed-out')
      refresher.abandon(sessionChanged())
      if (wasSignedIn) emitter.emit('signed-out', { reason: 'signed-out' })
      options.onSettled()
      return { confirmed: await deliverSignOut() }
    },
    deliverSignOut
  }
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
