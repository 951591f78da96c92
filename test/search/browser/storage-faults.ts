// Storage faults: storage that is blocked, is full, or forgets all values.
import type { PlatformStorage } from 'everbearer'

/**
 * - `blocked`: every access throws, as the settings of a browser demand;
 * - `full`: writes throw, as with a quota of zero;
 * - `null`: writes do nothing, and every value is `null`, as in some embedded views.
 */
export type StorageFault = 'blocked' | 'full' | 'null'

export function faultyStorage(
  storage: PlatformStorage,
  fault: () => StorageFault | undefined
): PlatformStorage {
  function refuse(...faults: readonly StorageFault[]): void {
    if (faults.some((one) => one === fault())) throw new Error('storage is not available')
  }
  return {
    getItem(key) {
      refuse('blocked')
      return fault() === 'null' ? null : storage.getItem(key)
    },
    setItem(key, value) {
      refuse('blocked', 'full')
      if (fault() !== 'null') storage.setItem(key, value)
    },
    removeItem(key) {
      refuse('blocked')
      if (fault() !== 'null') storage.removeItem(key)
    }
  }
}
