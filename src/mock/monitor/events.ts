// Security events: typed messages for listeners, without tokens, passwords or email addresses.
import type { MockRoute } from '../calls/call.ts'
import type { TokenRefusal } from '../calls/outcomes.ts'
import type { MockKeyChange } from '../keys/audit-log.ts'
import { describe as describeValue, invalid } from '../lib/checks.ts'
import { createListeners, type Listeners } from '../lib/listeners.ts'

/** Time and call of an event. */
interface Noticed {
  /** Time by the server's clock, in milliseconds since the epoch. */
  readonly atMs: number
  readonly route: MockRoute
  /** The `Origin` header of the call. */
  readonly origin?: string
}

/** A login had a wrong password or an unknown email. */
export interface LoginFailed extends Noticed {
  /** The user with the given email. Absent if the email is unknown. */
  readonly sub?: string
}

/** A rotated refresh token was reused, and its session was revoked (RFC 9700 §4.14.2). */
export interface RefreshReused extends Noticed {
  readonly sub: string
  readonly sid: string
}

/** An access token was refused. An expired or missing token emits no event. */
export interface TokenRefused extends Noticed {
  readonly reason: Exclude<TokenRefusal, 'missing_token' | 'token_expired'>
  readonly kid?: string
  /** Claims of the token. Absent unless its signature is valid. */
  readonly sub?: string
  readonly sid?: string
  readonly jti?: string
}

/** A correctly signed access token has an unknown user, which indicates a stolen key. */
export interface UnknownSubject extends Noticed {
  readonly kid: string
  readonly sub: string
  readonly jti?: string
}

/**
 * A login, refresh or logout came from a page that is not allowed to send one, or without the CSRF
 * header of the contract.
 */
export interface RequestForged extends Noticed {}

/**
 * Many events of one kind in a short time. It is emitted once, and again only after the rate has
 * dropped in between.
 */
export interface Spike {
  /** Time by the server's clock, in milliseconds since the epoch. */
  readonly atMs: number
  /** The kind of these events. */
  readonly of: SpikeKind
  readonly count: number
  readonly withinSeconds: number
}

export type SpikeKind = Exclude<keyof MockEvents, 'spike' | 'key-changed'>

/** The events by name. */
export interface MockEvents {
  'login-failed': LoginFailed
  'refresh-reused': RefreshReused
  'token-refused': TokenRefused
  'unknown-subject': UnknownSubject
  'request-forged': RequestForged
  spike: Spike
  /** A key has changed. The event is the new entry of `keyAudit`. */
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
        throw invalid('name', `one of ${names}`, describeValue(name), 'on')
      }
      return audience.add(listener)
    }
  }
}
