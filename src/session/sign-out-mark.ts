// Remembers over reloads that a sign-out is not yet confirmed by the server. The mark is no secret.
import type { PlatformStorage } from '../platform.ts'

export interface SignOutMark {
  isSet(): boolean
  set(): void
  clear(): void
}

/** Without storage (blocked, or no page) the mark lives as long as the client. */
export function createSignOutMark(
  storage: PlatformStorage | undefined,
  namespace: string
): SignOutMark {
  const key = `everbearer:${namespace}:signed-out`
  let isSetHere = false

  // A browser may block storage, or refuse to write to a full one: nothing here may throw.
  function attempt<T>(action: (storage: PlatformStorage) => T): T | undefined {
    try {
      return storage === undefined ? undefined : action(storage)
    } catch {
      return undefined
    }
  }

  return {
    isSet: () => isSetHere || attempt((store) => store.getItem(key) !== null) === true,
    set() {
      isSetHere = true
      attempt((store) => store.setItem(key, '1'))
    },
    clear() {
      isSetHere = false
      attempt((store) => store.removeItem(key))
    }
  }
}
