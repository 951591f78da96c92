// Stored value: one non-secret string in storage that outlives the page, such as the sign-in hint.
import type { PlatformStorage } from './platform.ts'

export interface StoredValue {
  /** The value set last, by this or another tab; `undefined` if it is not set. */
  read(): string | undefined
  set(value: string): void
  clear(): void
  /** Whether other tabs of this browser can read the value. */
  isShared(): boolean
}

/**
 * Reads storage each time, because another tab may have set or cleared the value. If storage is
 * blocked or missing, the value lives in memory, as long as the client.
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
        // Storage is blocked, so nothing was stored.
      }
    }
  }
}

// Some private windows have a quota of zero, which only a write reveals.
function probe(storage: PlatformStorage | undefined, key: string): boolean {
  try {
    storage?.setItem(`${key}:probe`, '1')
    storage?.removeItem(`${key}:probe`)
    return storage !== undefined
  } catch {
    return false
  }
}

/**
 * A store for the refresh token. The client calls one method after another, and abandons a call
 * after `refreshAbandonMs`.
 */
export interface RefreshTokenStore {
  /**
   * Returns the stored token; `undefined` if the store is empty. If it throws, the refresh fails
   * with `ERR_AUTH_STORE_FAILED` and is retried; if it does not return, with `ERR_AUTH_TIMEOUT`.
   */
  get(): string | undefined | Promise<string | undefined>
  /** Stores the token. If it fails, the session goes on in memory, with a development warning. */
  set(token: string): void | Promise<void>
  /** Removes the token. A failure causes a development warning only. */
  remove(): void | Promise<void>
}
