// After an outage of a minute a fleet of 10,000 is back within two, without a storm: the shipping backoff, simulated.
import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../support/seeded-random.ts'
import { countPerBin, mean, simulateFleet } from './simulated-clients.ts'

const outage = { fromSeconds: 7_200, toSeconds: 7_260 }
const steadyFromSeconds = 3_600
const untilSeconds = 7_860

function run(seed: number, retryAfterMs: number | undefined) {
  const random = createSeededRandom(seed)
  const { requests, recoveries } = simulateFleet({
    clients: 10_000,
    lifetimeSeconds: 900,
    untilSeconds,
    policy: { refreshBeforeExpirySeconds: 60, spreadRefreshes: true },
    random,
    signInAt: () => random() * 60,
    outage: { ...outage, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  })
  const steadyPerSecond = mean(countPerBin(requests, steadyFromSeconds, outage.fromSeconds, 1))
  const peakOverSteady = (fromSeconds: number, toSeconds: number, binSeconds: number) =>
    Math.max(...countPerBin(requests, fromSeconds, toSeconds, binSeconds)) /
    binSeconds /
    steadyPerSecond
  return { recoveries, peakOverSteady }
}

describe.each([
  ['that answers nothing', 91, undefined],
  ['that asks for 5 s of patience', 92, 5_000],
  ['that asks for 30 s of patience', 93, 30_000]
])('a server %s for a minute', (_, seed, retryAfterMs) => {
  const { recoveries, peakOverSteady } = run(seed, retryAfterMs)

  it('has every client back within two minutes', () => {
    expect(recoveries.length).toBeGreaterThan(600)
    expect(Math.max(...recoveries)).toBeLessThanOrEqual(outage.toSeconds + 120)
  })

  // A minute's refreshes have to be made up for: whoever does so within half a minute triples the rate. At this size a
  // second sees a dozen refreshes, so its peak is mostly noise.
  it('is asked at most three times as often as ever in any half minute of the recovery', () => {
    expect(peakOverSteady(outage.toSeconds, untilSeconds, 30)).toBeLessThanOrEqual(3)
  })

  it('is asked at most three times as often as ever in any ten seconds of the recovery', () => {
    expect(peakOverSteady(outage.toSeconds, untilSeconds, 10)).toBeLessThanOrEqual(3)
  })

  it('is asked at most 3.3 times as often as ever in any ten seconds of the outage', () => {
    expect(peakOverSteady(outage.fromSeconds, outage.toSeconds, 10)).toBeLessThanOrEqual(3.3)
  })

  it('is left alone again after the recovery', () => {
    expect(peakOverSteady(outage.toSeconds + 120, untilSeconds, 30)).toBeLessThanOrEqual(1.5)
  })
})
