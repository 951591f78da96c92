// What a running mock server refuses to do when a test asks for it.

/**
 * - `signing_key`: the key still signs, rotate first
 * - `unknown_key`: there is no key with that `kid`
 * - `key_exists`: that `kid` is or was another key's, and a `kid` is never used twice
 * - `cannot_sign`: the key has no private half
 * - `unusable_key`: the numbers of a given key are no key of its kind, or the platform lacks the algorithm
 * - `no_public_key`: the forgery needs a public key of the server's, and all its keys are symmetric
 * - `unknown_user`: there is nobody with that `sub` or email
 * - `unknown_session`: there is no session with that `sid`
 * - `too_late`: the server was reset while this was under way
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

/** Thrown by the server's own methods, never for what a client sends; branch on `code`. */
export class MockAuthServerError extends Error {
  override readonly name = 'MockAuthServerError'
  readonly code: MockAuthServerErrorCode

  constructor(code: MockAuthServerErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
