// Load over time: clients that sign in within one minute, simulated over four hours with the real
// refresh times.
import { describe, expect, it } from 'vitest'
import { openShippedClient } from '../../support/fleet/shipped-client.ts'
import {
  countPerBin,
  mean,
  peakToMean,
  simulateFleet
} from '../../support/fleet/simulated-clients.ts'
import { createSeededRandom } from '../../support/seeded-random.ts'

const untilSeconds = 4 * 3600
/**
 * 20,000 clients make 25 refreshes a second: noise alone doubles the peak of 1-s bins, but adds 20
 * % to 10-s bins.
 */
const binSeconds = 10
const lifetimeSeconds = 900

function run(seed: number, spreadRefreshes: boolean): number[] {
  const random = createSeededRandom(seed)
  const policy = { refreshBeforeExpirySeconds: 60, spreadRefreshes }
  const fleet = simulateFleet({
    clients: 20_000,
    openClient: () => openShippedClient({ policy, lifetimeSeconds, random }),
    untilSeconds,
    random,
    signInAt: () => random() * 60
  })
  // From the moment when all clients have signed in.
  return countPerBin(fleet, 60, untilSeconds, binSeconds)
}

describe.each([81, 82, 83])(
  'with 20,000 clients that sign in within one minute, seed %d,',
  (seed) => {
    const spread = run(seed, true)
    const fixed = run(seed, false)

    it('no 10 s have more than 1.3 times the mean refreshes, including the first lifetime', () => {
      expect(peakToMean(spread)).toBeLessThanOrEqual(1.3)
    })

    it('no 10 s have far fewer refreshes than the mean', () => {
      expect(Math.min(...spread) / mean(spread)).toBeGreaterThan(0.7)
    })

    it('the peak without the spread is more than eight times the mean', () => {
      expect(peakToMean(fixed)).toBeGreaterThanOrEqual(8)
    })

    it('the spread adds less than ten percent to the number of refreshes', () => {
      expect(mean(spread) / mean(fixed)).toBeLessThan(1.1)
    })
  }
)
