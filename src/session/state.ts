// The session's state machine: what apps see of it, and how it moves. Pure; the token is not part of it.
import type { AuthErrorCode } from '../lib/errors.ts'

/**
 * Why nobody is signed in.
 * `no-session`: nobody was when the page loaded. `signed-out`: `logout()` was called. `session-expired`: the server
 * refused to renew the session. `user-changed`: the refresh cookie now belongs to another user. `idle`: nothing happened
 * for as long as the idle policy allows.
 */
export type SignedOutReason =
  | 'no-session'
  | 'signed-out'
  | 'session-expired'
  | 'user-changed'
  | 'idle'

/** The last refresh failed without a verdict: the session stays, and the refresh is tried again. */
export interface Degraded {
  readonly code: AuthErrorCode
  /** Since when, in milliseconds since the epoch. */
  readonly sinceMs: number
}

/** A snapshot of the session. It keeps its identity until something in it changes; a renewed token changes nothing. */
export type AuthState =
  /** Not known yet: the restore on page load is under way, or could not reach the server. */
  | { readonly status: 'initializing'; readonly degraded: Degraded | undefined }
  | { readonly status: 'authenticated'; readonly degraded: Degraded | undefined }
  | { readonly status: 'unauthenticated'; readonly reason: SignedOutReason }

export type Transition =
  /** Somebody signed in, or the session was restored. */
  | { readonly type: 'entered' }
  | { readonly type: 'ended'; readonly reason: SignedOutReason }
  /** A refresh failed without a verdict. */
  | { readonly type: 'failed'; readonly code: AuthErrorCode; readonly atMs: number }
  /** A refresh succeeded. */
  | { readonly type: 'recovered' }

//                     entered
//   initializing ───────────────▶ authenticated ◀──┐
//        │                           │      ▲      │ entered (as somebody else)
//        │ ended                     │ended │      │
//        ▼                           ▼      └──────┘
//   unauthenticated ◀────────────────┘
//        └──────────── entered ─────▶ authenticated
//
//   failed, recovered: change `degraded`, and nothing while nobody is signed in.

/** The next state; the very same object where nothing changes. */
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
