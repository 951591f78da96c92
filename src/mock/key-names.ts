// Which `kid` is whose: a name that was used once never names another key, or a look-up would be a guess.
import { MockAuthServerError } from './errors.ts'

export interface KeyNames {
  /**
   * Takes a name for good.
   * @throws MockAuthServerError `key_exists` unless it is free, or the same issuer's already
   */
  claim(kid: string, issuer?: string): void
  isFree(kid: string): boolean
  reset(): void
}

export function createKeyNames(): KeyNames {
  /** The issuer of each name; `undefined` is the server itself. */
  const owners = new Map<string, string | undefined>()
  return {
    claim(kid, issuer) {
      if (owners.has(kid) && (issuer === undefined || owners.get(kid) !== issuer)) {
        throw new MockAuthServerError('key_exists', `There is or was a key ${kid} already.`)
      }
      owners.set(kid, issuer)
    },
    isFree: (kid) => !owners.has(kid),
    reset: () => owners.clear()
  }
}
