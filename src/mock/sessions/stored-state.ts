// What a mock in a page keeps over a reload, as data: written as plain JSON, and read back with suspicion.

import * as codec from 'jose/base64url'
import { isRecord } from '../lib/checks.ts'
import { base64url } from '../lib/crypto.ts'
import type { Family } from './sessions.ts'

export interface StoredState {
  readonly families: Map<string, Family>
  readonly versions: Map<string, number>
  /** The names of keys that were given in the options, and retired since. */
  readonly goneKids: Set<string>
  /** What the successors of refresh tokens follow from. */
  readonly secret: Uint8Array<ArrayBuffer>
}

const version = 2

export function newState(): StoredState {
  const secret = crypto.getRandomValues(new Uint8Array(32))
  return { families: new Map(), versions: new Map(), goneKids: new Set(), secret }
}

export function writeState({ families, versions, goneKids, secret }: StoredState): object {
  return {
    version,
    secret: base64url(secret),
    sessions: [...families.values()],
    tokenVersions: [...versions],
    goneKids: [...goneKids]
  }
}

/** @throws for anything that `writeState` has not written */
export function readState(stored: unknown): StoredState {
  const { version: written, secret, sessions, tokenVersions, goneKids } = record(stored)
  if (written !== version || !/^[\w-]{43}$/.test(text(secret))) throw new TypeError()
  return {
    secret: new Uint8Array(codec.decode(text(secret))),
    families: new Map(
      list(sessions)
        .map(readFamily)
        .map((family) => [family.id, family])
    ),
    versions: new Map(
      list(tokenVersions).map((entry) => {
        const [sub, count] = list(entry)
        return [text(sub), number(count)]
      })
    ),
    goneKids: new Set(list(goneKids).map(text))
  }
}

function readFamily(stored: unknown): Family {
  const family = record(stored)
  if (typeof family.isRevoked !== 'boolean') throw new TypeError()
  return {
    id: text(family.id),
    sub: text(family.sub),
    startedAtSeconds: number(family.startedAtSeconds),
    endsAtSeconds: number(family.endsAtSeconds),
    aliveUntilSeconds: number(family.aliveUntilSeconds),
    current: text(family.current),
    predecessor: family.predecessor === undefined ? undefined : readSpent(family.predecessor),
    issued: list(family.issued).map(text),
    isRevoked: family.isRevoked
  }
}

function readSpent(stored: unknown): Family['predecessor'] {
  const { fingerprint, spentAtMs, idempotencyKey } = record(stored)
  return {
    fingerprint: text(fingerprint),
    spentAtMs: number(spentAtMs),
    idempotencyKey: idempotencyKey === undefined ? undefined : text(idempotencyKey)
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return Object.assign(Object.create(null), value)
  throw new TypeError()
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new TypeError()
}

function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError()
}

function number(value: unknown): number {
  if (typeof value === 'number') return value
  throw new TypeError()
}

/** A part of the `Storage` of the Web. */
export interface MockStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}
