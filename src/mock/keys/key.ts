// Keys: their material is generated or imported when it is first needed, and then kept. A `kid`
// identifies one key for good.

import type { CryptoKey, JWK } from 'jose'
import { exportJWK } from 'jose/key/export'
import { generateKeyPair } from 'jose/key/generate/keypair'
import { importJWK } from 'jose/key/import'
import { randomHex, randomText } from '../lib/crypto.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { MockAlgorithm, VerifyAlgorithm } from './algorithms.ts'
import type { KeyChangeOptions } from './audit-log.ts'
import type { GivenKey } from './given-key.ts'
import { publicHalf } from './jwk.ts'

/** Both halves of a key. For a symmetric key they are the same. */
export interface KeyMaterial {
  /** Absent for a key that only verifies. */
  readonly signWith: CryptoKey | undefined
  readonly verifyWith: CryptoKey
  /** The entry in the JWK Set. Absent for a symmetric key. */
  readonly publicJwk: JWK | undefined
}

/** A key. It exists at once, although its material may take time. */
export interface Key<Alg extends VerifyAlgorithm = VerifyAlgorithm> {
  readonly kid: string
  readonly alg: Alg
  readonly canSign: boolean
  /** @throws MockAuthServerError `unusable_key` */
  material(): Promise<KeyMaterial>
}

/** An own key: one that belongs to the server itself. */
export type OwnKey = Key<MockAlgorithm>

/** The public facts about a key. */
export interface MockKeyStatus {
  readonly kid: string
  readonly alg: MockAlgorithm
  /**
   * - `signing`: signs new tokens, and verifies
   * - `verifying`: only verifies
   * - `published`: is in the JWK Set and verifies, but signs only after `activateKey`
   */
  readonly status: 'signing' | 'verifying' | 'published'
}

/** A key to generate. */
export interface NewKey extends KeyChangeOptions {
  /** Default: the algorithm of the signing key. */
  readonly alg?: MockAlgorithm
  /** The `kid` of the key. Default: a generated one. */
  readonly kid?: string
}

/** A new key of the server. */
export function generatedKey(kid: string, alg: MockAlgorithm): OwnKey {
  async function generate(): Promise<KeyMaterial> {
    if (alg === 'HS256') return symmetric({ kty: 'oct', k: randomText(32) })
    const { publicKey, privateKey } = await generateKeyPair(alg)
    return {
      signWith: privateKey,
      verifyWith: publicKey,
      publicJwk: publicHalf(await exportJWK(publicKey))
    }
  }
  return { kid, alg, canSign: true, material: once(kid, generate) }
}

/** A given key. Only its shape is validated so far; bad key material shows at first use. */
export function importedKey<Alg extends VerifyAlgorithm>(given: GivenKey<Alg>): Key<Alg> {
  const { kid, alg, jwk, isPrivate } = given
  const publicJwk = publicHalf(jwk)
  async function read(): Promise<KeyMaterial> {
    if (publicJwk === undefined) return symmetric(jwk)
    return {
      signWith: isPrivate ? await asymmetric(jwk, alg) : undefined,
      verifyWith: await asymmetric(publicJwk, alg),
      publicJwk
    }
  }
  return { kid, alg, canSign: isPrivate, material: once(kid, read) }
}

/** For verification: `undefined` if the key material is invalid. Such a key verifies nothing. */
export function usableMaterial(key: Key): Promise<KeyMaterial | undefined> {
  return key.material().catch(() => undefined)
}

/** Imports an HS256 secret without jose, which rejects a `Uint8Array` of another realm (jsdom). */
export function importSecret(jwk: JWK): Promise<CryptoKey> {
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  return crypto.subtle.importKey('jwk', { ...jwk }, hmac, false, ['sign', 'verify'])
}

async function symmetric(jwk: JWK): Promise<KeyMaterial> {
  const key = await importSecret(jwk)
  return { signWith: key, verifyWith: key, publicJwk: undefined }
}

async function asymmetric(jwk: JWK, alg: VerifyAlgorithm): Promise<CryptoKey> {
  const key = await importJWK(jwk, alg)
  if (key instanceof Uint8Array) throw new TypeError('Expected an asymmetric key.')
  return key
}

function once(kid: string, make: () => Promise<KeyMaterial>): () => Promise<KeyMaterial> {
  let made: Promise<KeyMaterial> | undefined
  return () => {
    made ??= make().catch(() => {
      // The cause is dropped: the message of a platform may repeat parts of the key.
      const message = `Key ${kid} cannot be used: its material is invalid, or this platform lacks its algorithm.`
      throw new MockAuthServerError('unusable_key', message)
    })
    return made
  }
}

/** Every `kid` that was ever used, so that none is used for a second key. */
export interface KeyIds {
  /**
   * Claims the `kid`s of own keys, all or none of them.
   * @throws MockAuthServerError `key_exists` if one is taken
   */
  claim(kids: readonly string[]): void
  /**
   * Claims the `kid`s of an issuer's public keys, all or none of them. A repeated claim for the
   * same key succeeds.
   * @throws MockAuthServerError `key_exists` if one is taken by another key
   */
  claimFor(issuer: string, keys: readonly GivenKey[]): void
  /** A new `kid`, such as `key-1-8c2f01aa`. It is not claimed yet. */
  fresh(): string
  reset(): void
}

interface Claim {
  readonly kid: string
  /** Issuer and public key, as text. Absent for the server's own keys. */
  readonly owner?: string
}

export function createKeyIds(): KeyIds {
  const owners = new Map<string, string | undefined>()
  let freshCount = 0

  function claimAll(claims: readonly Claim[]): void {
    const taken = claims.find(
      ({ kid, owner }) => owners.has(kid) && (owner === undefined || owners.get(kid) !== owner)
    )
    if (taken !== undefined) {
      const message = `Key ${taken.kid} exists or existed before; a kid is never reused.`
      throw new MockAuthServerError('key_exists', message)
    }
    for (const { kid, owner } of claims) owners.set(kid, owner)
  }

  function fresh(): string {
    freshCount += 1
    // The random part keeps the `kid`s of several servers apart.
    const kid = `key-${freshCount}-${randomHex(4)}`
    return owners.has(kid) ? fresh() : kid
  }

  return {
    claim: (kids) => claimAll(kids.map((kid) => ({ kid }))),
    claimFor: (issuer, keys) =>
      claimAll(keys.map(({ kid, jwk }) => ({ kid, owner: JSON.stringify([issuer, jwk]) }))),
    fresh,
    reset: () => owners.clear()
  }
}
