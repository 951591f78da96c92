// Events: what the client reports to the app. An event never holds a token.

import type { AuthErrorCode } from '../lib/errors.ts'
import type { EventEmitter } from '../lib/listeners.ts'
import type { SignedOutReason } from './state.ts'

/**
 * Why a refresh started.
 *
 * | reason | meaning |
 * | --- | --- |
 * | `restore` | the page loaded, and the session may still exist |
 * | `timer` | the planned time, or that of a retry, has come |
 * | `wake` | the same, noticed when the page became visible or the network came back |
 * | `request` | a request needs a token, or was sent after the planned time |
 * | `refusal` | the server refused the token of a request |
 * | `manual` | `refresh()` was called |
 * | `other-tab` | another tab may have signed in, or it refreshed and shared its new token |
 */
export type RefreshReason =
  | 'restore'
  | 'timer'
  | 'wake'
  | 'request'
  | 'refusal'
  | 'manual'
  | 'other-tab'

/** Facts about a token that are safe to log. */
export interface TokenFacts {
  /** Counts the tokens that this client has held, from 1. */
  readonly generation: number
  /**
   * The `kid` of the signing key (RFC 7517 §4.5); `undefined` for an opaque token or one without a
   * `kid`.
   */
  readonly kid: string | undefined
  /** When the token was received, in milliseconds since the epoch by the device's clock. */
  readonly receivedAtMs: number
  /** The lifetime from `receivedAtMs` on, in seconds; `undefined` if it is unknown. */
  readonly lifetimeSeconds: number | undefined
  /**
   * When the next refresh is planned, by the same clock; `undefined` if the lifetime is unknown.
   */
  readonly refreshAtMs: number | undefined
}

/**
 * The result of a refresh.
 *
 * | kind | meaning |
 * | --- | --- |
 * | `refreshed` | there is a new access token |
 * | `rejected` | the server rejected the refresh: the session has ended |
 * | `offline` | no answer, and the device reports that it has no network |
 * | `throttled` | the server asked the client to wait (429, or `Retry-After`) |
 * | `transient` | any other failure; the session is kept |
 * | `superseded` | the user signed in or out during the refresh, so its answer was ignored |
 */
export type RefreshOutcome = {
  readonly reason: RefreshReason
  /** When the refresh settled, in milliseconds since the epoch. */
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

/** The refresh in flight and the last result. Both are not part of the `AuthState`. */
export interface RefreshStatus {
  readonly isRefreshing: boolean
  /** The result of the last refresh; `undefined` before the first one. */
  readonly lastOutcome: RefreshOutcome | undefined
}

/** The events of a client by name. `AuthClient.on()` adds a listener. */
export interface AuthEvents {
  /** The user signed in here or in another tab, or the session was restored on page load. */
  'signed-in': { readonly via: 'login' | 'restore' | 'other-tab'; readonly token: TokenFacts }
  /** A refresh request was sent. */
  'refresh-started': { readonly reason: RefreshReason }
  /** There is a new access token, from a refresh here or (reason `other-tab`) in another tab. */
  refreshed: { readonly reason: RefreshReason; readonly token: TokenFacts }
  /** A refresh ended: one event for each `refresh-started`. */
  'refresh-settled': RefreshOutcome
  /** The client adopted a token that the server re-issued in a response header. */
  reissued: { readonly token: TokenFacts; readonly previousKid: string | undefined }
  /** The client did not adopt a re-issued token. */
  'reissue-refused': { readonly refusal: ReissueRefusal }
  /**
   * The session ended. The reasons `no-session` and `unreachable` cause no event. If another user
   * signs in without a sign-out before, the reason is `user-changed`, and `signed-in` follows.
   */
  'signed-out': { readonly reason: SignedOutReason }
}

export const eventNames: readonly (keyof AuthEvents)[] = Object.keys({
  'signed-in': true,
  'refresh-started': true,
  refreshed: true,
  'refresh-settled': true,
  reissued: true,
  'reissue-refused': true,
  'signed-out': true
} satisfies Record<keyof AuthEvents, true>) as (keyof AuthEvents)[]

/** A listener for the event with this name. */
export type AuthEventListener<Name extends keyof AuthEvents> = (event: AuthEvents[Name]) => void

export type Emitter = EventEmitter<AuthEvents>

/** Why a re-issued token was not adopted. */
export type ReissueRefusal =
  /** The header did not hold exactly one well-formed credential in the format of the contract. */
  | 'malformed'
  /** The held token is a JWT, and the value is not, or it cannot be parsed. */
  | 'not-a-jwt'
  /**
   * The final URL is unknown or not trusted: after a redirect, another server may have set the
   * header.
   */
  | 'untrusted-origin'
  /** It came with an answer that refuses the token, or with a 401. */
  | 'refused-request'
  /** The user has signed in or out since the request was sent. */
  | 'other-session'
  /** It names another subject or session. */
  | 'other-subject'
  /** It has expired by its own claims. */
  | 'expired'
  /** It is not newer than the held token, or it was held before. */
  | 'not-newer'
  /** Its answer is older than the held token or was stored by a cache, and names no user. */
  | 'from-cache'
