// Which `kid` is whose: a name that was used once never names another key, or a look-up would be a guess.

import { MockAuthServerError } from '../lib/errors.ts'
import type { GivenKey } from './given-key.ts'

export interface KeyIds {
  /**
   * Takes names for good: all of them or none.
   * @throws MockAuthServerError `key_exists` unless each is free
   */
  claim(kids: readonly string[]): void
  /**
   * Takes the names of an issuer's public keys. It may come again, with the same key under the same name.
   * @throws MockAuthServerError `key_exists` unless each is free, or names this key already
   */
  claimFor(issuer: string, keys: readonly GivenKey[]): void
  isFree(kid: string): boolean
  reset(): void
}

export function createKeyIds(): KeyIds {
  /** What each name stands for: an issuer and its public key; `undefined` is a key of the server itself. */
  const named = new Map<string, string | undefined>()
  const take = (names: readonly (readonly [kid: string, meaning?: string])[]) => {
    const taken = names.find(
      ([kid, meaning]) => named.has(kid) && (meaning === undefined || named.get(kid) !== meaning)
    )
    if (taken !== undefined) {
      throw new MockAuthServerError('key_exists', `There is or was a key ${taken[0]} already.`)
    }
    for (const [kid, meaning] of names) named.set(kid, meaning)
  }
  return {
    claim: (kids) => take(kids.map((kid) => [kid])),
    claimFor: (issuer, keys) =>
      take(keys.map(({ kid, jwk }) => [kid, JSON.stringify([issuer, jwk])])),
    isFree: (kid) => !named.has(kid),
    reset: () => named.clear()
  }
}
