// Session state machine: what apps see of the session, and how it changes. Pure; the token is not
// part of it.
import type { AuthErrorCode } from '../lib/errors.ts'

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
 */
export type SignedOutReason =
  | 'no-session'
  | 'signed-out'
  | 'session-expired'
  | 'user-changed'
  | 'idle'

/**
 * The last refresh failed without an explicit rejection: the session is kept, and the refresh is
 * retried.
 */
export interface Degraded {
  /** The cause of the last failure. */
  readonly code: AuthErrorCode
  /** When the first of the failed refreshes settled, in milliseconds since the epoch. */
  readonly sinceMs: number
}

/**
 * A snapshot of the session. It is the same object until something in it changes. A refreshed token
 * changes nothing in it.
 */
export type AuthState =
  /** Not known yet: the restore on page load is in flight, or could not reach the server. */
  | { readonly status: 'initializing'; readonly degraded: Degraded | undefined }
  /** The user is signed in. */
  | { readonly status: 'authenticated'; readonly degraded: Degraded | undefined }
  /** The user is not signed in, or no longer. */
  | { readonly status: 'unauthenticated'; readonly reason: SignedOutReason }

export type Transition =
  /** The user signed in, or the session was restored. */
  | { readonly type: 'entered' }
  | { readonly type: 'ended'; readonly reason: SignedOutReason }
  /** A refresh failed without an explicit rejection. */
  | { readonly type: 'failed'; readonly code: AuthErrorCode; readonly atMs: number }
  /** A refresh succeeded. */
  | { readonly type: 'recovered' }

//                     entered
//   initializing ───────────────▶ authenticated ◀──┐
//        │                           │      ▲      │ entered (as another user)
//        │ ended                     │ended │      │
//        ▼                           ▼      └──────┘
//   unauthenticated ◀────────────────┘
//        └──────────── entered ─────▶ authenticated
//
//   `failed` and `recovered` change `degraded`; in `unauthenticated` they change nothing.

/** The next state, or the same object if nothing changes. */
export function transition(state: AuthState, move: Transition): AuthState {
  switch (move.type) {
    case 'entered':
      return state.status === 'authenticated' && state.degraded === undefined
        ? state
        : { status: 'authenticated', degraded: undefined }
    case 'ended':
      return state.status === 'unauthenticated' && state.reason === move.reason
        ? state
        : { status: 'unauthenticated', reason: move.reason }
    case 'failed':
      if (state.status === 'unauthenticated' || state.degraded?.code === move.code) return state
      return {
        ...state,
        degraded: { code: move.code, sinceMs: state.degraded?.sinceMs ?? move.atMs }
      }
    case 'recovered':
      if (state.status === 'unauthenticated' || state.degraded === undefined) return state
      return { ...state, degraded: undefined }
  }
}

export function initialState(startsSignedOut: boolean): AuthState {
  return startsSignedOut
    ? { status: 'unauthenticated', reason: 'no-session' }
    : { status: 'initializing', degraded: undefined }
}
