// Key ring: the server's own keys. One signs, others only verify, published ones do not sign yet.

import { randomHex } from '../lib/crypto.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { MockAlgorithm } from './algorithms.ts'
import type { KeyAudit, KeyChangeOptions } from './audit-log.ts'
import type { GivenKey } from './given-key.ts'
import type { KeyIds } from './key.ts'
import { generatedKey, importedKey, type OwnKey } from './key.ts'

/** The public facts about a key. */
export interface MockKeyStatus {
  readonly kid: string
  readonly alg: MockAlgorithm
  /**
   * - `signing`: signs new tokens, and verifies
   * - `verifying`: only verifies
   * - `published`: is in the JWK Set and verifies, but signs only after `activateKey`
   */
  readonly status: 'signing' | 'verifying' | 'published'
}

/** A key to generate. */
export interface NewKey extends KeyChangeOptions {
  /** Default: the algorithm of the signing key. */
  readonly alg?: MockAlgorithm
  /** The `kid` of the key. Default: a generated one. */
  readonly kid?: string
}

export interface KeyRing {
  signing(): OwnKey
  /** The key with this `kid`, unless it is retired. */
  find(kid: string): OwnKey | undefined
  /** The keys to try for a token without a `kid`: the signing key, then the verifying keys. */
  inOrder(): readonly OwnKey[]
  /** The retired key with this `kid`; without a `kid`, the latest one. */
  findRetired(kid?: string): OwnKey | undefined
  /** Adds a key to the retired ones that was never on the ring. */
  addRetired(key: OwnKey): OwnKey
  list(): readonly MockKeyStatus[]
  rotate(change: NewKey): { previousKid: string; kid: string }
  publish(change: NewKey): { kid: string }
  activate(kid: string, change: KeyChangeOptions): { previousKid: string; kid: string }
  register(key: OwnKey, status: MockKeyStatus['status'], change: KeyChangeOptions): void
  /** Retires this key; without a `kid`, every verifying key. */
  retire(kid: string | undefined, change: KeyChangeOptions): readonly string[]
  /**
   * Retires every key and signs with a new one. `endSessions` runs before the audit log records the
   * change, so that its listeners find no session.
   */
  replaceAll(
    change: NewKey,
    endSessions: () => void
  ): { previousKid: string; kid: string; retiredKids: readonly string[] }
  reset(): void
}

interface Entry {
  readonly key: OwnKey
  readonly status: 'verifying' | 'published'
}

interface Contents {
  readonly signing: OwnKey
  readonly others: readonly Entry[]
  /** The latest one comes first. */
  readonly retired: readonly OwnKey[]
}

export interface KeyRingDeps {
  readonly initial: readonly GivenKey<MockAlgorithm>[]
  readonly alg: MockAlgorithm
  readonly keyIds: KeyIds
  readonly audit: KeyAudit
  /** The retired ones among the initial keys. The ring adds to the set; a reset empties it. */
  readonly goneKids: Set<string>
  /** Called after each change of `goneKids`. */
  readonly onChange: () => void
}

export function createKeyRing({
  initial,
  alg,
  keyIds,
  audit,
  goneKids,
  onChange
}: KeyRingDeps): KeyRing {
  const given = initial.map(importedKey)
  let generatedCount = 0
  /** Signs if no key is given, or if the first given key is retired. It survives a reset. */
  let spare: OwnKey | undefined
  let { signing, others, retired } = initialContents()

  function initialContents(): Contents {
    const left = given.filter((key) => !goneKids.has(key.kid))
    const gone = given.filter((key) => goneKids.has(key.kid))
    keyIds.claim(gone.map((key) => key.kid))
    // Only the first given key may sign; the others are there to verify.
    const first = left.find((key) => key === given[0]) ?? spareKey()
    const rest = left.filter((key) => key !== first)
    for (const key of [first, ...rest]) {
      keyIds.claim([key.kid])
      const by = key === spare ? 'server' : 'options'
      audit.record({ action: 'created', kid: key.kid, alg: key.alg }, { by })
    }
    return {
      signing: first,
      others: rest.map((key) => ({ key, status: 'verifying' })),
      retired: gone
    }
  }

  function spareKey(): OwnKey {
    spare ??= generatedKey(freshKid(), alg)
    return spare
  }

  function freshKid(): string {
    generatedCount += 1
    // The random part keeps the `kid`s of several servers apart.
    const kid = `key-${generatedCount}-${randomHex(4)}`
    return keyIds.isFree(kid) ? kid : freshKid()
  }

  function generate(change: NewKey): OwnKey {
    const kid = change.kid ?? freshKid()
    keyIds.claim([kid])
    return generatedKey(kid, change.alg ?? signing.alg)
  }

  function findOther(kid: string): OwnKey | undefined {
    return others.find((entry) => entry.key.kid === kid)?.key
  }

  /** Makes a key the signing key, and returns the `kid` of the previous one. */
  function signWith(key: OwnKey): string {
    const previous = signing
    others = [
      { key: previous, status: 'verifying' },
      ...others.filter((entry) => entry.key !== key)
    ]
    signing = key
    return previous.kid
  }

  function moveToRetired(kids: readonly string[]): void {
    const leaving = others.map((entry) => entry.key).filter((key) => kids.includes(key.kid))
    retired = [...leaving, ...retired]
    others = others.filter((entry) => !kids.includes(entry.key.kid))
    for (const { kid } of given.filter((key) => kids.includes(key.kid))) goneKids.add(kid)
    onChange()
  }

  return {
    signing: () => signing,
    find: (kid) => (kid === signing.kid ? signing : findOther(kid)),
    inOrder: () => [
      signing,
      ...others.filter((entry) => entry.status === 'verifying').map((entry) => entry.key)
    ],
    findRetired: (kid) => retired.find((key) => kid === undefined || key.kid === kid),
    addRetired(key) {
      keyIds.claim([key.kid])
      retired = [key, ...retired]
      return key
    },
    list: () => [
      { kid: signing.kid, alg: signing.alg, status: 'signing' },
      ...others.map(({ key, status }): MockKeyStatus => ({ kid: key.kid, alg: key.alg, status }))
    ],
    rotate(change) {
      const key = generate(change)
      const previousKid = signWith(key)
      audit.record({ action: 'rotated', kid: key.kid, alg: key.alg, previousKid }, change)
      return { previousKid, kid: key.kid }
    },
    publish(change) {
      const key = generate(change)
      others = [...others, { key, status: 'published' }]
      audit.record({ action: 'published', kid: key.kid, alg: key.alg }, change)
      return { kid: key.kid }
    },
    activate(kid, change) {
      const key = kid === signing.kid ? signing : findOther(kid)
      if (key === undefined) throw unknownKey(kid)
      if (!key.canSign) throw cannotSign(kid)
      if (key === signing) return { previousKid: kid, kid }
      const previousKid = signWith(key)
      audit.record({ action: 'activated', kid, alg: key.alg, previousKid }, change)
      return { previousKid, kid }
    },
    register(key, status, change) {
      if (status !== 'verifying' && !key.canSign) throw cannotSign(key.kid)
      keyIds.claim([key.kid])
      const previous = status === 'signing' ? { previousKid: signWith(key) } : {}
      if (status !== 'signing') others = [...others, { key, status }]
      audit.record({ action: 'registered', kid: key.kid, alg: key.alg, ...previous }, change)
    },
    retire(kid, change) {
      if (kid === signing.kid) {
        throw new MockAuthServerError(
          'signing_key',
          `Key ${kid} is the signing key; call rotateKey() first.`
        )
      }
      // Without a `kid`, published keys stay: they have yet to sign.
      const leaving = others
        .filter(({ key, status }) => (kid === undefined ? status === 'verifying' : key.kid === kid))
        .map((entry) => entry.key)
      if (kid !== undefined && leaving.length === 0) throw unknownKey(kid)
      moveToRetired(leaving.map((key) => key.kid))
      for (const key of leaving) {
        audit.record({ action: 'retired', kid: key.kid, alg: key.alg }, change)
      }
      return leaving.map((key) => key.kid)
    },
    replaceAll(change, endSessions) {
      const key = generate(change)
      const previousKid = signWith(key)
      const retiredKids = Object.freeze(others.map((entry) => entry.key.kid))
      moveToRetired(retiredKids)
      endSessions()
      audit.record(
        { action: 'emergency', kid: key.kid, alg: key.alg, previousKid, retiredKids },
        change
      )
      return { previousKid, kid: key.kid, retiredKids }
    },
    reset() {
      goneKids.clear()
      ;({ signing, others, retired } = initialContents())
      onChange()
    }
  }
}

function unknownKey(kid: string): MockAuthServerError {
  return new MockAuthServerError('unknown_key', `There is no key ${kid}.`)
}

function cannotSign(kid: string): MockAuthServerError {
  return new MockAuthServerError(
    'cannot_sign',
    `Key ${kid} has no private half and can only verify.`
  )
}
