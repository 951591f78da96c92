// Slow storage: as in Chromium, each process sees its own writes at once, and those of others
// later.
import type { Platform, PlatformStorage } from 'everbearer'

export interface SlowStorage {
  /** Each page has its own process. */
  openPage(): Required<Pick<Platform, 'storage' | 'onStorageChange'>>
  /** Clears storage as the app of a page does. That page gets no event. */
  clearIn(page: Partial<Platform>): void
  /** Other pages do not see what is written from now on. */
  hold(): void
  /** Other pages see the oldest write. */
  releaseNext(): void
  /** Other pages see all that was written. */
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
    const write = (change: (entries: Map<string, string>) => void) => {
      change(page.cache)
      // The last write to arrive is the value that all pages end with.
      const arrive = () => {
        change(stored)
        for (const { cache } of pages) change(cache)
        for (const other of pages) {
          if (other === page) continue
          for (const listener of other.listeners) listener()
        }
      }
      if (isHeld) queue.push(arrive)
      else arrive()
    }
    const storage: PlatformStorage = {
      getItem: (key) => page.cache.get(key) ?? null,
      setItem: (key, value) => write((entries) => void entries.set(key, value)),
      removeItem: (key) => write((entries) => void entries.delete(key))
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
    clearIn({ storage }) {
      for (const key of [...stored.keys()]) storage?.removeItem(key)
    },
    hold() {
      isHeld = true
    },
    releaseNext() {
      queue.shift()?.()
    },
    release() {
      isHeld = false
      for (const arrive of queue.splice(0)) arrive()
    }
  }
}
