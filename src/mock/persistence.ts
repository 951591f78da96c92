// What a mock in a page keeps over a reload: sessions, by the hashes of their refresh tokens, token versions, and
// which keys are gone.
import * as codec from 'jose/base64url'
import { isRecord } from './expectations.ts'
import type { KeyRing } from './keys.ts'
import { base64url } from './random.ts'
import type { Family, Sessions } from './sessions.ts'
import type { KnownUser, Users } from './users.ts'

/** A part of the `Storage` of the Web. */
export interface MockStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

export interface Persistence {
  /** What was kept, or empty maps and a new secret: for the rooms to work on. */
  readonly families: Map<string, Family>
  readonly versions: Map<string, number>
  /** The names of keys that were given in the options, and retired since. */
  readonly goneKids: Set<string>
  /** What the successors of refresh tokens follow from. */
  readonly secret: Uint8Array<ArrayBuffer>
  /** The same room, which keeps what changes in it. */
  keepSessions(sessions: Sessions): Sessions
  keepUsers(users: Users): Users
  keepRing(ring: KeyRing): KeyRing
}

export interface PersistenceRules {
  readonly persist: MockStorage | undefined
  readonly issuer: string
  readonly paths: { readonly refresh: string }
  readonly users: readonly KnownUser[]
}

type State = Pick<Persistence, 'families' | 'versions' | 'goneKids' | 'secret'>

const version = 2

export function createPersistence({
  persist,
  issuer,
  paths,
  users
}: PersistenceRules): Persistence {
  const key = `everbearer-mock ${issuer} ${paths.refresh}`
  let isWarned = false
  const warn = (problem: string) => {
    if (!isWarned) console.warn(`everbearer/mock: what is in persist ${problem}.`)
    isWarned = true
  }
  const load = (): State | undefined => {
    try {
      const text = persist?.getItem(key)
      return text === undefined || text === null ? undefined : readState(JSON.parse(text))
    } catch {
      warn('cannot be read; the server starts afresh')
      return undefined
    }
  }
  const state = load() ?? newState()
  const { families, versions, goneKids } = state
  for (const { id, sub } of families.values()) {
    if (!users.some((user) => user.sub === sub)) families.delete(id)
  }

  const save = () => {
    try {
      const isEmpty = families.size + versions.size + goneKids.size === 0
      if (isEmpty) persist?.removeItem(key)
      else persist?.setItem(key, JSON.stringify(writeState(state)))
    } catch {
      warn('cannot be written; a page that is loaded again starts afresh')
    }
  }
  const saving =
    <Given extends unknown[], Result>(change: (...given: Given) => Result) =>
    (...given: Given): Result => {
      const result = change(...given)
      save()
      return result
    }
  const savingLater =
    <Given extends unknown[], Result>(change: (...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      const result = await change(...given)
      save()
      return result
    }

  return {
    ...state,
    keepSessions: (sessions) =>
      persist === undefined
        ? sessions
        : {
            ...sessions,
            start: savingLater(sessions.start),
            redeem: savingLater(sessions.redeem),
            end: savingLater(sessions.end),
            endById: saving(sessions.endById),
            expireById: saving(sessions.expireById),
            endAll: saving(sessions.endAll),
            reset: saving(sessions.reset)
          },
    keepUsers: (users) =>
      persist === undefined
        ? users
        : { ...users, bumpVersion: saving(users.bumpVersion), reset: saving(users.reset) },
    keepRing: (ring) =>
      persist === undefined
        ? ring
        : {
            ...ring,
            retire: saving(ring.retire),
            replaceAll: saving(ring.replaceAll),
            reset: saving(ring.reset)
          }
  }
}

function newState(): State {
  const secret = crypto.getRandomValues(new Uint8Array(32))
  return { families: new Map(), versions: new Map(), goneKids: new Set(), secret }
}

function writeState({ families, versions, goneKids, secret }: State): object {
  return {
    version,
    secret: base64url(secret),
    sessions: [...families.values()],
    tokenVersions: [...versions],
    goneKids: [...goneKids]
  }
}

/** @throws for anything that `writeState` has not written */
function readState(kept: unknown): State {
  const { version: written, secret, sessions, tokenVersions, goneKids } = record(kept)
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

function readFamily(kept: unknown): Family {
  const family = record(kept)
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

function readSpent(kept: unknown): Family['predecessor'] {
  const { fingerprint, spentAtMs, idempotencyKey } = record(kept)
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
