// What the server tells whoever watches it: typed events without a token, a password or an address in them.
import type { MockRoute } from '../calls/call.ts'

import type { TokenRefusal } from '../calls/outcomes.ts'
import type { MockKeyChange } from '../keys/audit-log.ts'
import { callback, describe as describeValue, invalid } from '../lib/checks.ts'

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

type Listeners = { readonly [Name in MockEventName]: Set<(event: MockEvents[Name]) => void> }

export function createEvents(): Events {
  const listeners: Listeners = Object.assign(Object.create(null), {
    'login-failed': new Set(),
    'refresh-reused': new Set(),
    'token-refused': new Set(),
    'unknown-subject': new Set(),
    'request-forged': new Set(),
    spike: new Set(),
    'key-changed': new Set()
  })
  return {
    emit(name, event) {
      Object.freeze(event)
      for (const listener of listeners[name]) tell(() => listener(event))
    },
    on(name, listener) {
      const audience = listeners[name] as Listeners[typeof name] | undefined
      if (audience === undefined) {
        const names = Object.keys(listeners).join(', ')
        throw invalid('the event', `one of ${names}`, describeValue(name), 'on')
      }
      callback('the listener', listener, 'on')
      audience.add(listener)
      return () => void audience.delete(listener)
    }
  }
}

// A listener's mistake is its own: it surfaces as an uncaught error, and the call is answered all the same.
function tell(call: () => void): void {
  try {
    call()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
