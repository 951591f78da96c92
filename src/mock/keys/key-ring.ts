// Key ring: the server's own keys. One signs, others only verify, published ones do not sign yet.

import { describe, invalid } from '../lib/checks.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { MockAlgorithm } from './algorithms.ts'
import type { KeyAudit, KeyChangeOptions, MockKeyAction, MockKeyChange } from './audit-log.ts'
import type { GivenKey } from './given-key.ts'
import {
  generatedKey,
  importedKey,
  type KeyIds,
  type MockKeyStatus,
  type NewKey,
  type OwnKey
} from './key.ts'

export interface KeyRing {
  signing(): OwnKey
  /** The key with this `kid`, unless it is retired. */
  find(kid: string): OwnKey | undefined
  /** Every key except the retired ones; the signing key comes first. */
  all(): readonly OwnKey[]
  /** The keys that may have signed a token: the signing key, then the verifying keys. */
  signers(): readonly OwnKey[]
  /** The retired key with this `kid`; without a `kid`, the latest one. */
  findRetired(kid?: string): OwnKey | undefined
  /** Adds a key that was never on the ring to the retired ones. */
  addRetired(key: OwnKey): OwnKey
  /** The public facts about every key of `all`, in the same order. */
  list(): readonly MockKeyStatus[]
  /** Generates a key that signs from now on. */
  rotate(change: NewKey): { previousKid: string; kid: string }
  /** Generates a key that does not sign yet. */
  publish(change: NewKey): { kid: string }
  /** Lets an existing key sign. */
  activate(kid: string, change: KeyChangeOptions): { previousKid: string; kid: string }
  /** Adds a key from another source. */
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
  /** The `kid`s of initial keys that are retired. The ring adds to the set; a reset empties it. */
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
      record('created', key, { by: key === spare ? 'server' : 'options' })
    }
    return {
      signing: first,
      others: rest.map((key) => ({ key, status: 'verifying' })),
      retired: gone
    }
  }

  function record(
    action: MockKeyAction,
    { kid, alg }: OwnKey,
    change: KeyChangeOptions,
    more: Pick<MockKeyChange, 'previousKid' | 'retiredKids'> = {}
  ): void {
    audit.record({ action, kid, alg, ...more }, change)
  }

  function spareKey(): OwnKey {
    spare ??= generatedKey(keyIds.fresh(), alg)
    return spare
  }

  function generate(change: NewKey): OwnKey {
    const kid = change.kid ?? keyIds.fresh()
    keyIds.claim([kid])
    return generatedKey(kid, change.alg ?? signing.alg)
  }

  function unknownKey(caller: string, kid: string): MockAuthServerError {
    const kids = all().map((key) => key.kid)
    const { message } = invalid('kid', `one of ${kids.join(', ')}`, describe(kid), caller)
    return new MockAuthServerError('unknown_key', message)
  }

  function all(): readonly OwnKey[] {
    return [signing, ...others.map((entry) => entry.key)]
  }

  function find(kid: string): OwnKey | undefined {
    return all().find((key) => key.kid === kid)
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
    find,
    all,
    signers: () => [
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
      record('rotated', key, change, { previousKid })
      return { previousKid, kid: key.kid }
    },
    publish(change) {
      const key = generate(change)
      others = [...others, { key, status: 'published' }]
      record('published', key, change)
      return { kid: key.kid }
    },
    activate(kid, change) {
      const key = find(kid)
      if (key === undefined) throw unknownKey('activateKey', kid)
      if (!key.canSign) throw cannotSign(kid)
      if (key === signing) return { previousKid: kid, kid }
      const previousKid = signWith(key)
      record('activated', key, change, { previousKid })
      return { previousKid, kid }
    },
    register(key, status, change) {
      if (status !== 'verifying' && !key.canSign) throw cannotSign(key.kid)
      keyIds.claim([key.kid])
      const previous = status === 'signing' ? { previousKid: signWith(key) } : {}
      if (status !== 'signing') others = [...others, { key, status }]
      record('registered', key, change, previous)
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
      if (kid !== undefined && leaving.length === 0) throw unknownKey('retireKey', kid)
      moveToRetired(leaving.map((key) => key.kid))
      for (const key of leaving) record('retired', key, change)
      return leaving.map((key) => key.kid)
    },
    replaceAll(change, endSessions) {
      const key = generate(change)
      const previousKid = signWith(key)
      const retiredKids = Object.freeze(others.map((entry) => entry.key.kid))
      moveToRetired(retiredKids)
      endSessions()
      record('emergency', key, change, { previousKid, retiredKids })
      return { previousKid, kid: key.kid, retiredKids }
    },
    reset() {
      goneKids.clear()
      ;({ signing, others, retired } = initialContents())
      onChange()
    }
  }
}

function cannotSign(kid: string): MockAuthServerError {
  return new MockAuthServerError(
    'cannot_sign',
    `Key ${kid} has no private half and can only verify.`
  )
}
