// The words for how a call ended; each stands for exactly one reason.

/**
 * How a call ended, or `pending` while it has not.
 *
 * - any route: `accepted`, `bad_request`, `too_large`, `not_found`, `method_not_allowed`, `unsupported_media_type`,
 *   `cross_site`, `preflight_refused`, `failed`, `fault_injected` (a test had asked for it, see `failNext`),
 *   `passed_by` (seen on its way to another origin)
 * - login: `signed_in`, `bad_credentials`
 * - refresh: `rotated`, `replayed` (the same successor again), `no_cookie`, `unknown_session`, `session_expired`,
 *   `session_revoked`, `refresh_reused`
 * - logout: `signed_out`
 * - anything with an access token: the {@link TokenRefusal}s
 */
export type CallOutcome =
  | 'pending'
  | 'accepted'
  | 'signed_in'
  | 'bad_credentials'
  | 'rotated'
  | 'replayed'
  | 'signed_out'
  | RefreshRefusal
  | TokenRefusal
  | 'bad_request'
  | 'too_large'
  | 'not_found'
  | 'method_not_allowed'
  | 'unsupported_media_type'
  | 'cross_site'
  | 'preflight_refused'
  | 'failed'
  | 'fault_injected'
  | 'passed_by'

/** Why a refresh was refused. */
export type RefreshRefusal =
  | 'no_cookie'
  | 'unknown_session'
  | 'session_expired'
  | 'session_revoked'
  | 'refresh_reused'

/** Why an access token was refused. */
export type TokenRefusal =
  | 'missing_token'
  | 'malformed_token'
  | 'alg_not_allowed'
  | 'missing_kid'
  | 'unknown_kid'
  | 'bad_signature'
  | 'wrong_type'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'token_revoked'
