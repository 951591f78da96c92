// What the server tells whoever watches it: typed events without a token, a password or an address in them.
import type { MockRoute } from '../calls/call.ts'

import type { TokenRefusal } from '../calls/outcomes.ts'
import type { MockKeyChange } from '../keys/audit-log.ts'
import { describe as describeValue, invalid } from '../lib/checks.ts'
import { createListeners, type Listeners } from '../lib/listeners.ts'

/** When something was noticed, and on which call. */
interface Noticed {
  /** In milliseconds since the epoch, by the server's clock. */
  readonly atMs: number
  readonly route: MockRoute
  /** The page that called, as the browser says. */
  readonly origin?: string
}

/** Somebody tried to sign in with a wrong password, or as nobody. */
export interface LoginFailed extends Noticed {
  /** Whose email was given; absent where it is nobody's. */
  readonly sub?: string
}

/** A spent refresh token was seen again, and its session was revoked (RFC 9700 §4.14.2). */
export interface RefreshReused extends Noticed {
  readonly sub: string
  readonly sid: string
}

/** An access token was refused for another reason than its age. */
export interface TokenRefused extends Noticed {
  readonly reason: Exclude<TokenRefusal, 'missing_token' | 'token_expired'>
  readonly kid?: string
  /** What the token says of itself; absent where its signature is not the server's. */
  readonly sub?: string
  readonly sid?: string
  readonly jti?: string
}

/** An access token with a good signature is for a user that nobody knows: the sign of a stolen key. */
export interface UnknownSubject extends Noticed {
  readonly kid: string
  readonly sub: string
  readonly jti?: string
}

/** A login, refresh or sign-out came from a page that may not send one (CSRF). */
export interface RequestForged extends Noticed {}

/** Many events of one kind in a short time. Told once; again only after it has been quiet. */
export interface Spike {
  /** In milliseconds since the epoch, by the server's clock. */
  readonly atMs: number
  readonly of: SpikeKind
  readonly count: number
  readonly withinSeconds: number
}

export type SpikeKind = Exclude<keyof MockEvents, 'spike' | 'key-changed'>

/** Every event by its name. */
export interface MockEvents {
  'login-failed': LoginFailed
  'refresh-reused': RefreshReused
  'token-refused': TokenRefused
  'unknown-subject': UnknownSubject
  'request-forged': RequestForged
  spike: Spike
  /** Something was done to a key; the same entry stands in `keyAudit`. */
  'key-changed': MockKeyChange
}

export type MockEventName = keyof MockEvents

export interface Events {
  emit<Name extends MockEventName>(name: Name, event: MockEvents[Name]): void
  on<Name extends MockEventName>(
    name: Name,
    listener: (event: MockEvents[Name]) => void
  ): () => void
}

type EventListeners = { readonly [Name in MockEventName]: Listeners<MockEvents[Name]> }

export function createEvents(): Events {
  const listeners: EventListeners = Object.assign(Object.create(null), {
    'login-failed': createListeners('on'),
    'refresh-reused': createListeners('on'),
    'token-refused': createListeners('on'),
    'unknown-subject': createListeners('on'),
    'request-forged': createListeners('on'),
    spike: createListeners('on'),
    'key-changed': createListeners('on')
  })
  return {
    emit(name, event) {
      Object.freeze(event)
      listeners[name].notify(event)
    },
    on(name, listener) {
      const audience = listeners[name] as EventListeners[typeof name] | undefined
      if (audience === undefined) {
        const names = Object.keys(listeners).join(', ')
        throw invalid('the event', `one of ${names}`, describeValue(name), 'on')
      }
      return audience.add(listener)
    }
  }
}
