// External issuers: the public keys that verify access tokens of other servers.

import type { KeyAudit, KeyChangeOptions } from './audit-log.ts'
import type { TrustedIssuer } from './given-key.ts'
import { importedKey, type Key, type KeyIds } from './key.ts'

/** A public key, and the values that tokens of its issuer must have. */
interface IssuerKey extends Key {
  readonly issuer: string
  readonly audience: string | undefined
  readonly typ: string
}

export interface Issuers {
  find(kid: string): IssuerKey | undefined
  list(): readonly IssuerKey[]
  /**
   * Trusts an issuer. Its new keys replace its earlier ones.
   * @throws MockAuthServerError `key_exists`
   */
  trust(issuer: TrustedIssuer, options: KeyChangeOptions): void
  reset(): void
}

export interface IssuersDeps {
  readonly initial: readonly TrustedIssuer[]
  readonly keyIds: KeyIds
  readonly audit: KeyAudit
}

export function createIssuers({ initial, keyIds, audit }: IssuersDeps): Issuers {
  const keys = new Map<string, IssuerKey>()

  function trust(trusted: TrustedIssuer, options: KeyChangeOptions): void {
    const { issuer, audience, typ } = trusted
    keyIds.claimFor(issuer, trusted.keys)
    for (const key of [...keys.values()].filter((each) => each.issuer === issuer)) {
      keys.delete(key.kid)
      if (trusted.keys.some((given) => given.kid === key.kid)) continue
      audit.record({ action: 'distrusted', kid: key.kid, alg: key.alg, issuer }, options)
    }
    for (const given of trusted.keys) {
      keys.set(given.kid, { ...importedKey(given), issuer, audience, typ })
      audit.record({ action: 'trusted', kid: given.kid, alg: given.alg, issuer }, options)
    }
  }

  function trustInitial(): void {
    for (const issuer of initial) trust(issuer, { by: 'options' })
  }

  trustInitial()
  return {
    find: (kid) => keys.get(kid),
    list: () => [...keys.values()],
    trust,
    reset() {
      keys.clear()
      trustInitial()
    }
  }
}
