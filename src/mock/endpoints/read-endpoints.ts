// Read endpoints: the signed-in user, and the JWK Set.

import { type Decision, decision, json, type WireResponse } from '../http/message.ts'
import { usableMaterial } from '../keys/key.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { Users } from '../sessions/users.ts'
import type { ProtectedSession } from './guard.ts'

export interface ReadEndpoints {
  me(session: ProtectedSession): WireResponse
  jwks(): Promise<Decision>
}

export interface ReadEndpointsDeps {
  readonly users: Users
  readonly ring: Pick<KeyRing, 'all'>
  readonly issuer: string
  readonly jwksMaxAgeSeconds: number
}

export function createReadEndpoints({
  users,
  ring,
  issuer,
  jwksMaxAgeSeconds
}: ReadEndpointsDeps): ReadEndpoints {
  return {
    me({ claims: { sub, iss } }) {
      const user = users.find(String(sub))
      // A trusted issuer has its own users: an equal `sub` names another user.
      if (iss !== issuer || user === undefined) return json(200, { sub, iss })
      return json(200, { ...users.claimsOf(user.sub), email: user.email })
    },

    // RFC 7517 §5. Symmetric keys are left out: publishing one would let others sign.
    async jwks() {
      const keys = await Promise.all(
        ring.all().map(async (key) => {
          const { kid, alg } = key
          const publicJwk = (await usableMaterial(key))?.publicJwk
          return publicJwk === undefined ? [] : [{ ...publicJwk, kid, alg, use: 'sig' }]
        })
      )
      const response = json(200, { keys: keys.flat() })
      const headers: WireResponse['headers'] = [
        ['Content-Type', 'application/jwk-set+json'],
        ['Cache-Control', `public, max-age=${jwksMaxAgeSeconds}`]
      ]
      return decision('accepted', { ...response, headers })
    }
  }
}
