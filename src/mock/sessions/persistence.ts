// Persistence: the sessions, token versions and retired keys of a mock in a page. It restores what
// an earlier load of the page stored, and stores the state again after each change.

import * as codec from 'jose/base64url'
import { isRecord } from '../lib/checks.ts'
import { base64url } from '../lib/crypto.ts'
import type { Family } from './session.ts'
import type { KnownUser } from './users.ts'

/** The part of the Web's `Storage` that `persist` needs, such as `sessionStorage`. */
export interface MockStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

interface StoredState {
  readonly families: Map<string, Family>
  /** The `token_version` of each user for whom it was raised. */
  readonly versions: Map<string, number>
  /** The `kid`s of keys that the options provide and that have been retired. */
  readonly goneKids: Set<string>
  /** The secret that refresh tokens are derived with. */
  readonly secret: ArrayBuffer
}

/** The restored state, or a new one. Its users change the maps and the set in place. */
export interface Persistence extends StoredState {
  /** Stores the state. Call it after each change. */
  save(): void
}

export interface PersistenceDeps {
  readonly persist: MockStorage | undefined
  readonly issuer: string
  /** Distinguishes servers of one issuer: the path of the refresh endpoint. */
  readonly path: string
  readonly users: readonly KnownUser[]
}

export function createPersistence({ persist, issuer, path, users }: PersistenceDeps): Persistence {
  const key = `everbearer-mock ${issuer} ${path}`
  let isWarned = false
  const state = load() ?? newState()
  const { families, versions, goneKids } = state
  for (const { id, sub } of families.values()) {
    if (!users.some((user) => user.sub === sub)) families.delete(id)
  }

  function load(): StoredState | undefined {
    try {
      const text = persist?.getItem(key)
      return text === undefined || text === null ? undefined : readState(JSON.parse(text))
    } catch {
      warn('cannot be read; the server starts with an empty state')
      return undefined
    }
  }

  function save(): void {
    if (persist === undefined) return
    try {
      const isEmpty = families.size + versions.size + goneKids.size === 0
      if (isEmpty) persist.removeItem(key)
      else persist.setItem(key, JSON.stringify(writeState(state)))
    } catch {
      warn('cannot be written; after a reload the server starts with an empty state')
    }
  }

  function warn(problem: string): void {
    if (!isWarned) console.warn(`everbearer/mock: the state in option persist ${problem}.`)
    isWarned = true
  }

  return { ...state, save }
}

/** The version of the JSON format. State of another version is not read. */
const version = 2

function newState(): StoredState {
  const { buffer: secret } = crypto.getRandomValues(new Uint8Array(32))
  return { families: new Map(), versions: new Map(), goneKids: new Set(), secret }
}

function writeState({ families, versions, goneKids, secret }: StoredState): object {
  return {
    version,
    secret: base64url(new Uint8Array(secret)),
    sessions: [...families.values()],
    tokenVersions: [...versions],
    goneKids: [...goneKids]
  }
}

/** @throws TypeError for data that `writeState` did not write, such as state of another version */
function readState(stored: unknown): StoredState {
  const { version: written, secret, sessions, tokenVersions, goneKids } = record(stored)
  if (written !== version || !/^[\w-]{43}$/.test(text(secret))) throw new TypeError()
  return {
    secret: new Uint8Array(codec.decode(text(secret))).buffer,
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
