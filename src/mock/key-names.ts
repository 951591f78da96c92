// Which `kid` is whose: a name that was used once never names another key, or a look-up would be a guess.
import { MockAuthServerError } from './errors.ts'

export interface KeyNames {
  /**
   * Takes names for good: all of them or none.
   * @throws MockAuthServerError `key_exists` unless each is free, or the same issuer's already
   */
  claim(kids: readonly string[], issuer?: string): void
  isFree(kid: string): boolean
  reset(): void
}

export function createKeyNames(): KeyNames {
  /** The issuer of each name; `undefined` is the server itself. */
  const owners = new Map<string, string | undefined>()
  return {
    claim(kids, issuer) {
      const isTheirs = (kid: string) => issuer !== undefined && owners.get(kid) === issuer
      const taken = kids.find((kid) => owners.has(kid) && !isTheirs(kid))
      if (taken !== undefined) {
        throw new MockAuthServerError('key_exists', `There is or was a key ${taken} already.`)
      }
      for (const kid of kids) owners.set(kid, issuer)
    },
    isFree: (kid) => !owners.has(kid),
    reset: () => owners.clear()
  }
}
