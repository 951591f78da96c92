// Tab count: estimates how many tabs are open. It decides only whether asking them is worth the
// wait.
import type { StoredValue } from '../lib/stored-value.ts'

export interface TabCount {
  enter(): void
  leave(): void
  /** Whether other tabs may be open. */
  hasOthers(): boolean
  /** No tab replied: the tabs that were counted have crashed. */
  reset(): void
}

export function createTabCount(stored: StoredValue): TabCount {
  let isCounted = false

  function read(): number {
    return Math.max(0, Math.min(Number(stored.read()) || 0, 1000))
  }

  function write(tabs: number): void {
    if (tabs > 0) stored.set(String(tabs))
    else stored.clear()
  }

  return {
    enter() {
      if (!isCounted) write(read() + 1)
      isCounted = true
    },
    leave() {
      if (isCounted) write(read() - 1)
      isCounted = false
    },
    // Without shared storage the tabs cannot be counted, so assume that there are others.
    hasOthers: () => !stored.isShared() || read() > 1,
    reset: () => write(1)
  }
}
