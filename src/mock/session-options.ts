// The options that are about sessions: how long they last, what is forgiven, and how access tokens are called back.

export interface MockSessionOptions {
  /**
   * Lifetime of a session from its login, in whole seconds, 1 to 31 536 000. Default 604 800 (7 days).
   * Nothing extends it: the refresh cookie's `Max-Age` is at most what is left.
   */
  readonly sessionSeconds?: number
  /**
   * How long a refresh token lives unused, in whole seconds, 1 to 31 536 000. Default: as long as its session. Only a
   * refresh begins this time anew; no access token outlives it.
   */
  readonly refreshIdleSeconds?: number
  /**
   * How long a refresh token that was just rotated still gets the same successor, in whole seconds, 0 to 86 400.
   * Default 10. With 0 every second use counts as reuse (RFC 9700 §4.14.2), but for a repeated `Idempotency-Key`.
   */
  readonly refreshGraceSeconds?: number
  /**
   * How an access token is called back before it expires. Default `immediate`: every call looks up the token, the
   * session and the user's token version. With `short-lived` nothing is looked up: the signature and the claims count,
   * a sign-out reaches the refresh token alone, and access tokens last 900 seconds at most.
   */
  readonly revocation?: 'immediate' | 'short-lived'
}

/** The options about sessions, after validation. */
export interface SessionSettings {
  readonly sessionSeconds: number
  readonly refreshIdleSeconds: number | undefined
  readonly refreshGraceSeconds: number
  readonly revocation: 'immediate' | 'short-lived'
}
