// External issuers: whose else access tokens are accepted, by which of their public keys.

import type { KeyAudit, KeyChangeOptions } from './audit-log.ts'
import type { TrustedIssuer } from './given-key.ts'
import { importedKey, type Key } from './key.ts'
import type { KeyIds } from './key-ids.ts'

/** A public key together with what the tokens of its issuer must say. */
interface IssuerKey extends Key {
  readonly issuer: string
  readonly audience: string | undefined
  readonly typ: string
}

export interface Issuers {
  find(kid: string): IssuerKey | undefined
  list(): readonly IssuerKey[]
  /** Trusts an issuer; what it had before is replaced. */
  trust(issuer: TrustedIssuer, options: KeyChangeOptions): void
  reset(): void
}

export function createIssuers(
  initial: readonly TrustedIssuer[],
  names: KeyIds,
  audit: KeyAudit
): Issuers {
  const keys = new Map<string, IssuerKey>()

  const trust = (trusted: TrustedIssuer, options: KeyChangeOptions): void => {
    const { issuer, audience, typ } = trusted
    names.claimFor(issuer, trusted.keys)
    for (const key of [...keys.values()].filter((each) => each.issuer === issuer)) {
      keys.delete(key.kid)
      if (trusted.keys.some((stored) => stored.kid === key.kid)) continue
      audit.note({ action: 'distrusted', kid: key.kid, alg: key.alg, issuer }, options)
    }
    for (const given of trusted.keys) {
      keys.set(given.kid, { ...importedKey(given), issuer, audience, typ })
      audit.note({ action: 'trusted', kid: given.kid, alg: given.alg, issuer }, options)
    }
  }
  const begin = () => {
    for (const issuer of initial) trust(issuer, { by: 'options' })
  }
  begin()

  return {
    find: (kid) => keys.get(kid),
    list: () => [...keys.values()],
    trust,
    reset() {
      keys.clear()
      begin()
    }
  }
}
