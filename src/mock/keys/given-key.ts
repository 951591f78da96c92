// Given keys and issuers: their types as options, and after validation.
import type { JWK } from 'jose'
import type { MockAlgorithm, VerifyAlgorithm } from './algorithms.ts'

/** Default `typ` of access tokens (RFC 9068 §2.1). */
export const accessTokenType = 'at+jwt'

/** A key that you give to the server, so that a test can sign or verify tokens with it too. */
export type MockKey = MockSecretKey | MockJwkKey

/** A symmetric key, given as text. */
export interface MockSecretKey {
  /** The `kid` header parameter (RFC 7515 §4.1.4). */
  readonly kid: string
  /** The HS256 secret. Its UTF-8 form has at least 32 bytes (RFC 7518 §3.2). */
  readonly secret: string
}

/** A key given as a JSON Web Key (RFC 7517). Without its private half it can only verify. */
export interface MockJwkKey {
  /** The `kid` header parameter (RFC 7515 §4.1.4). */
  readonly kid: string
  /**
   * The only algorithm of this key. `Ed25519` in a JWK (RFC 9864) means `EdDSA`. Default: the `alg`
   * of the JWK, or the first own algorithm that takes such a key.
   */
  readonly alg?: MockAlgorithm
  /**
   * The key. A secret needs 256 bits, an RSA key 2048. `use` and `key_ops`, if present, must allow
   * signatures.
   */
  readonly jwk: JWK
}

/** An external issuer. The server accepts its access tokens. */
export interface MockIssuer {
  /** The `iss` claim of its tokens. Differs from the server's own issuer. */
  readonly issuer: string
  /**
   * Its JWK Set (RFC 7517 §5). Each key needs a `kid` that is used for no other key. Symmetric and
   * private keys are refused.
   */
  readonly jwks: { readonly keys: readonly JWK[] }
  /** The `aud` claim that its tokens must have. Default: the server's own audience. */
  readonly audience?: string
  /** The `typ` header parameter that its tokens must have. Default `at+jwt` (RFC 9068 §2.1). */
  readonly typ?: string
}

/** A given key after validation. */
export interface GivenKey<Alg extends VerifyAlgorithm = VerifyAlgorithm> {
  readonly kid: string
  readonly alg: Alg
  readonly jwk: JWK
  readonly isPrivate: boolean
}

/** A given issuer after validation. */
export interface TrustedIssuer {
  readonly issuer: string
  /** `undefined` stands for the server's own audience. */
  readonly audience: string | undefined
  readonly typ: string
  readonly keys: readonly GivenKey[]
}
