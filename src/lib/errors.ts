// Errors: one class with a closed union of codes. Messages never contain a secret.

/**
 * The cause of an {@link AuthError}. Codes are stable; messages may change.
 *
 * - `ERR_AUTH_INVALID_OPTIONS`: an option or argument is wrong. Fix what the message names. In a
 *   production build, the message does not state the expectation.
 * - `ERR_AUTH_LOGIN_REJECTED`: the server rejected the credentials. Ask for them again.
 * - `ERR_AUTH_NETWORK`: an auth request got no answer, because of the network, the server, CORS or
 *   a redirect. Refreshes are retried; show a notice if it lasts.
 * - `ERR_AUTH_TIMEOUT`: an auth request got no answer in time, or `refreshTokenStore` did not
 *   return. Refreshes are retried.
 * - `ERR_AUTH_SERVER_ERROR`: an auth endpoint answered with an error that does not end the session,
 *   such as 429 or 503. Refreshes are retried.
 * - `ERR_AUTH_STORE_FAILED`: `refreshTokenStore` could not be read, so no request was sent. The
 *   session is kept, and the refresh is retried.
 * - `ERR_AUTH_RESPONSE_MALFORMED`: an auth endpoint answered with something other than a token
 *   response. Check `baseURL` and the option `contract`.
 * - `ERR_AUTH_SESSION_EXPIRED`: the server rejected the refresh, so the session has ended. Show the
 *   sign-in page.
 * - `ERR_AUTH_SESSION_CHANGED`: the user signed in or out while the call was waiting, or another
 *   user signed in before its answer arrived. Drop the call.
 * - `ERR_AUTH_NOT_AUTHENTICATED`: the call needs a signed-in user. Sign in first.
 * - `ERR_AUTH_BODY_SPENT`: the server refused the token, and the request body was a stream, which
 *   can be read only once. The token has been refreshed: call again with a new stream.
 * - `ERR_AUTH_TOKEN_REFUSED`: the server refuses tokens faster than the client may refresh them. In
 *   `getState().degraded`, it means that an endpoint refuses new tokens too, so that a refresh does
 *   not help. The callers of that endpoint get the refusal itself.
 * - `ERR_AUTH_DISPOSED`: `dispose()` was called on this client. Create a new one.
 */
export type AuthErrorCode =
  | 'ERR_AUTH_INVALID_OPTIONS'
  | 'ERR_AUTH_LOGIN_REJECTED'
  | 'ERR_AUTH_NETWORK'
  | 'ERR_AUTH_TIMEOUT'
  | 'ERR_AUTH_SERVER_ERROR'
  | 'ERR_AUTH_STORE_FAILED'
  | 'ERR_AUTH_RESPONSE_MALFORMED'
  | 'ERR_AUTH_SESSION_EXPIRED'
  | 'ERR_AUTH_SESSION_CHANGED'
  | 'ERR_AUTH_NOT_AUTHENTICATED'
  | 'ERR_AUTH_BODY_SPENT'
  | 'ERR_AUTH_TOKEN_REFUSED'
  | 'ERR_AUTH_DISPOSED'

/** Facts of the answer that caused an {@link AuthError}. */
export interface AuthErrorFacts {
  /** HTTP status of the auth endpoint's answer. */
  readonly status?: number | undefined
  /** The server's `error` code (RFC 6749 §5.2), if it is well-formed. */
  readonly oauthError?: string | undefined
  /** The server's `Retry-After` (RFC 9110 §10.2.3), in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** The body of the answer to a login, without the tokens. */
  readonly body?: unknown
}

/**
 * The error that everbearer throws. Its message never contains a token.
 *
 * Use {@link isAuthError} to recognise it. The app creates one only to end the session in a
 * function of the contract.
 */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly code: AuthErrorCode
  /** HTTP status of the auth endpoint's answer; `undefined` without an answer. */
  readonly status: number | undefined
  /** The server's `error` code (RFC 6749 §5.2), if it sent a well-formed one. */
  readonly oauthError: string | undefined
  /** How long the server asked to wait (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined
  /**
   * The body of the answer to a login that was rejected or held no token, for example to show its
   * message or to continue with a second factor. Not enumerable, so that a log does not contain it.
   * `undefined` for other errors.
   *
   * It holds no value at a token place of the contract, no member with a usual name of a token such
   * as `access_token`, and no copy of such a token. If the contract names a wrong place, a token
   * under another name stays. It is `undefined` if a function of the contract found no token.
   *
   * If the body of a rejected login is not JSON, it is the text: not one that may hold a token, and
   * not a page of HTML longer than 8 KiB.
   */
  declare readonly body: unknown

  constructor(code: AuthErrorCode, message: string, facts?: AuthErrorFacts) {
    super(message)
    const { status, oauthError, retryAfterMs, body } = Object.assign(noFacts(), facts)
    this.code = code
    this.status = status
    this.oauthError = oauthError
    this.retryAfterMs = retryAfterMs
    Reflect.defineProperty(this, 'body', hidden(body))
  }
}

// Without a prototype, because a descriptor may inherit from a polluted `Object.prototype` too.
function hidden(value: unknown): PropertyDescriptor {
  return Object.assign(Object.create(null), { value })
}

// Without a prototype, so that a polluted `Object.prototype` cannot add facts.
function noFacts(): AuthErrorFacts {
  return Object.create(null)
}

/**
 * Whether `error` is an {@link AuthError}, optionally with a certain code.
 *
 * It compares name and code instead of the class, so it also works if a bundle contains two copies
 * of everbearer.
 *
 * @example
 * try {
 *   await auth.login(credentials)
 * } catch (error) {
 *   if (isAuthError(error, 'ERR_AUTH_LOGIN_REJECTED')) showWrongPassword()
 *   else throw error
 * }
 */
export function isAuthError<Code extends AuthErrorCode = AuthErrorCode>(
  error: unknown,
  code?: Code
): error is AuthError & { readonly code: Code } {
  if (!(error instanceof Error) || error.name !== 'AuthError' || !('code' in error)) return false
  return code === undefined || error.code === code
}
