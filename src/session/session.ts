// Session: the state that apps see, and the access token, which only this closure holds.
import { AuthError } from '../lib/errors.ts'
import { createListeners } from '../lib/listeners.ts'
import type { Moment } from '../lib/time.ts'
import type { Emitter, RefreshReason, TokenFacts } from './events.ts'
import type { HeldToken, ReceivedToken } from './held-token.ts'
import {
  type AuthState,
  initialState,
  type SignedOutReason,
  type Transition,
  transition
} from './state.ts'

/** The cause of a new token in the session. */
type TokenOrigin =
  | { readonly by: 'login' | 'initial-token' | 'reissue' }
  | { readonly by: 'refresh'; readonly reason: RefreshReason }
  | { readonly by: 'other-tab'; readonly isReissued: boolean }

/** The cause of the session's end. `sign-out-mark`: storage shows that another tab signed out. */
type EndOrigin = 'logout' | 'refresh' | 'other-tab' | 'sign-out-mark'

/** A message to the other parts of the client. */
type SessionSignal =
  | {
      readonly type: 'token'
      readonly origin: TokenOrigin
      readonly isNewEpoch: boolean
      /** The app gets `signed-in` for it. */
      readonly isSignIn: boolean
    }
  | { readonly type: 'ended'; readonly origin: EndOrigin; readonly reason: SignedOutReason }
  /** An auth request settled, so the next refresh or sign-out may be due at another time. */
  | { readonly type: 'settled' }
  /** The user is active, or a request began. */
  | { readonly type: 'activity' }
  /** Another tab may have signed in, and only the server knows which user. */
  | { readonly type: 'unknown-sign-in' }

type SignalOf<Type extends SessionSignal['type']> = Extract<SessionSignal, { readonly type: Type }>

export interface Session {
  getState(): AuthState
  /** Calls the app's listener, in a microtask, after each change of the state. */
  subscribe(listener: () => void): () => void
  /**
   * Calls a part of the client for each signal of a type, synchronously, after the session has
   * changed. The parts are called in the order in which they subscribed. A signal that is raised
   * during the delivery of another one is delivered after it.
   */
  onSignal<Type extends SessionSignal['type']>(
    type: Type,
    listener: (signal: SignalOf<Type>) => void
  ): () => void
  signal(type: 'settled' | 'activity' | 'unknown-sign-in'): void
  /**
   * Signals activity. Returns the epoch that the request belongs to; `undefined` if no token is
   * held.
   */
  beginRequest(): number | undefined
  epoch(): number
  generation(): number
  held(): HeldToken | undefined
  /**
   * The claims of the last token if the session ended in another way than by a sign-out;
   * `undefined` after the next sign-in or sign-out.
   */
  former(): Pick<HeldToken, 'claims'> | undefined
  /** Whether this token has been held since the last sign-in. */
  wasHeld(accessToken: string): boolean
  hold(token: ReceivedToken, refreshAt: Moment | undefined, origin: TokenOrigin): HeldToken
  /** Moves the planned refresh of the held token. */
  replan(refreshAt: Moment | undefined): HeldToken | undefined
  end(reason: SignedOutReason, origin: EndOrigin): void
  /** Notes in the state that a refresh failed or succeeded. */
  note(move: Extract<Transition, { type: 'failed' | 'recovered' }>): void
  /** Drops the token and the listeners; the last state stays readable. */
  dispose(): void
}

/**
 * How many past tokens are remembered, so that a cache that replays old headers cannot restore one
 * of them.
 */
const rememberedTokens = 64

export function createSession(startsSignedOut: boolean, emitter: Pick<Emitter, 'emit'>): Session {
  let state: AuthState = initialState(startsSignedOut)
  let token: HeldToken | undefined
  let former: Pick<HeldToken, 'claims'> | undefined
  let epoch = 0
  let generation = 0
  const past = new Set<string>()
  const listeners = createListeners<void>()
  const parts = new Set<{ readonly type: string; readonly listener: (signal: never) => void }>()
  const signals: SessionSignal[] = []
  let isDelivering = false

  function move(by: Transition): void {
    const next = transition(state, by)
    if (next === state) return
    state = next
    listeners.notify()
  }

  function raise(signal: SessionSignal): void {
    signals.push(signal)
    if (isDelivering) return
    isDelivering = true
    try {
      for (let next = signals.shift(); next !== undefined; next = signals.shift()) {
        for (const { type, listener } of parts) {
          if (type === next.type) (listener as (signal: SessionSignal) => void)(next)
        }
      }
    } finally {
      signals.length = 0
      isDelivering = false
    }
  }

  function hold(received: ReceivedToken, refreshAt: Moment | undefined, origin: TokenOrigin) {
    const previous = token
    const isLogin = origin.by === 'login' || origin.by === 'initial-token'
    const isNewEpoch = isLogin || (origin.by === 'other-tab' && state.status === 'unauthenticated')
    if (isNewEpoch) {
      epoch += 1
      past.clear()
    }
    generation += 1
    former = undefined
    token = { ...received, refreshAt, generation, epoch }
    past.add(token.accessToken)
    for (const oldest of past) {
      if (past.size <= rememberedTokens) break
      past.delete(oldest)
    }
    // A token that is re-issued during failed refreshes leaves `degraded` as it is: only a refresh
    // clears it.
    if (isNewEpoch || state.status !== 'authenticated') move({ type: 'entered' })
    announce(token, origin, previous)
    raise({ type: 'token', origin, isNewEpoch, isSignIn: isLogin || previous === undefined })
    return token
  }

  function announce(held: HeldToken, origin: TokenOrigin, previous: HeldToken | undefined): void {
    const facts = toTokenFacts(held)
    if (origin.by === 'login' || origin.by === 'initial-token') {
      emitter.emit('signed-in', { via: 'login', token: facts })
    } else if (previous === undefined) {
      emitter.emit('signed-in', {
        via: origin.by === 'other-tab' ? 'other-tab' : 'restore',
        token: facts
      })
    } else if (origin.by === 'reissue' || (origin.by === 'other-tab' && origin.isReissued)) {
      emitter.emit('reissued', { token: facts, previousKid: previous.claims?.kid })
    } else {
      emitter.emit('refreshed', {
        reason: origin.by === 'refresh' ? origin.reason : 'other-tab',
        token: facts
      })
    }
  }

  function end(reason: SignedOutReason, origin: EndOrigin): void {
    const wasSignedOut = state.status === 'unauthenticated'
    epoch += 1
    if (reason === 'signed-out') former = undefined
    else if (token !== undefined) former = { claims: token.claims }
    token = undefined
    past.clear()
    move({ type: 'ended', reason })
    // A refresh may find another user after the session has expired: that is an event too.
    const isEvent = reason !== 'no-session' && (!wasSignedOut || origin === 'refresh')
    if (isEvent) emitter.emit('signed-out', { reason })
    raise({ type: 'ended', origin, reason })
  }

  return {
    getState: () => state,
    subscribe: (listener) => listeners.add(() => listener()),
    onSignal(type, listener) {
      const part = { type, listener }
      parts.add(part)
      return () => parts.delete(part)
    },
    signal: (type) => raise({ type }),
    beginRequest() {
      raise({ type: 'activity' })
      return token?.epoch
    },
    epoch: () => epoch,
    generation: () => generation,
    held: () => token,
    former: () => former,
    wasHeld: (accessToken) => past.has(accessToken),
    hold,
    replan(refreshAt) {
      token = token && { ...token, refreshAt }
      return token
    },
    end,
    note: move,
    dispose() {
      epoch += 1
      token = undefined
      past.clear()
      listeners.clear()
      parts.clear()
    }
  }
}

function toTokenFacts(token: HeldToken): TokenFacts {
  return {
    generation: token.generation,
    kid: token.claims?.kid,
    receivedAtMs: token.receivedAt.wallMs,
    lifetimeSeconds: token.lifetimeSeconds,
    refreshAtMs: token.refreshAt?.wallMs
  }
}

export function sessionChanged(): AuthError {
  return new AuthError(
    'ERR_AUTH_SESSION_CHANGED',
    'The user signed in or out while this call was waiting: it belongs to an earlier session.'
  )
}
