// Call outcomes: one word for each way in which a call can end.

/**
 * The outcome of a call, or `pending` while it is open.
 *
 * - any route: `accepted`, `bad_request`, `too_large`, `not_found`, `method_not_allowed`,
 *   `unsupported_media_type`, `cross_site` (refused by the CSRF check), `preflight_refused`,
 *   `failed` (the handler failed), `fault_injected` (see `failNext`), `passed_by` (the request went
 *   to another server)
 * - login, refresh and logout: `csrf_mismatch` (a header does not repeat the CSRF cookie)
 * - login: `signed_in`, `bad_credentials`
 * - refresh: `rotated`, `replayed` (the previous refresh token, answered with the same successor
 *   again), `refreshed` (by an access token), or a {@link RefreshRefusal}
 * - logout: `signed_out`
 * - every route that takes an access token: a {@link TokenRefusal}
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
  | 'csrf_mismatch'
  | 'preflight_refused'
  | 'failed'
  | 'fault_injected'
  | 'passed_by'

const refreshRefusals = [
  'no_cookie',
  'unknown_session',
  'session_expired',
  'session_idle',
  'session_revoked',
  'refresh_reused'
] as const

/**
 * Why a refresh was refused.
 *
 * - `no_cookie`: the request carried no refresh token, neither in a cookie nor in the body
 * - `unknown_session`: the refresh token is unknown; it may belong to another server
 * - `session_expired`: the session has reached its absolute end
 * - `session_idle`: the refresh token was unused for too long
 * - `session_revoked`: the session was ended by a logout, by a test or because of a reuse
 * - `refresh_reused`: the refresh token was used before and its grace period has passed; the
 *   session is now revoked
 */
export type RefreshRefusal = (typeof refreshRefusals)[number]

/** Every {@link TokenRefusal}, grouped as described there. */
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
 * Why an access token was refused. If several reasons apply, one is reported.
 *
 * - request: `missing_token`, `malformed_token` (not a Bearer credential of RFC 6750, or not a JWS
 *   of RFC 7515)
 * - header: `alg_not_allowed` (`none`, an unknown algorithm, or not the algorithm of the key),
 *   `key_in_header` (`jwk`, `jku`, `x5c` or `x5u`), `missing_kid`, `unknown_kid`, `retired_key`
 * - signature: `bad_signature`
 * - claims: `malformed_claims` (not a JSON object, or a claim is missing or has the wrong type),
 *   `wrong_type`, `wrong_issuer`, `wrong_audience`, `token_not_yet_valid`, `token_expired`
 * - revocation check: `unknown_subject`, `token_revoked`, `stale_version`
 */
export type TokenRefusal = (typeof tokenRefusals)[number]

/** Whether an access token was refused. */
export function isTokenRefusal(outcome: CallOutcome): outcome is TokenRefusal {
  return tokenRefusals.some((reason) => reason === outcome)
}

/** Whether an access token or a refresh was refused. */
export function isRefusal(outcome: CallOutcome): outcome is TokenRefusal | RefreshRefusal {
  return isTokenRefusal(outcome) || refreshRefusals.some((reason) => reason === outcome)
}
