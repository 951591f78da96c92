// MockAuthServerError: the error of the server's own methods, with a code to branch on.

/**
 * - `signing_key`: the key is the signing key; rotate first
 * - `unknown_key`: there is no key with this `kid`
 * - `key_exists`: the `kid` is taken, or was taken by a retired key; a `kid` is never reused
 * - `cannot_sign`: the key has no private half
 * - `unusable_key`: the key material is invalid, or the platform does not support the algorithm
 * - `no_public_key`: the forgery needs a public key, and all keys of the server are symmetric
 * - `unknown_user`: there is no user with this `sub` or email
 * - `unknown_session`: there is no session with this `sid`
 * - `too_late`: the server was reset before the method finished
 * - `production`: the process runs with `NODE_ENV=production`
 */
export type MockAuthServerErrorCode =
  | 'signing_key'
  | 'unknown_key'
  | 'key_exists'
  | 'cannot_sign'
  | 'unusable_key'
  | 'no_public_key'
  | 'unknown_user'
  | 'unknown_session'
  | 'too_late'
  | 'production'

/** Thrown by the server's own methods, never because of a client's request. Branch on `code`. */
export class MockAuthServerError extends Error {
  override readonly name = 'MockAuthServerError'
  readonly code: MockAuthServerErrorCode

  constructor(code: MockAuthServerErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
