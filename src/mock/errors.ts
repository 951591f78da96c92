// What a running mock server refuses to do when a test asks for it.

/**
 * `signing_key`: the key still signs, rotate first. `unknown_key`: there is no key with that `kid`. `production`: the
 * process runs with `NODE_ENV=production`.
 */
export type MockAuthServerErrorCode = 'signing_key' | 'unknown_key' | 'production'

/** Thrown by `retireKey` and at creation; branch on `code`. */
export class MockAuthServerError extends Error {
  override readonly name = 'MockAuthServerError'
  readonly code: MockAuthServerErrorCode

  constructor(code: MockAuthServerErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
