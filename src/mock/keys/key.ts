// What a key is made of: generated or imported when it is first needed, and kept.

import type { CryptoKey, JWK } from 'jose'
import { exportJWK } from 'jose/key/export'
import { generateKeyPair } from 'jose/key/generate/keypair'
import { importJWK } from 'jose/key/import'
import { randomText } from '../lib/crypto.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { MockAlgorithm, VerifyAlgorithm } from './algorithms.ts'
import type { GivenKey } from './given-key.ts'
import { publicHalf } from './jwk.ts'

/** Both halves of a key; of a symmetric one they are the same. */
export interface KeyMaterial {
  /** Absent for a key that only verifies. */
  readonly signWith: CryptoKey | undefined
  readonly verifyWith: CryptoKey
  /** What the JWK Set tells of it; nothing of a symmetric key. */
  readonly publicJwk: JWK | undefined
}

/** A key by its name: it is on the ring at once, whatever time its making takes. */
export interface Key<Alg extends VerifyAlgorithm = VerifyAlgorithm> {
  readonly kid: string
  readonly alg: Alg
  readonly canSign: boolean
  material(): Promise<KeyMaterial>
}

/** One of the server's own. */
export type OwnKey = Key<MockAlgorithm>

/** A key that is made when it is first needed. */
export function generatedKey(kid: string, alg: MockAlgorithm): OwnKey {
  const make = async (): Promise<KeyMaterial> => {
    if (alg === 'HS256') return symmetric({ kty: 'oct', k: randomText(32) })
    const { publicKey, privateKey } = await generateKeyPair(alg)
    return {
      signWith: privateKey,
      verifyWith: publicKey,
      publicJwk: publicHalf(await exportJWK(publicKey))
    }
  }
  return { kid, alg, canSign: true, material: once(kid, make) }
}

/** A key that somebody gave. Its shape was checked; whether its numbers are a key shows when it is first used. */
export function importedKey<Alg extends VerifyAlgorithm>(given: GivenKey<Alg>): Key<Alg> {
  const { kid, alg, jwk, isPrivate } = given
  const publicJwk = publicHalf(jwk)
  const read = async (): Promise<KeyMaterial> =>
    publicJwk === undefined
      ? symmetric(jwk)
      : {
          signWith: isPrivate ? await asymmetric(jwk, alg) : undefined,
          verifyWith: await asymmetric(publicJwk, alg),
          publicJwk
        }
  return { kid, alg, canSign: isPrivate, material: once(kid, read) }
}

/** For whoever only checks: nothing where its numbers are no key, which proves nothing and signs nothing. */
export function usableMaterial(key: Key): Promise<KeyMaterial | undefined> {
  return key.material().catch(() => undefined)
}

/** Never by way of jose's `Uint8Array`: under jsdom it refuses the one of another realm. */
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
  if (key instanceof Uint8Array) throw new TypeError('a symmetric key came out')
  return key
}

function once(kid: string, make: () => Promise<KeyMaterial>): () => Promise<KeyMaterial> {
  let made: Promise<KeyMaterial> | undefined
  return () => {
    made ??= make().catch(() => {
      // Without the cause: what a platform says of a key may repeat parts of it.
      const message = `Key ${kid} cannot be used: it is no key of its kind, or this platform lacks the algorithm.`
      throw new MockAuthServerError('unusable_key', message)
    })
    return made
  }
}
