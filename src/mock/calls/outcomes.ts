// The words for how a call ended; each stands for exactly one reason.

/**
 * How a call ended, or `pending` while it has not.
 *
 * - any route: `accepted`, `bad_request`, `too_large`, `not_found`, `method_not_allowed`, `unsupported_media_type`,
 *   `cross_site`, `preflight_refused`, `failed`, `fault_injected` (a test had asked for it, see `failNext`),
 *   `passed_by` (seen on its way to somebody else)
 * - login: `signed_in`, `bad_credentials`
 * - refresh: `rotated`, `replayed` (the same successor again), `renewed` (by an access token), or a {@link RefreshRefusal}
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
  | 'refreshed'
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

/**
 * Why a refresh was refused.
 *
 * - `no_cookie`: no refresh token was sent, in a cookie or otherwise
 * - `unknown_session`: nobody here knows the refresh token; it may be another server's
 * - `session_expired`: the session has come to its absolute end
 * - `session_idle`: the refresh token was not used for too long
 * - `session_revoked`: signed out, ended, or revoked after a reuse
 * - `refresh_reused`: the refresh token was spent before, and this is no race; its session is revoked now
 */
export type RefreshRefusal =
  | 'no_cookie'
  | 'unknown_session'
  | 'session_expired'
  | 'session_idle'
  | 'session_revoked'
  | 'refresh_reused'

/** Every {@link TokenRefusal}, in the groups in which it tells them. */
export const tokenRefusals = [
  'missing_token',
  'malformed_token',
  'alg_not_allowed',
  'key_in_header',
  'missing_kid',
  'unknown_kid',
  'retired_key',
  'bad_signature',
  'malformed_claims',
  'wrong_type',
  'wrong_issuer',
  'wrong_audience',
  'token_not_yet_valid',
  'token_expired',
  'unknown_subject',
  'token_revoked',
  'stale_version'
] as const

/**
 * Why an access token was refused. Of one that is wrong in several ways it tells one.
 *
 * - of the request: `missing_token`, `malformed_token` (no credential of RFC 6750, or no JWS of RFC 7515)
 * - of the header: `alg_not_allowed` (`none`, an unknown algorithm, or not the one of the key), `key_in_header`
 *   (`jwk`, `jku`, `x5c` or `x5u`), `missing_kid`, `unknown_kid`, `retired_key`
 * - of the signature: `bad_signature`
 * - of the claims: `malformed_claims` (no JSON object, or one is missing or of a wrong type), `wrong_type`,
 *   `wrong_issuer`, `wrong_audience`, `token_not_yet_valid`, `token_expired`
 * - of what the server knows: `unknown_subject`, `token_revoked`, `stale_version`
 */
export type TokenRefusal = (typeof tokenRefusals)[number]
