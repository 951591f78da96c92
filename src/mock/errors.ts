// What a running mock server refuses to do when a test asks for it.

/** `signing_key`: the key still signs, rotate first. `unknown_key`: there is no key with that `kid`. */
export type MockAuthServerErrorCode = 'signing_key' | 'unknown_key'

/** Thrown by `retireKey`; branch on `code`. */
export class MockAuthServerError extends Error {
  override readonly name = 'MockAuthServerError'
  readonly code: MockAuthServerErrorCode

  constructor(code: MockAuthServerErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
