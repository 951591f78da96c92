// The key registry: the server's own ring and the keys of external issuers behind one look-up, with one audit log.

import type { MockAlgorithm } from './algorithms.ts'
import { createKeyAudit, type KeyAudit, type MockKeyChange } from './audit-log.ts'
import type { GivenKey, TrustedIssuer } from './given-key.ts'
import { createIssuers } from './issuers.ts'
import { createKeyIds } from './key-ids.ts'
import { createKeyRing, type KeyRing } from './key-ring.ts'
import type { Expectation, KeyLookup } from './lookup.ts'

export interface KeyRegistry {
  readonly ring: KeyRing
  readonly issuers: ReturnType<typeof createIssuers>
  readonly audit: KeyAudit
  /** The `iss` of the server's own tokens. */
  readonly ownIssuer: string
  readonly lookup: KeyLookup
  reset(): void
}

export interface KeyRegistryDeps extends KeySettings {
  readonly issuer: string
  readonly audience: string
  readonly now: () => number
}

/** The part of the stored state that concerns keys. */
interface StoredKeys {
  readonly goneKids: Set<string>
  /** Called after each change of `goneKids`. */
  readonly onChange: () => void
}

/** The type of the server's own access tokens (RFC 9068 §2.1). */
export const accessTokenType = 'at+jwt'

export function createKeyRegistry(
  rules: KeyRegistryDeps,
  stored: StoredKeys,
  tell: (change: MockKeyChange) => void
): KeyRegistry {
  const { issuer, audience } = rules
  const names = createKeyIds()
  const audit = createKeyAudit(rules.now, tell)
  const { goneKids, onChange } = stored
  const ring = createKeyRing({
    initial: rules.keys,
    alg: rules.alg,
    names,
    audit,
    goneKids,
    onChange
  })
  const issuers = createIssuers(rules.issuers, names, audit)
  const own: Expectation = { issuer, audience, typ: accessTokenType }

  return {
    ring,
    issuers,
    audit,
    ownIssuer: issuer,
    lookup: {
      find(kid) {
        const key = ring.find(kid)
        if (key !== undefined) return { key, expected: own, isOwn: true }
        const foreign = issuers.find(kid)
        if (foreign === undefined) return undefined
        return {
          key: foreign,
          // Whose key it is decides whose token it is: no issuer can speak for another.
          expected: { ...foreign, audience: foreign.audience ?? audience },
          isOwn: false
        }
      },
      wasRetired: (kid) => ring.findRetired(kid) !== undefined,
      withoutKid: () =>
        rules.tokensWithoutKid === 'refuse'
          ? []
          : ring.inOrder().map((key) => ({ key, expected: own, isOwn: true }))
    },
    reset() {
      names.reset()
      audit.reset()
      ring.reset()
      issuers.reset()
    }
  }
}

/** The options about keys, after validation. */
export interface KeySettings {
  readonly alg: MockAlgorithm
  readonly keys: readonly GivenKey<MockAlgorithm>[]
  readonly issuers: readonly TrustedIssuer[]
  readonly tokensWithoutKid: 'refuse' | 'try-keys'
  readonly clockToleranceSeconds: number
  readonly jwksMaxAgeSeconds: number
}
