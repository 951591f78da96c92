// Session: the state that apps see, and the access token, which only this closure holds.
import { AuthError } from '../lib/errors.ts'
import { createListeners } from '../lib/listeners.ts'
import type { Moment } from '../lib/time.ts'
import { compareUsers } from './adoption.ts'
import { announceToken, isSignIn } from './announce-token.ts'
import type { Emitter } from './events.ts'
import type { HeldToken, ReceivedToken } from './held-token.ts'
import { createPastTokens } from './past-tokens.ts'
import { createSignals, type EndOrigin, type Signals, type TokenOrigin } from './signals.ts'
import {
  type AuthState,
  type EndReason,
  initialState,
  isRestoring,
  isSameState,
  type Transition,
  transition
} from './state.ts'

/** The last token of an ended session, without the token. */
type Former = Pick<HeldToken, 'userId' | 'claims'>

export interface Session {
  getState(): AuthState<unknown>
  /** Whether the server has not said yet whether there is a session to restore. */
  isRestoring(): boolean
  /**
   * Whether a token of the live session may sign this tab in: during the restore, or if nothing
   * could be presented to the server when the session ended here.
   */
  mayJoin(): boolean
  /** Calls the app's listener, in a microtask, after each change of the state. */
  subscribe(listener: () => void): () => void
  readonly onSignal: Signals['onSignal']
  signal(
    type: 'repeated' | 'kept' | 'settled' | 'activity' | 'unknown-sign-in' | 'unrefreshable'
  ): void
  /**
   * Signals activity, or a background request. Returns the epoch that the request belongs to;
   * `undefined` if no token is held.
   */
  beginRequest(isBackground: boolean): number | undefined
  epoch(): number
  generation(): number
  held(): HeldToken | undefined
  /**
   * The user of the last token if the session ended in another way than by a sign-out; `undefined`
   * after the next sign-in or sign-out.
   */
  former(): Former | undefined
  /** Whether this token has been held since the last sign-in. */
  wasHeld(accessToken: string): boolean
  /** Whether this client has ever held this token, as far as it remembers. */
  everHeld(accessToken: string): boolean
  hold(token: ReceivedToken, refreshAt: Moment | undefined, origin: TokenOrigin): HeldToken
  /**
   * Changes what is known about the held token, for example because an answer repeats it. Its
   * generation stays.
   */
  amend(changes: Partial<ReceivedToken> & Pick<HeldToken, 'refreshAt'>): HeldToken | undefined
  end(reason: EndReason, origin: EndOrigin): void
  /** Notes a change in the state that is not about the token. */
  note(
    move: Extract<Transition, { type: 'failed' | 'recovered' | 'accepted' | 'unreachable' }>
  ): void
  /** Drops the token and the listeners; the last state stays readable. */
  dispose(): void
}

export function createSession(startsSignedOut: boolean, emitter: Pick<Emitter, 'emit'>): Session {
  let state = initialState(startsSignedOut)
  let token: HeldToken | undefined
  let former: Former | undefined
  let epoch = 0
  /** Counts the states that a sign-in or the end of a session has caused. */
  let turns = 0
  let generation = 0
  let isUnasked = false
  const past = createPastTokens()
  const listeners = createListeners<void>()
  const { onSignal, raise, clear: clearSignals } = createSignals()

  function move(by: Transition): void {
    const next = transition(state, by)
    if (next === state) return
    if (by.type === 'entered' || by.type === 'ended') turns += 1
    state = next
    listeners.notify()
  }

  function hold(received: ReceivedToken, refreshAt: Moment | undefined, origin: TokenOrigin) {
    const previous = token
    const isLogin = isSignIn(origin)
    const isSignedOut = state.status === 'unauthenticated' && !isRestoring(state)
    const isNewEpoch = isLogin || (origin.by === 'other-tab' && isSignedOut)
    if (isNewEpoch) epoch += 1
    generation += 1
    former = undefined
    token = {
      ...withKnown(received, isNewEpoch ? undefined : previous),
      refreshAt,
      generation,
      epoch
    }
    past.add(token.accessToken, epoch)
    // A token that is re-issued during failed refreshes leaves `degraded` as it is: only a refresh
    // clears it.
    const isEntry = isNewEpoch || state.status !== 'authenticated'
    const user = token.profile
    const isOtherUser =
      previous !== undefined && compareUsers(previous, received, 'same') === 'other'
    move(isEntry ? { type: 'entered', user, isOtherUser } : { type: 'described', user })
    announceToken(emitter, token, previous, origin)
    raise({ type: 'token', origin, isNewEpoch, isSignIn: isLogin || previous === undefined })
    return token
  }

  function end(reason: EndReason, origin: EndOrigin): void {
    const wasSignedOut = state.status === 'unauthenticated' && !isRestoring(state)
    epoch += 1
    isUnasked = origin === 'unasked'
    if (reason === 'signed-out') former = undefined
    else if (token !== undefined) former = { userId: token.userId, claims: token.claims }
    token = undefined
    move({ type: 'ended', reason })
    // A refresh may find another user after the session has expired: that is an event too.
    const isEvent = reason !== 'no-session' && (!wasSignedOut || origin === 'refresh')
    if (isEvent) emitter.emit('signed-out', { reason })
    raise({ type: 'ended', origin, reason })
  }

  return {
    getState: () => state,
    isRestoring: () => isRestoring(state),
    mayJoin: () => isRestoring(state) || (token === undefined && isUnasked),
    subscribe(listener) {
      let seen = { state, turns }
      return listeners.add(() => {
        // A step may change the state twice before the listener runs. After a sign-in, an equal
        // state may be about another user.
        if (turns === seen.turns && isSameState(state, seen.state)) return
        seen = { state, turns }
        listener()
      })
    },
    onSignal,
    signal: (type) => raise({ type }),
    beginRequest(isBackground) {
      raise({ type: isBackground ? 'background' : 'activity' })
      return token?.epoch
    },
    epoch: () => epoch,
    generation: () => generation,
    held: () => token,
    former: () => former,
    wasHeld: (accessToken) => past.epochOf(accessToken) === epoch,
    everHeld: (accessToken) => past.epochOf(accessToken) !== undefined,
    hold,
    amend(changes) {
      if (token === undefined) return undefined
      token = withKnown({ ...token, ...changes }, token)
      move({ type: 'described', user: token.profile })
      return token
    },
    end,
    note: move,
    dispose() {
      epoch += 1
      token = undefined
      past.clear()
      listeners.clear()
      clearSignals()
    }
  }
}

/** An answer need not repeat who the user is, and may repeat the refresh token. */
function withKnown<Token extends ReceivedToken>(
  received: Token,
  previous: ReceivedToken | undefined
): Token {
  const isRepeated = previous !== undefined && received.refreshToken === previous.refreshToken
  return {
    ...received,
    refreshTokenAt: isRepeated ? previous.refreshTokenAt : received.refreshTokenAt,
    userId: received.userId ?? previous?.userId,
    profile: received.profile ?? previous?.profile
  }
}

export function sessionChanged(): AuthError {
  return new AuthError(
    'ERR_AUTH_SESSION_CHANGED',
    'The user signed in or out while this call was waiting: it belongs to an earlier session.'
  )
}
