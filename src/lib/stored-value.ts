// A mark in storage that outlives the page and is no secret: that a sign-out is not delivered, or that somebody is signed in.
import type { PlatformStorage } from './platform.ts'

export interface StoredValue {
  /** What was set last; `undefined` where the mark is not set. */
  read(): string | undefined
  set(value: string): void
  clear(): void
  /** Do the other tabs of this browser read what is set here? */
  isShared(): boolean
}

/**
 * Storage decides wherever it works, for the tabs of a browser share a session: what one of them sets or clears holds for
 * all. Where it is blocked, or there is no page, the mark lives as long as the client.
 */
export function createStoredValue(storage: PlatformStorage | undefined, key: string): StoredValue {
  let unstored: string | undefined
  let isShared: boolean | undefined

  return {
    isShared() {
      isShared ??= probe(storage, key)
      return isShared
    },
    read() {
      if (unstored !== undefined) return unstored
      try {
        return storage?.getItem(key) ?? undefined
      } catch {
        return undefined
      }
    },
    set(value) {
      unstored = undefined
      try {
        if (storage === undefined) unstored = value
        else storage.setItem(key, value)
      } catch {
        unstored = value
      }
    },
    clear() {
      unstored = undefined
      try {
        storage?.removeItem(key)
      } catch {
        // Blocked: then nothing was written either.
      }
    }
  }
}

// A quota of nothing, as some private windows have, shows when writing.
function probe(storage: PlatformStorage | undefined, key: string): boolean {
  try {
    storage?.setItem(`${key}:probe`, '1')
    storage?.removeItem(`${key}:probe`)
    return storage !== undefined
  } catch {
    return false
  }
}
