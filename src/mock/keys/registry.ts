// The key registry: the server's own ring and the keys of external issuers behind one look-up, with one audit log.

import type { KeySettings } from '../options/key-options.ts'
import type { Persistence } from '../persistence.ts'
import { createKeyAudit, type KeyAudit, type MockKeyChange } from './audit-log.ts'
import { createIssuers } from './issuers.ts'
import { createKeyNames } from './key-ids.ts'
import { createKeyRing, type KeyRing } from './key-ring.ts'
import type { Expectation, KeyShelf } from './lookup.ts'

export interface KeyRegistry {
  readonly ring: KeyRing
  readonly issuers: ReturnType<typeof createIssuers>
  readonly audit: KeyAudit
  /** The `iss` of the server's own tokens. */
  readonly ownIssuer: string
  readonly shelf: KeyShelf
  reset(): void
}

export interface RegistryRules extends KeySettings {
  readonly issuer: string
  readonly audience: string
  readonly now: () => number
}

/** The type of the server's own access tokens (RFC 9068 §2.1). */
export const accessTokenType = 'at+jwt'

export function createKeyRegistry(
  rules: RegistryRules,
  kept: Pick<Persistence, 'goneKids' | 'keepRing'>,
  tell: (change: MockKeyChange) => void
): KeyRegistry {
  const { issuer, audience } = rules
  const names = createKeyNames()
  const audit = createKeyAudit(rules.now, tell)
  const { goneKids } = kept
  const ring = kept.keepRing(
    createKeyRing({ initial: rules.keys, alg: rules.alg, names, audit, goneKids })
  )
  const issuers = createIssuers(rules.issuers, names, audit)
  const own: Expectation = { issuer, audience, typ: accessTokenType }

  return {
    ring,
    issuers,
    audit,
    ownIssuer: issuer,
    shelf: {
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
