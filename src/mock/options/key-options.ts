// The options that are about keys: which there are, what they sign with, whose else are trusted, and how strictly.
import type { JWK } from 'jose'
import type { MockAlgorithm, VerifyAlgorithm } from '../keys/algorithms.ts'

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

export interface MockKeyOptions {
  /**
   * What keys that the server makes itself sign with. Default `HS256`. An asymmetric pair is made when it is first
   * needed, so the server is there at once all the same; `ready()` makes it beforehand.
   */
  readonly alg?: MockAlgorithm
  /** The first key signs, the others only verify. Default: one generated key of 256 bits. */
  readonly keys?: readonly MockKey[]
  /** Whose else access tokens are accepted. Default: nobody's. `trustIssuer` adds one later. */
  readonly issuers?: readonly MockIssuer[]
  /**
   * What becomes of an access token that names no key. Default `refuse`: a key is looked up, never guessed. `try-keys`
   * is for servers that began without `kid`: the key that signs is tried first, then those that verify.
   */
  readonly tokensWithoutKid?: 'refuse' | 'try-keys'
  /**
   * How far other clocks may be off when `exp` and `nbf` are checked, in whole seconds, 0 to 3 600 (RFC 7519 §4.1.4).
   * Default 0.
   */
  readonly clockToleranceSeconds?: number
  /**
   * How long others may keep the JWK Set, in whole seconds, 0 to 86 400: the `max-age` of its `Cache-Control`. Default
   * 300. A key has to be published that long before it signs, or some verifier does not know it yet.
   */
  readonly jwksMaxAgeSeconds?: number
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

/** The options about keys, after validation. */
export interface KeySettings {
  readonly alg: MockAlgorithm
  readonly keys: readonly GivenKey<MockAlgorithm>[]
  readonly issuers: readonly TrustedIssuer[]
  readonly tokensWithoutKid: 'refuse' | 'try-keys'
  readonly clockToleranceSeconds: number
  readonly jwksMaxAgeSeconds: number
}
