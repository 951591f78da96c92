// Who is signed in: the state that apps see, and the access token that only this closure holds.
import type { AuthErrorCode } from '../errors.ts'
import { readClaims, type TokenClaims } from '../token/claims.ts'
import { lifetimeSeconds, type Moment } from '../token/lifetime.ts'
import { callLater, type TokenFacts } from './events.ts'

/**
 * Why nobody is signed in.
 * `no-session`: nobody was when the page loaded. `signed-out`: `logout()` was called. `session-expired`: the server
 * refused to renew the session. `user-changed`: the refresh cookie now belongs to another user.
 */
export type SignedOutReason = 'no-session' | 'signed-out' | 'session-expired' | 'user-changed'

/** The last refresh failed without a verdict: the session stays, and the refresh is tried again. */
export interface Degraded {
  readonly code: AuthErrorCode
  /** Since when, in milliseconds since the epoch. */
  readonly sinceMs: number
}

/** A snapshot of the session. It keeps its identity until something in it changes; a renewed token changes nothing. */
export type AuthState =
  /** Not known yet: the restore on page load is under way, or could not reach the server. */
  | { readonly status: 'initializing'; readonly degraded: Degraded | undefined }
  | { readonly status: 'authenticated'; readonly degraded: Degraded | undefined }
  | { readonly status: 'unauthenticated'; readonly reason: SignedOutReason }

export interface HeldToken {
  readonly accessToken: string
  readonly claims: TokenClaims | undefined
  readonly receivedAt: Moment
  readonly lifetimeSeconds: number | undefined
  /** When the proactive refresh is planned; `undefined` where the lifetime is unknown. */
  readonly refreshAt: Moment | undefined
  /** Counts tokens, over all sessions of this client. */
  readonly generation: number
  /** Counts sign-ins and sign-outs: what began in an earlier epoch must not touch this one. */
  readonly epoch: number
}

/** A token that was received and not yet taken in. */
export type ReceivedToken = Omit<HeldToken, 'generation' | 'epoch' | 'refreshAt'>

export interface Session {
  getState(): AuthState
  subscribe(listener: () => void): () => void
  epoch(): number
  generation(): number
  held(): HeldToken | undefined
  /** Was this very token held before, since the last sign-in? */
  wasHeld(accessToken: string): boolean
  /** Takes a token in: into a new epoch where somebody signed in, else into the current one. */
  hold(
    token: ReceivedToken,
    refreshAt: Moment | undefined,
    entering: 'new-epoch' | 'same-epoch'
  ): HeldToken
  /** Changes when the held token is to be renewed. */
  replan(refreshAt: Moment | undefined): HeldToken | undefined
  end(reason: SignedOutReason): void
  setDegraded(code: AuthErrorCode | undefined, nowMs: number): void
  /** Drops the token and the listeners; the last state stays readable. */
  dispose(): void
}

/** How many past tokens are remembered, so that a cache which replays an old header cannot bring one back. */
const rememberedTokens = 64

export function receiveToken(
  accessToken: string,
  expiresInSeconds: number | undefined,
  receivedAt: Moment
): ReceivedToken {
  const claims = readClaims(accessToken)
  return {
    accessToken,
    claims,
    receivedAt,
    lifetimeSeconds: lifetimeSeconds(expiresInSeconds, claims)
  }
}

export function toTokenFacts(token: HeldToken): TokenFacts {
  return {
    generation: token.generation,
    keyId: token.claims?.kid,
    receivedAtMs: token.receivedAt.wallMs,
    lifetimeSeconds: token.lifetimeSeconds
  }
}

export function createSession(startsSignedOut: boolean): Session {
  let state: AuthState = startsSignedOut
    ? { status: 'unauthenticated', reason: 'no-session' }
    : { status: 'initializing', degraded: undefined }
  let token: HeldToken | undefined
  let epoch = 0
  let generation = 0
  const past = new Set<string>()
  const listeners = new Set<() => void>()

  function setState(next: AuthState): void {
    if (isSameState(state, next)) return
    state = next
    for (const listener of listeners) {
      callLater(() => {
        if (listeners.has(listener)) listener()
      })
    }
  }

  return {
    getState: () => state,
    subscribe(listener) {
      // One entry per subscription, so that the same function may subscribe twice.
      const entry = () => listener()
      listeners.add(entry)
      return () => listeners.delete(entry)
    },
    epoch: () => epoch,
    generation: () => generation,
    held: () => token,
    wasHeld: (accessToken) => past.has(accessToken),
    hold(received, refreshAt, entering) {
      if (entering === 'new-epoch') {
        epoch += 1
        past.clear()
      }
      generation += 1
      token = { ...received, refreshAt, generation, epoch }
      past.add(token.accessToken)
      for (const oldest of past) {
        if (past.size <= rememberedTokens) break
        past.delete(oldest)
      }
      const degraded =
        state.status === 'authenticated' && entering === 'same-epoch' ? state.degraded : undefined
      setState({ status: 'authenticated', degraded })
      return token
    },
    replan(refreshAt) {
      token = token && { ...token, refreshAt }
      return token
    },
    end(reason) {
      epoch += 1
      token = undefined
      past.clear()
      setState({ status: 'unauthenticated', reason })
    },
    setDegraded(code, nowMs) {
      if (state.status === 'unauthenticated') return
      const since = state.degraded?.sinceMs ?? nowMs
      setState({ ...state, degraded: code === undefined ? undefined : { code, sinceMs: since } })
    },
    dispose() {
      epoch += 1
      token = undefined
      past.clear()
      listeners.clear()
    }
  }
}

function isSameState(one: AuthState, other: AuthState): boolean {
  if (one.status === 'unauthenticated' || other.status === 'unauthenticated') {
    return (
      one.status === 'unauthenticated' &&
      other.status === 'unauthenticated' &&
      one.reason === other.reason
    )
  }
  return (
    one.status === other.status &&
    one.degraded?.code === other.degraded?.code &&
    one.degraded?.sinceMs === other.degraded?.sinceMs
  )
}
