// Slow storage: as in Chromium, a page sees its own writes at once, and those of other processes
// later.
import type { Platform, PlatformStorage } from 'everbearer'

export interface SlowStorage {
  /** The parts of the platform of one more page. */
  openPage(): Required<Pick<Platform, 'storage' | 'onStorageChange'>>
  /** From now on, no page sees the writes of another one. */
  hold(): void
  /** The held writes arrive. */
  release(): void
}

export function createSlowStorage(): SlowStorage {
  const stored = new Map<string, string>()
  const pages: { cache: Map<string, string>; listeners: Set<() => void> }[] = []
  let isHeld = false
  const queue: (() => void)[] = []

  function openPage() {
    const page = { cache: new Map(stored), listeners: new Set<() => void>() }
    pages.push(page)
    const storage: PlatformStorage = {
      getItem: (key) => page.cache.get(key) ?? null,
      setItem(key, value) {
        page.cache.set(key, value)
        const arrive = () => {
          stored.set(key, value)
          for (const other of pages) {
            if (other === page) continue
            other.cache.set(key, value)
            for (const listener of other.listeners) listener()
          }
        }
        if (isHeld) queue.push(arrive)
        else arrive()
      },
      removeItem: (key) => void page.cache.delete(key)
    }
    return {
      storage,
      onStorageChange(listener: () => void) {
        page.listeners.add(listener)
        return () => page.listeners.delete(listener)
      }
    }
  }

  return {
    openPage,
    hold() {
      isHeld = true
    },
    release() {
      isHeld = false
      for (const arrive of queue.splice(0)) arrive()
    }
  }
}
