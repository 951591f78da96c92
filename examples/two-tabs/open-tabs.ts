// Two tabs in one process: clients that share storage, lock, channel and cookies.
import {
  type AuthClient,
  type AuthClientOptions,
  createAuthClient,
  type Platform
} from 'everbearer'

/** A browser, reduced to the parts that its tabs share. */
export function createBrowser(fetch: Platform['fetch']): {
  openTab(options: AuthClientOptions): AuthClient
} {
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
      // One task after the other. This is enough for tabs that do not crash.
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
