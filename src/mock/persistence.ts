// What a mock in a page keeps over a reload: sessions, by the hashes of their refresh tokens, token versions, and
// which keys are gone.

import type { KeyRing } from './keys/key-ring.ts'
import type { Sessions } from './sessions/sessions.ts'
import {
  type MockStorage,
  newState,
  readState,
  type StoredState,
  writeState
} from './sessions/stored-state.ts'
import type { KnownUser, Users } from './sessions/users.ts'

/** What was kept, or empty maps and a new secret: for the rooms to work on. */
export interface Persistence extends StoredState {
  /** The same room, which keeps what changes in it. */
  keepSessions(sessions: Sessions): Sessions
  keepUsers(users: Users): Users
  keepRing(ring: KeyRing): KeyRing
}

export interface PersistenceDeps {
  readonly persist: MockStorage | undefined
  readonly issuer: string
  readonly paths: { readonly refresh: string }
  readonly users: readonly KnownUser[]
}

export function createPersistence({ persist, issuer, paths, users }: PersistenceDeps): Persistence {
  const key = `everbearer-mock ${issuer} ${paths.refresh}`
  let isWarned = false
  const warn = (problem: string) => {
    if (!isWarned) console.warn(`everbearer/mock: what is in persist ${problem}.`)
    isWarned = true
  }
  const load = (): StoredState | undefined => {
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
            renew: saving(sessions.renew),
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
