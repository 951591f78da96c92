// A fleet that signs in within one minute does not come back together: the shipping policy, simulated over four hours.
import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../support/seeded-random.ts'
import { countPerBin, mean, peakToMean, simulateFleet } from './simulated-clients.ts'

const untilSeconds = 4 * 3600
/** 20,000 clients make 25 refreshes a second, whose noise alone doubles the peak of 1-s bins; of 10-s bins it makes 1.2. */
const binSeconds = 10
const lifetimeSeconds = 900

function run(seed: number, spreadRefreshes: boolean): number[] {
  const random = createSeededRandom(seed)
  const { requests } = simulateFleet({
    clients: 20_000,
    lifetimeSeconds,
    untilSeconds,
    policy: { refreshBeforeExpirySeconds: 60, spreadRefreshes },
    random,
    signInAt: () => random() * 60
  })
  // From the moment on when everybody has signed in.
  return countPerBin(requests, 60, untilSeconds, binSeconds)
}

describe.each([81, 82, 83])(
  'a fleet of 20,000 that signs in within one minute, seed %d',
  (seed) => {
    const spread = run(seed, true)
    const fixed = run(seed, false)

    it('never has more than 1.3 times its mean of refreshes in any 10 s, the first lifetime included', () => {
      expect(peakToMean(spread)).toBeLessThanOrEqual(1.3)
    })

    it('has no lull either, so that the peak is not bought with a mean that is too high', () => {
      expect(Math.min(...spread) / mean(spread)).toBeGreaterThan(0.7)
    })

    it('would have more than eight times its mean without the spread', () => {
      expect(peakToMean(fixed)).toBeGreaterThanOrEqual(8)
    })

    it('pays for the spread with less than a tenth more refreshes', () => {
      expect(mean(spread) / mean(fixed)).toBeLessThan(1.1)
    })
  }
)
