// Every error that everbearer throws: one class, a closed union of codes, and never a secret.

/**
 * What went wrong, as a stable word to branch on.
 *
 * | code | meaning | what to do |
 * | --- | --- | --- |
 * | `ERR_AUTH_INVALID_OPTIONS` | an option is wrong | fix the option that the message names |
 * | `ERR_AUTH_LOGIN_REJECTED` | the server refused the credentials | ask the user again |
 * | `ERR_AUTH_NETWORK` | an auth request got no answer: offline, server down, CORS, or a redirect | nothing: it is retried; tell the user if it lasts |
 * | `ERR_AUTH_TIMEOUT` | an auth request got no answer in time | as above |
 * | `ERR_AUTH_SERVER_ERROR` | an auth endpoint answered with a status that decides nothing (429, 5xx, …) | as above |
 * | `ERR_AUTH_RESPONSE_MALFORMED` | an auth endpoint answered with something that is no token response | check the endpoint's path and its body |
 * | `ERR_AUTH_SESSION_EXPIRED` | the server refused to renew the session: it has ended | send the user to the sign-in page |
 * | `ERR_AUTH_SESSION_CHANGED` | the user signed in or out while this call was waiting | drop the call |
 * | `ERR_AUTH_NOT_AUTHENTICATED` | the call needs a signed-in user and there is none | sign in first |
 * | `ERR_AUTH_BODY_SPENT` | the server refused the token of a request whose body was a stream | call again with a new stream; the token is renewed |
 * | `ERR_AUTH_DISPOSED` | `dispose()` was called on this client | create a new client |
 */
export type AuthErrorCode =
  | 'ERR_AUTH_INVALID_OPTIONS'
  | 'ERR_AUTH_LOGIN_REJECTED'
  | 'ERR_AUTH_NETWORK'
  | 'ERR_AUTH_TIMEOUT'
  | 'ERR_AUTH_SERVER_ERROR'
  | 'ERR_AUTH_RESPONSE_MALFORMED'
  | 'ERR_AUTH_SESSION_EXPIRED'
  | 'ERR_AUTH_SESSION_CHANGED'
  | 'ERR_AUTH_NOT_AUTHENTICATED'
  | 'ERR_AUTH_BODY_SPENT'
  | 'ERR_AUTH_DISPOSED'

export interface AuthErrorFacts {
  /** HTTP status of the answer, where there was one. */
  readonly status?: number | undefined
  /** The server's `error` code (RFC 6749 §5.2), where it sent a well-formed one. */
  readonly oauthError?: string | undefined
  /** How long the server asked to be left alone (`Retry-After`, RFC 9110 §10.2.3), in milliseconds. */
  readonly retryAfterMs?: number | undefined
}

/** An error of everbearer's own. Branch on `code`, best through {@link isAuthError}. */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly code: AuthErrorCode
  /** HTTP status of the auth endpoint's answer, where there was one. */
  readonly status: number | undefined
  /** The server's `error` code (RFC 6749 §5.2), where it sent a well-formed one. */
  readonly oauthError: string | undefined
  /** How long the server asked to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(code: AuthErrorCode, message: string, facts?: AuthErrorFacts) {
    super(message)
    const { status, oauthError, retryAfterMs } = Object.assign(noFacts(), facts)
    this.code = code
    this.status = status
    this.oauthError = oauthError
    this.retryAfterMs = retryAfterMs
  }
}

// Without a prototype: what `Object.prototype` may carry is nothing that the server said.
function noFacts(): AuthErrorFacts {
  return Object.create(null)
}

/**
 * Is this an {@link AuthError}, and (where a code is given) one with that code?
 *
 * It asks the name and the code, not the class, so it also holds where a bundle contains two copies of everbearer.
 *
 * @example
 * try { await auth.login(credentials) }
 * catch (error) { if (isAuthError(error, 'ERR_AUTH_LOGIN_REJECTED')) showWrongPassword() }
 */
export function isAuthError<Code extends AuthErrorCode = AuthErrorCode>(
  error: unknown,
  code?: Code
): error is AuthError & { readonly code: Code } {
  if (!(error instanceof Error) || error.name !== 'AuthError' || !('code' in error)) return false
  return code === undefined || error.code === code
}
