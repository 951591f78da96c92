// How many tabs of this browser are open: a guess, which decides only whether it is worth while to ask them.
import type { StoredValue } from '../lib/stored-value.ts'

export interface TabCount {
  enter(): void
  leave(): void
  /** Somebody else may be there. */
  hasOthers(): boolean
  /** Nobody answered: those who were counted have crashed. */
  isAlone(): void
}

export function createTabCount(mark: StoredValue): TabCount {
  let isHere = false
  const count = () => Math.max(0, Math.min(Number(mark.read()) || 0, 1000))
  const write = (tabs: number) => (tabs > 0 ? mark.set(String(tabs)) : mark.clear())

  return {
    enter() {
      if (!isHere) write(count() + 1)
      isHere = true
    },
    leave() {
      if (isHere) write(count() - 1)
      isHere = false
    },
    // Where nothing can be counted, it is worth a try.
    hasOthers: () => !mark.isShared() || count() > 1,
    isAlone: () => write(1)
  }
}
