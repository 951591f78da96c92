// The ways in which a session is renewed, and the one that is the app's own.
import { AuthError, isAuthError } from '../lib/errors.ts'
import { rejectOnAbort } from './post.ts'
import type { TokenResponse } from './token-response.ts'

/** What a renewal has to go on. */
export interface RefreshContext {
  /** Names this renewal over its retries: an `Idempotency-Key` for servers that know one. */
  readonly attempt: string
  /** Aborts when the renewal is given up, or has become pointless. */
  readonly signal: AbortSignal
  /** The access token that is to be replaced; `undefined` on page load. */
  readonly accessToken: string | undefined
}

/**
 * How the session is renewed.
 *
 * - `cookie`: POST to `paths.refresh`; the credential is the HttpOnly refresh cookie.
 * - `access-token`: the same, with the current access token as Bearer credential, to a trusted origin only. There is nothing to
 *   restore from on load.
 * - `refresh-token`: the OAuth 2 form, `grant_type=refresh_token` (RFC 6749 §6). A `refresh_token` in the token response is
 *   kept in memory and sent along; without one, the cookie has to do.
 * - a function: whatever the app does. It returns a token response, or throws: an `AuthError` with the code
 *   `ERR_AUTH_SESSION_EXPIRED` ends the session, anything else leaves it and is tried again.
 */
export type RefreshWith =
  | 'cookie'
  | 'access-token'
  | 'refresh-token'
  | ((context: RefreshContext) => Promise<TokenResponse>)

/** The app's function failed: with a verdict, or without one. */
export type CustomRefreshFailure =
  | { readonly kind: 'rejected'; readonly status: undefined; readonly oauthError: undefined }
  | { readonly kind: 'undecided'; readonly error: AuthError }

/** Calls the app's function; `issue` reads what it returns, and throws an `AuthError` where that is no token response. */
export async function refreshByApp<Issued>(
  renew: Extract<RefreshWith, (context: never) => unknown>,
  context: RefreshContext,
  issue: (body: unknown) => Issued
): Promise<{ readonly kind: 'issued'; readonly token: Issued } | CustomRefreshFailure> {
  let body: unknown
  try {
    body = await Promise.race([renew(context), rejectOnAbort(context.signal)])
  } catch (error) {
    // One code is a verdict. Whatever else it threw may be anybody's, and hold secrets: only the fact travels.
    return isAuthError(error, 'ERR_AUTH_SESSION_EXPIRED')
      ? { kind: 'rejected', status: undefined, oauthError: undefined }
      : { kind: 'undecided', error: failed(context.signal) }
  }
  try {
    return { kind: 'issued', token: issue(body) }
  } catch (error) {
    return { kind: 'undecided', error: error instanceof AuthError ? error : failed(context.signal) }
  }
}

function failed(signal: AbortSignal): AuthError {
  return signal.aborted
    ? new AuthError('ERR_AUTH_TIMEOUT', 'The function refreshWith did not settle in time.')
    : new AuthError(
        'ERR_AUTH_SERVER_ERROR',
        'The function refreshWith failed; it is called again later.'
      )
}
