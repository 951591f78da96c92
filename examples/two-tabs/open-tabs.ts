// Two tabs in one process: clients that share what the tabs of a browser share, each handed in through `platform`.
import {
  type AuthClient,
  type AuthClientOptions,
  createAuthClient,
  type Platform
} from 'everbearer'

/** A browser of which only that is there what its tabs have in common. */
export function createBrowser(fetch: Platform['fetch']) {
  const stored = new Map<string, string>()
  const listeners = new Set<{ name: string; hear: (message: unknown) => void }>()
  let lock: Promise<unknown> = Promise.resolve()
  let isHeld = false

  const shared: Partial<Platform> = {
    fetch,
    storage: {
      getItem: (key) => stored.get(key) ?? null,
      setItem: (key, value) => void stored.set(key, value),
      removeItem: (key) => void stored.delete(key)
    },
    locks: {
      // Enough for tabs that do not crash: one after the other.
      request(_name, options, task) {
        if ('ifAvailable' in options && isHeld) return task(null)
        const turn = lock.then(async () => {
          isHeld = true
          return task({}).finally(() => {
            isHeld = false
          })
        })
        lock = turn.catch(() => {})
        return turn
      }
    }
  }

  return {
    openTab(options: AuthClientOptions): AuthClient {
      const openChannel: Platform['openChannel'] = (name, hear) => {
        const listener = { name, hear }
        listeners.add(listener)
        return {
          post(message) {
            for (const other of listeners) {
              if (other === listener || other.name !== name) continue
              queueMicrotask(() => listeners.has(other) && other.hear(structuredClone(message)))
            }
          },
          close: () => void listeners.delete(listener)
        }
      }
      return createAuthClient({
        restore: 'always',
        ...options,
        platform: { ...shared, openChannel, ...options.platform }
      })
    }
  }
}
