// Tabs: the storage, locks and channel that the tabs of one browser share, made of Node's own.
import { randomUUID } from 'node:crypto'
import type { Platform } from 'everbearer'

type SharedByTabs = Pick<Platform, 'storage' | 'locks' | 'openChannel'>

/** Each call is another browser. */
export function sharedByTabs(): SharedByTabs {
  const id = randomUUID()
  const entries = new Map<string, string>()
  return {
    storage: {
      getItem: (key) => entries.get(key) ?? null,
      setItem: (key, value) => void entries.set(key, value),
      removeItem: (key) => void entries.delete(key)
    },
    locks: {
      request: (name, options, task) => navigator.locks.request(id + name, options, task)
    },
    openChannel(name, onMessage) {
      const channel = new BroadcastChannel(id + name)
      channel.onmessage = ({ data }) => onMessage(data)
      return { post: (message) => channel.postMessage(message), close: () => channel.close() }
    }
  }
}
