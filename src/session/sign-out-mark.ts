// Remembers over reloads that a sign-out is not yet confirmed by the server. The mark is no secret.
import type { PlatformStorage } from '../platform.ts'

export interface SignOutMark {
  /** Which sign-out is unconfirmed; `undefined` where none is. */
  read(): string | undefined
  set(id: string): void
  clear(): void
}

/**
 * Storage decides wherever it works, for the tabs of a browser share a session: a sign-in in one of them clears the mark of
 * all. Where it is blocked, or there is no page, the mark lives as long as the client.
 */
export function createSignOutMark(
  storage: PlatformStorage | undefined,
  namespace: string
): SignOutMark {
  const key = `everbearer:${namespace}:signed-out`
  let unstored: string | undefined

  return {
    read() {
      if (unstored !== undefined) return unstored
      try {
        return storage?.getItem(key) ?? undefined
      } catch {
        return undefined
      }
    },
    set(id) {
      unstored = undefined
      try {
        if (storage === undefined) unstored = id
        else storage.setItem(key, id)
      } catch {
        unstored = id
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
