// The key ring: one key signs, any number verify, and some are published before their time comes.

import { randomHex } from '../lib/crypto.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { MockAlgorithm } from './algorithms.ts'
import type { KeyAudit, KeyChangeOptions } from './audit-log.ts'
import type { GivenKey } from './given-key.ts'
import { generatedKey, importedKey, type OwnKey } from './key.ts'
import type { KeyIds } from './key-ids.ts'

/** What may be known of a key by everybody. */
export interface MockKeyStatus {
  readonly kid: string
  readonly alg: MockAlgorithm
  /** `published` is one that verifies, stands in the JWK Set, and waits for `activateKey`. */
  readonly status: 'signing' | 'verifying' | 'published'
}

/** A key that is to be made. */
export interface NewKey extends KeyChangeOptions {
  /** Default: the algorithm of the key that signs now. */
  readonly alg?: MockAlgorithm
  /** Its `kid`. Default: a new one of the server's. */
  readonly kid?: string
}

export interface KeyRing {
  signing(): OwnKey
  /** A key whose tokens count: the one that signs, those that verify, those that are published. */
  find(kid: string): OwnKey | undefined
  /** The keys in the order in which they are tried where a token names none. */
  inOrder(): readonly OwnKey[]
  /** A key that was here once. */
  findRetired(kid?: string): OwnKey | undefined
  /** Puts a key among those that were here once, though it never was. */
  addRetired(key: OwnKey): OwnKey
  list(): readonly MockKeyStatus[]
  rotate(change: NewKey): { previousKid: string; kid: string }
  publish(change: NewKey): { kid: string }
  activate(kid: string, change: KeyChangeOptions): { previousKid: string; kid: string }
  register(key: OwnKey, status: MockKeyStatus['status'], change: KeyChangeOptions): void
  retire(kid: string | undefined, change: KeyChangeOptions): readonly string[]
  /** Everything goes, and a new key signs. Whatever else has to end does so in between, before anybody is told. */
  replaceAll(
    change: NewKey,
    endTheRest: () => void
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
  readonly retired: readonly OwnKey[]
}

export interface KeyRingDeps {
  readonly initial: readonly GivenKey<MockAlgorithm>[]
  readonly alg: MockAlgorithm
  readonly names: KeyIds
  readonly audit: KeyAudit
  /** Which of the initial keys are gone; the ring adds to it, and a reset empties it. */
  readonly goneKids: Set<string>
  /** Called after each change of `goneKids`. */
  readonly onChange: () => void
}

export function createKeyRing({
  initial,
  alg,
  names,
  audit,
  goneKids,
  onChange
}: KeyRingDeps): KeyRing {
  let generated = 0
  const freshKid = (): string => {
    generated += 1
    // The random part tells the keys of two servers apart: a token of the other one names an unknown `kid`.
    const kid = `key-${generated}-${randomHex(4)}`
    return names.isFree(kid) ? kid : freshKid()
  }
  const given = initial.map(importedKey)
  let spare: OwnKey | undefined
  const substitute = (): OwnKey => {
    spare ??= generatedKey(freshKid(), alg)
    return spare
  }

  const begin = (): Contents => {
    const left = given.filter((key) => !goneKids.has(key.kid))
    const retired = given.filter((key) => goneKids.has(key.kid))
    names.claim(retired.map((key) => key.kid))
    // Where the first is gone none of the others takes its place: they are there to verify.
    const signing = left.find((key) => key === given[0]) ?? substitute()
    const rest = left.filter((key) => key !== signing)
    for (const key of [signing, ...rest]) {
      names.claim([key.kid])
      const by = key === spare ? 'server' : 'options'
      audit.note({ action: 'created', kid: key.kid, alg: key.alg }, { by })
    }
    return { signing, others: rest.map((key) => ({ key, status: 'verifying' })), retired }
  }
  let { signing, others, retired } = begin()

  const make = (change: NewKey): OwnKey => {
    const kid = change.kid ?? freshKid()
    names.claim([kid])
    return generatedKey(kid, change.alg ?? signing.alg)
  }
  const entryOf = (kid: string) => others.find((entry) => entry.key.kid === kid)
  const leave = (kids: readonly string[]) => {
    retired = [
      ...others.map((entry) => entry.key).filter((key) => kids.includes(key.kid)),
      ...retired
    ]
    others = others.filter((entry) => !kids.includes(entry.key.kid))
    for (const { kid } of given.filter((key) => kids.includes(key.kid))) goneKids.add(kid)
    onChange()
  }
  const sign = (key: OwnKey): string => {
    const previous = signing
    others = [
      { key: previous, status: 'verifying' },
      ...others.filter((entry) => entry.key !== key)
    ]
    signing = key
    return previous.kid
  }

  return {
    signing: () => signing,
    find: (kid) => (kid === signing.kid ? signing : entryOf(kid)?.key),
    inOrder: () => [
      signing,
      ...others.filter((entry) => entry.status === 'verifying').map((entry) => entry.key)
    ],
    findRetired: (kid) => retired.find((key) => kid === undefined || key.kid === kid),
    addRetired(key) {
      names.claim([key.kid])
      retired = [key, ...retired]
      return key
    },
    list: () => [
      { kid: signing.kid, alg: signing.alg, status: 'signing' },
      ...others.map(({ key, status }): MockKeyStatus => ({ kid: key.kid, alg: key.alg, status }))
    ],
    rotate(change) {
      const key = make(change)
      const previousKid = sign(key)
      audit.note({ action: 'rotated', kid: key.kid, alg: key.alg, previousKid }, change)
      return { previousKid, kid: key.kid }
    },
    publish(change) {
      const key = make(change)
      others = [...others, { key, status: 'published' }]
      audit.note({ action: 'published', kid: key.kid, alg: key.alg }, change)
      return { kid: key.kid }
    },
    activate(kid, change) {
      const key = kid === signing.kid ? signing : entryOf(kid)?.key
      if (key === undefined) throw unknown(kid)
      if (!key.canSign) throw cannotSign(kid)
      if (key === signing) return { previousKid: kid, kid }
      const previousKid = sign(key)
      audit.note({ action: 'activated', kid, alg: key.alg, previousKid }, change)
      return { previousKid, kid }
    },
    register(key, status, change) {
      if (status !== 'verifying' && !key.canSign) throw cannotSign(key.kid)
      names.claim([key.kid])
      const previous = status === 'signing' ? { previousKid: sign(key) } : {}
      if (status !== 'signing') others = [...others, { key, status }]
      audit.note({ action: 'registered', kid: key.kid, alg: key.alg, ...previous }, change)
    },
    retire(kid, change) {
      if (kid === signing.kid) {
        throw new MockAuthServerError('signing_key', `Key ${kid} signs; call rotateKey() first.`)
      }
      // Without a name only those whose time is over: one that is published has it still to come.
      const leaving = others
        .filter(({ key, status }) => (kid === undefined ? status === 'verifying' : key.kid === kid))
        .map((entry) => entry.key)
      if (kid !== undefined && leaving.length === 0) throw unknown(kid, ' to retire')
      leave(leaving.map((key) => key.kid))
      for (const key of leaving) {
        audit.note({ action: 'retired', kid: key.kid, alg: key.alg }, change)
      }
      return leaving.map((key) => key.kid)
    },
    replaceAll(change, endTheRest) {
      const key = make(change)
      const previousKid = sign(key)
      const retiredKids = Object.freeze(others.map((entry) => entry.key.kid))
      leave(retiredKids)
      endTheRest()
      audit.note(
        { action: 'emergency', kid: key.kid, alg: key.alg, previousKid, retiredKids },
        change
      )
      return { previousKid, kid: key.kid, retiredKids }
    },
    reset() {
      goneKids.clear()
      ;({ signing, others, retired } = begin())
      onChange()
    }
  }
}

function unknown(kid: string, purpose = ''): MockAuthServerError {
  return new MockAuthServerError('unknown_key', `There is no key ${kid}${purpose}.`)
}

function cannotSign(kid: string): MockAuthServerError {
  return new MockAuthServerError(
    'cannot_sign',
    `Key ${kid} has no private half and can only verify.`
  )
}
