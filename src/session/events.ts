// What the client tells about itself: typed, redacted, delivered outside of every critical section.

import type { AuthErrorCode } from '../lib/errors.ts'
import type { SignedOutReason } from './state.ts'

/** What made a refresh begin. */
export type RefreshReason =
  | 'restore'
  | 'timer'
  | 'wake'
  | 'request'
  | 'refusal'
  | 'manual'
  /** A sibling tab did something that only the server can tell about; or it made the refresh, and this tab took the token over. */
  | 'other-tab'

/** What may be known of a token by everybody. */
export interface TokenFacts {
  /** Counts the tokens that this client has held, from 1. */
  readonly generation: number
  /** The `kid` of the key that signed it (RFC 7517 §4.5), where it is a JWT that names one. */
  readonly kid: string | undefined
  /** When it was received, in milliseconds since the epoch by the device's clock. */
  readonly receivedAtMs: number
  /** How long it lives from then on, in seconds; `undefined` where nobody said. */
  readonly lifetimeSeconds: number | undefined
  /** When it is planned to be renewed, by the same clock as `receivedAtMs`; `undefined` where its lifetime is unknown. */
  readonly refreshAtMs: number | undefined
}

/**
 * What came of a refresh.
 *
 * | kind | meaning |
 * | --- | --- |
 * | `renewed` | there is a new access token |
 * | `rejected` | the server refused: the session has ended |
 * | `offline` | no answer, and the device says that it has no network |
 * | `throttled` | the server asked for patience (429, or `Retry-After`) |
 * | `transient` | any other failure that decides nothing |
 * | `superseded` | the user signed in or out meanwhile: whatever the answer was, it did not count |
 */
export type RefreshOutcome = {
  readonly reason: RefreshReason
  /** When it was known, in milliseconds since the epoch. */
  readonly atMs: number
} & (
  | { readonly kind: 'refreshed' | 'superseded' }
  | { readonly kind: 'rejected'; readonly status: number | undefined }
  | {
      readonly kind: 'offline' | 'throttled' | 'transient'
      readonly code: AuthErrorCode
      readonly status: number | undefined
      /** Time until the next try, in milliseconds. */
      readonly retryInMs: number
    }
)

/** Facts about refreshing that lie across the session's state. */
export interface RefreshStatus {
  readonly isRefreshing: boolean
  /** What came of the last refresh; `undefined` where there was none yet. */
  readonly lastOutcome: RefreshOutcome | undefined
}

export interface AuthEvents {
  /** The user signed in here or in a sibling tab, or the session was restored on page load. */
  'signed-in': { readonly via: 'login' | 'restore' | 'other-tab'; readonly token: TokenFacts }
  /** A refresh request was sent. */
  'refresh-started': { readonly reason: RefreshReason }
  /** A refresh brought a new access token; with the reason `sibling`, one that another tab made. */
  refreshed: { readonly reason: RefreshReason; readonly token: TokenFacts }
  /** What came of it: one for each `refresh-started`. */
  'refresh-settled': RefreshOutcome
  /** A token that the server re-issued in a response header was adopted. */
  reissued: { readonly token: TokenFacts; readonly previousKid: string | undefined }
  /** A re-issued token was not adopted, and why. */
  'reissue-refused': { readonly refusal: ReissueRefusal }
  /** The session ended. */
  'signed-out': { readonly reason: SignedOutReason }
}

export type AuthEventListener<Name extends keyof AuthEvents> = (event: AuthEvents[Name]) => void

export interface Emitter {
  emit<Name extends keyof AuthEvents>(name: Name, event: AuthEvents[Name]): void
  on<Name extends keyof AuthEvents>(name: Name, listener: AuthEventListener<Name>): () => void
  clear(): void
}

export function createEmitter(): Emitter {
  const listeners = new Map<keyof AuthEvents, Set<(event: never) => void>>()
  return {
    emit(name, event) {
      const set = listeners.get(name)
      for (const listener of set ?? []) {
        callLater(() => {
          if (set?.has(listener)) (listener as (event: unknown) => void)(event)
        })
      }
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set()
      listeners.set(name, set)
      // One entry per call, so that the same function may listen twice.
      const entry: typeof listener = (event) => listener(event)
      set.add(entry)
      return () => set.delete(entry)
    },
    clear() {
      for (const set of listeners.values()) set.clear()
    }
  }
}

/**
 * Runs an app's callback in a microtask of its own: whatever it does (sign out, refresh, throw), the code that had
 * something to tell has finished by then. What it throws is reported as any uncaught error is.
 */
export function callLater(callback: () => void): void {
  queueMicrotask(callback)
}

/** Why a re-issued token was not adopted. */
export type ReissueRefusal =
  /** The header did not hold exactly one well-formed Bearer credential. */
  | 'malformed'
  /** The final URL is unknown or not trusted: after a redirect, somebody else may have set the header. */
  | 'untrusted-origin'
  /** It came with a 401. */
  | 'refused-request'
  /** The user signed in or out since the request was sent. */
  | 'other-session'
  /** It names another subject or session. */
  | 'other-subject'
  /** It has no life left by its own claims. */
  | 'expired'
  /** It is no newer than the token that is held. */
  | 'not-newer'
