// Persistence: restores the sessions, token versions and retired keys that a mock in a page stored
// before a reload, and stores them again after each change.

import {
  type MockStorage,
  newState,
  readState,
  type StoredState,
  writeState
} from './sessions/stored-state.ts'
import type { KnownUser } from './sessions/users.ts'

/** The restored state, or a new one. The services change its maps and sets in place. */
export interface Persistence extends StoredState {
  /** Stores the state. The services call it after each change. */
  save(): void
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
