// Session state machine: what apps see of the session, and how it changes. Pure; the token is not
// part of it.
import type { Claims } from '../contract/auth-contract.ts'
import type { AuthErrorCode } from '../lib/errors.ts'
import { toJson } from '../lib/json-path.ts'

/**
 * Why the user is not signed in.
 *
 * | reason | meaning |
 * | --- | --- |
 * | `no-session` | there was no session when the page loaded |
 * | `signed-out` | `logout()` was called, here or in another tab |
 * | `session-expired` | the server rejected a refresh |
 * | `user-changed` | the browser's session now belongs to another user |
 * | `idle` | the idle limit passed without activity |
 * | `unreachable` | the server has not said within `refreshTimeoutMs` whether there is a session |
 *
 * With `unreachable`, the client goes on asking: it signs in by itself if the server answers with a
 * token. Show that the app is offline or retrying instead of a login form.
 */
export type SignedOutReason =
  | 'no-session'
  | 'signed-out'
  | 'session-expired'
  | 'user-changed'
  | 'idle'
  | 'unreachable'

/** Why a session has ended. */
export type EndReason = Exclude<SignedOutReason, 'unreachable'>

/**
 * The session is kept, but requests may fail. Either the last refresh failed without an explicit
 * rejection, and is retried. Or an endpoint refuses new tokens too: with the code
 * `ERR_AUTH_TOKEN_REFUSED`, its refusals go to the callers without a refresh for a while. That ends
 * once the endpoint accepts a token, or has not been called for five minutes.
 */
export interface Degraded {
  /** The cause of the last failure. */
  readonly code: AuthErrorCode
  /** Since when, in milliseconds since the epoch. */
  readonly sinceMs: number
}

/**
 * A snapshot of the session. It is the same object until something in it changes. A refreshed token
 * changes nothing in it, unless it describes the user in another way.
 *
 * `user` is the result of `contract.user.profile`, by default the claims of the access token. It
 * keeps its identity while user and JSON are the same. It is `undefined` if the user is not signed
 * in, and for an opaque token without a `profile`. It is a hint for display: only the server
 * verifies a token.
 */
export type AuthState<User = Claims> =
  /**
   * Not known yet: the restore on page load is in flight, or is retried. Ends after
   * `refreshTimeoutMs` at the latest.
   */
  | {
      readonly status: 'initializing'
      readonly degraded: Degraded | undefined
      readonly user: undefined
    }
  /** The user is signed in. */
  | {
      readonly status: 'authenticated'
      readonly degraded: Degraded | undefined
      readonly user: User | undefined
    }
  /** The user is not signed in, or no longer. */
  | {
      readonly status: 'unauthenticated'
      readonly reason: SignedOutReason
      readonly user: undefined
    }

const refused = 'ERR_AUTH_TOKEN_REFUSED' satisfies AuthErrorCode

export type Transition =
  /** The user signed in, or the session was restored. */
  | { readonly type: 'entered'; readonly user: unknown; readonly isOtherUser: boolean }
  /** A new token describes the user. */
  | { readonly type: 'described'; readonly user: unknown }
  | { readonly type: 'ended'; readonly reason: EndReason }
  /** The restore on page load has taken too long. It continues. */
  | { readonly type: 'unreachable' }
  /** A refresh failed without an explicit rejection, or the server refuses new tokens. */
  | { readonly type: 'failed'; readonly code: AuthErrorCode; readonly atMs: number }
  /** A refresh succeeded. */
  | { readonly type: 'recovered' }
  /** No refusal is returned without a refresh any more. */
  | { readonly type: 'accepted' }

//                     entered
//   initializing ───────────────▶ authenticated ◀──┐
//        │                           │      ▲      │ entered (as another user)
//        │ ended                     │ended │      │
//        ▼                           ▼      └──────┘
//   unauthenticated ◀────────────────┘
//        └──────────── entered ─────▶ authenticated
//
//   `failed`, `recovered` and `accepted` change `degraded`, and `described` changes `user`. In
//   `unauthenticated` they change nothing.

/** The next state, or the same object if nothing changes. */
export function transition(state: AuthState<unknown>, move: Transition): AuthState<unknown> {
  switch (move.type) {
    case 'entered': {
      const user = move.isOtherUser ? move.user : keepUser(state, move.user)
      const isChange =
        state.status !== 'authenticated' || state.degraded !== undefined || state.user !== user
      return isChange ? { status: 'authenticated', degraded: undefined, user } : state
    }
    case 'described':
      return withUser(state, move.user)
    case 'ended':
      return state.status === 'unauthenticated' && state.reason === move.reason
        ? state
        : { status: 'unauthenticated', reason: move.reason, user: undefined }
    case 'unreachable':
      if (state.status !== 'initializing') return state
      return { status: 'unauthenticated', reason: 'unreachable', user: undefined }
    case 'failed':
      if (state.status === 'unauthenticated' || state.degraded?.code === move.code) return state
      // A failed refresh matters more than refusals.
      if (move.code === refused && state.degraded !== undefined) return state
      return {
        ...state,
        degraded: { code: move.code, sinceMs: state.degraded?.sinceMs ?? move.atMs }
      }
    case 'recovered':
    case 'accepted': {
      if (state.status === 'unauthenticated' || state.degraded === undefined) return state
      const isAboutRefusals = state.degraded.code === refused
      return isAboutRefusals === (move.type === 'accepted')
        ? { ...state, degraded: undefined }
        : state
    }
  }
}

/** Whether the server has not said yet whether there is a session to restore. */
export function isRestoring(state: AuthState<unknown>): boolean {
  return (
    state.status === 'initializing' ||
    (state.status === 'unauthenticated' && state.reason === 'unreachable')
  )
}

function withUser(state: AuthState<unknown>, described: unknown): AuthState<unknown> {
  const user = keepUser(state, described)
  return state.status === 'authenticated' && state.user !== user ? { ...state, user } : state
}

/** The user in the state if its JSON is equal, so that a new token causes no render. */
function keepUser({ user }: AuthState<unknown>, described: unknown): unknown {
  const json = isJson(user) && isJson(described) ? toJson(user) : undefined
  return json !== undefined && json === toJson(described) ? user : described
}

/** Whether the JSON shows every difference: a `Map` or a class instance may hide some of them. */
function isJson(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function'
  if (value instanceof Date) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  const isPlain = Array.isArray(value) || prototype === Object.prototype || prototype === null
  try {
    return isPlain && Object.values(value).every(isJson)
  } catch {
    // The object has a cycle.
    return false
  }
}

/** Whether a user sees no difference: a step may change the state, and back to what it was. */
export function isSameState(one: AuthState<unknown>, other: AuthState<unknown>): boolean {
  if (one.status === 'unauthenticated' || other.status === 'unauthenticated')
    return Reflect.get(one, 'reason') === Reflect.get(other, 'reason')
  const { code, sinceMs } = one.degraded ?? {}
  const isDegradedAlike = code === other.degraded?.code && sinceMs === other.degraded?.sinceMs
  return isDegradedAlike && one.status === other.status && keepUser(one, other.user) === one.user
}

export function initialState(startsSignedOut: boolean): AuthState<unknown> {
  return startsSignedOut
    ? { status: 'unauthenticated', reason: 'no-session', user: undefined }
    : { status: 'initializing', degraded: undefined, user: undefined }
}
