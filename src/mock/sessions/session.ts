// Session: the data of one session, in use and in storage, and the results of a refresh.

import type { RefreshRefusal } from '../calls/outcomes.ts'

/** Everything that follows from one login. RFC 9700 calls its refresh tokens a family. */
export interface Session {
  /** The `sid` claim. */
  readonly id: string
  readonly sub: string
  /** The `auth_time` claim: when the user signed in, in seconds since the epoch, as all times. */
  readonly startedAtSeconds: number
  /** When the session ends at the latest. */
  readonly endsAtSeconds: number
  /** When the session ends without another refresh; never after `endsAtSeconds`. */
  readonly aliveUntilSeconds: number
}

/** A session as it is stored: with fingerprints of its refresh tokens, never the tokens. */
export interface Family extends Session {
  endsAtSeconds: number
  aliveUntilSeconds: number
  /** Fingerprint of the only refresh token that can be rotated. */
  current: string
  /** The token that `current` replaced, with the time and the `Idempotency-Key` of that refresh. */
  predecessor:
    | { fingerprint: string; spentAtMs: number; idempotencyKey: string | undefined }
    | undefined
  /** Fingerprints of all refresh tokens of the session, spent ones included. */
  readonly issued: string[]
  isRevoked: boolean
}

/** A session and the refresh token to send to the client. */
export interface Grant {
  readonly session: Session
  readonly refreshToken: string
}

/** The result of a refresh token that a client presents. */
export type Redemption =
  | ({ readonly kind: 'rotated' | 'replayed' } & Grant)
  | {
      readonly kind: 'refused'
      readonly reason: Exclude<RefreshRefusal, 'no_cookie'>
      readonly session?: Session
    }

/** Why a session has ended. */
export type SessionEnd = Extract<
  RefreshRefusal,
  'session_revoked' | 'session_expired' | 'session_idle'
>
