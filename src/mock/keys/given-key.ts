// Keys and issuers as the options give them, and after validation.
import type { JWK } from 'jose'
import type { MockAlgorithm, VerifyAlgorithm } from './algorithms.ts'

/** A key of your own, so that a test can sign tokens as the server does, or check them. */
export type MockKey = MockSecretKey | MockJwkKey

/** A symmetric key, given as text. */
export interface MockSecretKey {
  /** The `kid` header parameter (RFC 7515 §4.1.4). */
  readonly kid: string
  /** The HS256 secret: its UTF-8 bytes, at least 32 of them (RFC 7518 §3.2). */
  readonly secret: string
}

/** A key given as JSON Web Key (RFC 7517). One without its private half can only verify. */
export interface MockJwkKey {
  /** The `kid` header parameter (RFC 7515 §4.1.4). */
  readonly kid: string
  /**
   * The one algorithm of this key. Default: what the JWK says, where `Ed25519` (RFC 9864) means `EdDSA`, else what such
   * a key is for.
   */
  readonly alg?: MockAlgorithm
  /** At least 256 bits of secret, or 2048 of RSA; `use` and `key_ops` must allow signatures. */
  readonly jwk: JWK
}

/** Somebody else whose access tokens are accepted: the issuer and its public keys. */
export interface MockIssuer {
  /** The `iss` claim that its tokens must have. */
  readonly issuer: string
  /** Its JWK Set (RFC 7517 §5), each key with a `kid` that is used nowhere else. Symmetric and private keys are refused. */
  readonly jwks: { readonly keys: readonly JWK[] }
  /** The `aud` claim that its tokens must have. Default: the server's own audience. */
  readonly audience?: string
  /** The `typ` header parameter that its tokens must have. Default `at+jwt` (RFC 9068 §2.1). */
  readonly typ?: string
}

/** A key as it was given, checked. */
export interface GivenKey<Alg extends VerifyAlgorithm = VerifyAlgorithm> {
  readonly kid: string
  readonly alg: Alg
  readonly jwk: JWK
  readonly isPrivate: boolean
}

/** An issuer as it was given, checked. */
export interface TrustedIssuer {
  readonly issuer: string
  readonly audience: string | undefined
  readonly typ: string
  readonly keys: readonly GivenKey[]
}
