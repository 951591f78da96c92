// The ways in which a session is renewed, and the one that is the app's own.
import { AuthError, isAuthError } from '../errors.ts'
import { rejectOnAbort } from './auth-post.ts'
import type { TokenResponse } from './token-response.ts'

/** What a renewal has to go on. */
export interface RenewalContext {
  /** Names this renewal over its retries: an `Idempotency-Key` for servers that know one. */
  readonly attempt: string
  /** Aborts when the renewal is given up. */
  readonly signal: AbortSignal
  /** The access token that is to be replaced; `undefined` on page load. */
  readonly accessToken: string | undefined
}

/**
 * How the session is renewed.
 *
 * - `cookie`: POST to `paths.refresh`; the credential is the HttpOnly refresh cookie.
 * - `access-token`: the same, with the current access token as Bearer credential. There is nothing to restore from on load.
 * - `refresh-token`: the OAuth 2 form, `grant_type=refresh_token` (RFC 6749 §6). A `refresh_token` in the token response is
 *   kept in memory and sent along; without one, the cookie has to do.
 * - a function: whatever the app does. It returns a token response, or throws: an `AuthError` with the code
 *   `ERR_AUTH_SESSION_EXPIRED` ends the session, anything else leaves it and is tried again.
 */
export type RenewWith =
  | 'cookie'
  | 'access-token'
  | 'refresh-token'
  | ((context: RenewalContext) => Promise<TokenResponse>)

/** The app's function failed: with a verdict, or without one. */
export type AppRefusal =
  | { readonly kind: 'rejected'; readonly status: number; readonly oauthError: string | undefined }
  | { readonly kind: 'undecided'; readonly error: AuthError }

/** Calls the app's function; `issue` reads what it returns, and throws where that is no token response. */
export async function renewByApp<Issued>(
  renew: Extract<RenewWith, (context: never) => unknown>,
  context: RenewalContext,
  issue: (body: unknown) => Issued
): Promise<{ readonly kind: 'issued'; readonly token: Issued } | AppRefusal> {
  const { signal } = context
  try {
    return {
      kind: 'issued',
      token: issue(await Promise.race([renew(context), rejectOnAbort(signal)]))
    }
  } catch (error) {
    if (!isAuthError(error)) return { kind: 'undecided', error: failed(signal) }
    if (error.code !== 'ERR_AUTH_SESSION_EXPIRED') return { kind: 'undecided', error }
    return { kind: 'rejected', status: error.status ?? 401, oauthError: error.oauthError }
  }
}

// Whatever it threw may hold secrets, so only the fact travels.
function failed(signal: AbortSignal): AuthError {
  return signal.aborted
    ? new AuthError('ERR_AUTH_TIMEOUT', 'The function renewWith did not settle in time.')
    : new AuthError(
        'ERR_AUTH_SERVER_ERROR',
        'The function renewWith failed; it is called again later.'
      )
}
