// Session: the state that apps see, and the access token, which only this closure holds.
import type { Moment } from '../token/lifetime.ts'
import { callLater, type TokenFacts } from './events.ts'
import type { HeldToken, ReceivedToken } from './held-token.ts'
import {
  type AuthState,
  initialState,
  type SignedOutReason,
  type Transition,
  transition
} from './state.ts'

export interface Session {
  getState(): AuthState
  subscribe(listener: () => void): () => void
  epoch(): number
  generation(): number
  held(): HeldToken | undefined
  /** Whose session ended here without their wish, as their token named them; until somebody signs in or out. */
  former(): Pick<HeldToken, 'claims'> | undefined
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
  /** Notes that a refresh failed or succeeded. */
  note(move: Extract<Transition, { type: 'failed' | 'recovered' }>): void
  /** Drops the token and the listeners; the last state stays readable. */
  dispose(): void
}

/** How many past tokens are remembered, so that a cache which replays an old header cannot bring one back. */
const rememberedTokens = 64

export function toTokenFacts(token: HeldToken): TokenFacts {
  return {
    generation: token.generation,
    kid: token.claims?.kid,
    receivedAtMs: token.receivedAt.wallMs,
    lifetimeSeconds: token.lifetimeSeconds,
    refreshAtMs: token.refreshAt?.wallMs
  }
}

export function createSession(startsSignedOut: boolean): Session {
  let state: AuthState = initialState(startsSignedOut)
  let token: HeldToken | undefined
  let former: Pick<HeldToken, 'claims'> | undefined
  let epoch = 0
  let generation = 0
  const past = new Set<string>()
  const listeners = new Set<() => void>()

  function move(by: Transition): void {
    const next = transition(state, by)
    if (next === state) return
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
    former: () => former,
    wasHeld: (accessToken) => past.has(accessToken),
    hold(received, refreshAt, entering) {
      if (entering === 'new-epoch') {
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
      // A re-issued token comes while a refresh may still be failing: that is told by the refresh, not by the token.
      if (entering === 'new-epoch' || state.status !== 'authenticated') move({ type: 'entered' })
      return token
    },
    replan(refreshAt) {
      token = token && { ...token, refreshAt }
      return token
    },
    end(reason) {
      epoch += 1
      if (reason === 'signed-out') former = undefined
      else if (token !== undefined) former = { claims: token.claims }
      token = undefined
      past.clear()
      move({ type: 'ended', reason })
    },
    note: move,
    dispose() {
      epoch += 1
      token = undefined
      past.clear()
      listeners.clear()
    }
  }
}
