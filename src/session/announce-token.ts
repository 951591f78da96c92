// Announce token: reports a new token of the session to the app, as an event.
import { compareUsers } from './adoption.ts'
import type { Emitter, TokenFacts } from './events.ts'
import type { HeldToken } from './held-token.ts'
import type { TokenOrigin } from './signals.ts'

export function announceToken(
  { emit }: Pick<Emitter, 'emit'>,
  held: HeldToken,
  previous: HeldToken | undefined,
  origin: TokenOrigin
): void {
  const token = toTokenFacts(held)
  const { by } = origin
  if (isSignIn(origin)) {
    // The app clears what it keeps of a user, unless both are known to be the same one.
    const isOther = previous !== undefined && compareUsers(previous, held, 'other') === 'other'
    if (isOther) emit('signed-out', { reason: 'user-changed' })
    emit('signed-in', { via: by === 'restore' ? 'restore' : 'login', token })
  } else if (previous === undefined) {
    emit('signed-in', { via: by === 'other-tab' ? 'other-tab' : 'restore', token })
  } else if (by === 'reissue' || (by === 'other-tab' && origin.isReissued)) {
    emit('reissued', { token, previousKid: previous.claims?.kid })
  } else {
    emit('refreshed', { reason: by === 'refresh' ? origin.reason : 'other-tab', token })
  }
}

export function isSignIn({ by }: TokenOrigin): boolean {
  return by === 'login' || by === 'restore' || by === 'initial-token'
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
