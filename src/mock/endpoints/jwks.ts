// The JWK Set: the public keys that verify the server's tokens, and how long others may keep them (RFC 7517 §5).

import { type Decision, decision } from '../http/decision.ts'
import { usableMaterial } from '../keys/key.ts'
import type { KeyRing } from '../keys/key-ring.ts'

/** Answers `GET /.well-known/jwks.json`. A symmetric key is never in it: whoever can verify with one can sign as well. */
export async function answerJwks(ring: KeyRing, maxAgeSeconds: number): Promise<Decision> {
  const keys = await Promise.all(
    ring.list().map(async ({ kid, alg }) => {
      const key = ring.find(kid)
      const publicJwk = key === undefined ? undefined : (await usableMaterial(key))?.publicJwk
      return publicJwk === undefined ? [] : [{ ...publicJwk, kid, alg, use: 'sig' }]
    })
  )
  return decision('accepted', {
    status: 200,
    headers: [
      ['Content-Type', 'application/jwk-set+json'],
      ['Cache-Control', `public, max-age=${maxAgeSeconds}`]
    ],
    setCookies: [],
    body: JSON.stringify({ keys: keys.flat() })
  })
}
