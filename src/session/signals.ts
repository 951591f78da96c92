// Session signals: what the session reports to the other parts of the client.
import type { RefreshReason } from './events.ts'
import type { EndReason } from './state.ts'

/** The cause of a new token in the session. `restore`: the app called `restore()`. */
export type TokenOrigin =
  | { readonly by: 'login' | 'restore' | 'initial-token' | 'reissue' }
  | { readonly by: 'refresh'; readonly reason: RefreshReason }
  | { readonly by: 'other-tab'; readonly isReissued: boolean }

/** The cause of the session's end. `unasked`: nothing could be presented to the server. */
export type EndOrigin = 'logout' | 'refresh' | 'other-tab' | 'unasked'

/** A message to the other parts of the client. */
type SessionSignal =
  | {
      readonly type: 'token'
      readonly origin: TokenOrigin
      readonly isNewEpoch: boolean
      /** The app gets `signed-in` for it. */
      readonly isSignIn: boolean
    }
  | { readonly type: 'ended'; readonly origin: EndOrigin; readonly reason: EndReason }
  /** A refresh returned the held token again. */
  | { readonly type: 'repeated' }
  /** The answer of a refresh was older than the held token, which stays. */
  | { readonly type: 'kept' }
  /** An auth request settled, so the next refresh or sign-out may be due at another time. */
  | { readonly type: 'settled' }
  /** The user is active, or a request began. */
  | { readonly type: 'activity' }
  /** The app sent a request without the user. */
  | { readonly type: 'background' }
  /** Another tab may have signed in, and only the server knows which user. */
  | { readonly type: 'unknown-sign-in' }
  /** The token is valid and a refresh was asked for, but nothing can be presented to the server. */
  | { readonly type: 'unrefreshable' }

type SignalOf<Type extends SessionSignal['type']> = Extract<SessionSignal, { readonly type: Type }>

export interface Signals {
  /**
   * Calls a part of the client for each signal of a type, synchronously, after the session has
   * changed. The parts are called in the order in which they subscribed. A signal that is raised
   * during the delivery of another one is delivered after it.
   */
  onSignal<Type extends SessionSignal['type']>(
    type: Type,
    listener: (signal: SignalOf<Type>) => void
  ): () => void
  raise(signal: SessionSignal): void
  clear(): void
}

export function createSignals(): Signals {
  // By type: a request raises a signal that few parts listen to.
  const parts = new Map<SessionSignal['type'], Set<(signal: never) => void>>()
  /** The signals that were raised during the delivery of another one. */
  const later: SessionSignal[] = []
  let isDelivering = false

  function deliver(signal: SessionSignal): void {
    for (const listener of parts.get(signal.type) ?? []) listener(signal as never)
  }

  return {
    onSignal(type, listener) {
      const listeners = parts.get(type) ?? new Set()
      parts.set(type, listeners)
      // A new function per call: a set would hold the same listener once only.
      const part = (signal: SignalOf<typeof type>) => listener(signal)
      listeners.add(part)
      return () => listeners.delete(part)
    },
    raise(signal) {
      if (isDelivering) {
        later.push(signal)
        return
      }
      isDelivering = true
      try {
        deliver(signal)
        for (let next = later.shift(); next !== undefined; next = later.shift()) deliver(next)
      } finally {
        later.length = 0
        isDelivering = false
      }
    },
    clear() {
      for (const listeners of parts.values()) listeners.clear()
    }
  }
}
