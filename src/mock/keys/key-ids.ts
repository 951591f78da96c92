// Key IDs: keeps every `kid` unique for good, so that a `kid` identifies one key.

import { MockAuthServerError } from '../lib/errors.ts'
import type { GivenKey } from './given-key.ts'

export interface KeyIds {
  /**
   * Claims IDs of own keys, all or none of them.
   * @throws MockAuthServerError `key_exists` if one is taken
   */
  claim(kids: readonly string[]): void
  /**
   * Claims the IDs of an issuer's public keys, all or none of them. A repeated claim for the same
   * key succeeds.
   * @throws MockAuthServerError `key_exists` if one is taken by another key
   */
  claimFor(issuer: string, keys: readonly GivenKey[]): void
  isFree(kid: string): boolean
  reset(): void
}

interface Claim {
  readonly kid: string
  /** Issuer and public key, as text. Absent for the server's own keys. */
  readonly owner?: string
}

export function createKeyIds(): KeyIds {
  const owners = new Map<string, string | undefined>()

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

  return {
    claim: (kids) => claimAll(kids.map((kid) => ({ kid }))),
    claimFor: (issuer, keys) =>
      claimAll(keys.map(({ kid, jwk }) => ({ kid, owner: JSON.stringify([issuer, jwk]) }))),
    isFree: (kid) => !owners.has(kid),
    reset: () => owners.clear()
  }
}
