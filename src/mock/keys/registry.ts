// Key registry: the server's own keys and those of external issuers, with one look-up and one log.

import type { MockAlgorithm } from './algorithms.ts'
import { createKeyAudit, type KeyAudit, type MockKeyChange } from './audit-log.ts'
import type { GivenKey, TrustedIssuer } from './given-key.ts'
import { createIssuers, type Issuers } from './issuers.ts'
import { createKeyIds } from './key.ts'
import { createKeyRing, type KeyRing } from './key-ring.ts'
import { createKeyLookup, type LookUpKeys } from './lookup.ts'

export interface KeyRegistry {
  readonly ring: KeyRing
  readonly issuers: Issuers
  readonly audit: KeyAudit
  /** The `iss` claim of the server's own tokens. */
  readonly ownIssuer: string
  readonly lookUpKeys: LookUpKeys
  /** Whether the `kid` is that of an own key, a retired one included. */
  isOwnKid(kid: string): boolean
  reset(): void
}

export interface KeyRegistryDeps {
  readonly issuer: string
  readonly audience: string
  readonly alg: MockAlgorithm
  readonly keys: readonly GivenKey<MockAlgorithm>[]
  readonly issuers: readonly TrustedIssuer[]
  readonly tokensWithoutKid: 'refuse' | 'try-keys'
  readonly now: () => number
  /** The `kid`s of given keys that are retired. The registry changes the set in place. */
  readonly goneKids: Set<string>
  /** Called after each change of `goneKids`. */
  readonly onChange: () => void
  /** Called with each new entry of the audit log. */
  readonly onRecord: (change: MockKeyChange) => void
}

export function createKeyRegistry({
  issuer,
  audience,
  alg,
  keys,
  issuers: trusted,
  tokensWithoutKid,
  now,
  goneKids,
  onChange,
  onRecord
}: KeyRegistryDeps): KeyRegistry {
  const keyIds = createKeyIds()
  const audit = createKeyAudit(now, onRecord)
  const ring = createKeyRing({ initial: keys, alg, keyIds, audit, goneKids, onChange })
  const issuers = createIssuers({ initial: trusted, keyIds, audit })

  return {
    ring,
    issuers,
    audit,
    ownIssuer: issuer,
    lookUpKeys: createKeyLookup({ ring, issuers, issuer, audience, tokensWithoutKid }),
    isOwnKid: (kid) => ring.find(kid) !== undefined || ring.findRetired(kid) !== undefined,
    reset() {
      keyIds.reset()
      audit.reset()
      ring.reset()
      issuers.reset()
    }
  }
}
