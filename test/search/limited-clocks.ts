// Limited clocks: stop a client that works without end while the time stands still. Otherwise its
// microtasks would stop the search.
import type { Platform } from 'everbearer'
import type { ManualClock } from '../support/clocks/manual-clock.ts'

/** A history reads the clocks up to some thousand times in one moment. */
const mostReads = 100_000

/** Every step of a client reads a clock. After too many of them, each read throws. */
export function limitClocks(
  { platform }: Pick<ManualClock, 'platform'>,
  onExceeded: () => void
): Pick<Platform, 'now' | 'monotonicNow'> {
  let reads = 0
  let sinceMs = Number.NaN

  function count(): void {
    const nowMs = platform.monotonicNow()
    if (nowMs !== sinceMs) reads = 0
    sinceMs = nowMs
    reads += 1
    if (reads < mostReads) return
    if (reads === mostReads) onExceeded()
    throw new Error('The client works without end.')
  }

  return {
    now() {
      count()
      return platform.now()
    },
    monotonicNow() {
      count()
      return platform.monotonicNow()
    }
  }
}
