// Session: the data of one session, as it is used and as it is stored.

/** Everything that follows from one login. RFC 9700 calls its refresh tokens a family. */
export interface Session {
  /** The `sid` claim. */
  readonly id: string
  readonly sub: string
  /** The `auth_time` claim: when the user signed in. */
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
  readonly issued: string[]
  isRevoked: boolean
}
