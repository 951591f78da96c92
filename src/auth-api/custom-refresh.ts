// Custom refresh: the option `refreshWith`, and the call of the app's function if it is one.

import { AuthError, isAuthError } from '../lib/errors.ts'
import { rejectOnAbort } from '../lib/time.ts'
import type { TokenResponse } from './answer.ts'

/** The argument of a `refreshWith` function. */
export interface RefreshContext {
  /**
   * Identifies this refresh across its retries. Send it as `Idempotency-Key` if the server supports
   * one.
   */
  readonly attempt: string
  /** Aborts when the refresh is abandoned or its result is no longer needed. */
  readonly signal: AbortSignal
  /** The access token to replace; `undefined` on page load. */
  readonly accessToken: string | undefined
}

/**
 * How the session is refreshed.
 *
 * - `cookie`: POST to `paths.refresh`. The HttpOnly refresh cookie is the credential.
 * - `access-token`: the same request, with the current access token as Bearer credential. It goes
 *   to trusted origins only. A page load cannot restore the session.
 * - `refresh-token`: the OAuth 2 form with `grant_type=refresh_token` (RFC 6749 §6). The client
 *   keeps the `refresh_token` of the token response in memory and sends it. Without one, it relies
 *   on the cookie.
 * - a function that returns a token response. If it throws an `AuthError` with the code
 *   `ERR_AUTH_SESSION_EXPIRED`, the session ends. After any other error the session stays and the
 *   refresh is retried.
 *
 * @example
 * refreshWith: async ({ signal, attempt }) => {
 *   const response = await fetch('/session/refresh', {
 *     method: 'PUT', signal, headers: { 'Idempotency-Key': attempt }
 *   })
 *   if (response.status === 401) throw new AuthError('ERR_AUTH_SESSION_EXPIRED', 'signed out')
 *   return response.json()
 * }
 */
export type RefreshWith =
  | 'cookie'
  | 'access-token'
  | 'refresh-token'
  | ((context: RefreshContext) => Promise<TokenResponse>)

/** The function threw; `rejected` ends the session. */
export type CustomRefreshFailure =
  | { readonly kind: 'rejected'; readonly status: undefined; readonly oauthError: undefined }
  | { readonly kind: 'undecided'; readonly error: AuthError }

/** `read` turns the function's result into a token, or throws an `AuthError`. */
export async function refreshByApp<Issued>(
  refresh: Extract<RefreshWith, (context: never) => unknown>,
  context: RefreshContext,
  read: (body: unknown) => Issued
): Promise<{ readonly kind: 'issued'; readonly token: Issued } | CustomRefreshFailure> {
  let body: unknown
  try {
    body = await Promise.race([refresh(context), rejectOnAbort(context.signal)])
  } catch (error) {
    // The app's error may hold secrets, so only the fact that it failed is passed on.
    return isAuthError(error, 'ERR_AUTH_SESSION_EXPIRED')
      ? { kind: 'rejected', status: undefined, oauthError: undefined }
      : { kind: 'undecided', error: failed(context.signal) }
  }
  try {
    return { kind: 'issued', token: read(body) }
  } catch (error) {
    return { kind: 'undecided', error: error instanceof AuthError ? error : failed(context.signal) }
  }
}

function failed(signal: AbortSignal): AuthError {
  return signal.aborted
    ? new AuthError('ERR_AUTH_TIMEOUT', 'refreshWith did not settle in time.')
    : new AuthError(
        'ERR_AUTH_SERVER_ERROR',
        'refreshWith failed. The session is kept and the refresh will be retried.'
      )
}
