// Load after an outage: 10,000 simulated clients with the real back-off recover within two minutes,
// without a peak.
import { describe, expect, it } from 'vitest'
import { openShippedClient } from '../../support/fleet/shipped-client.ts'
import { countPerBin, mean, simulateFleet } from '../../support/fleet/simulated-clients.ts'
import { createSeededRandom } from '../../support/seeded-random.ts'

const outage = { fromSeconds: 7_200, toSeconds: 7_260 }
const steadyFromSeconds = 3_600
const untilSeconds = 7_860
/** The tokens of the recovery have been refreshed by then. */
const untilLaterSeconds = 9_300

function run(seed: number, retryAfterMs: number | undefined) {
  const random = createSeededRandom(seed)
  const policy = { refreshBeforeExpirySeconds: 60, spreadRefreshes: true }
  const fleet = simulateFleet({
    clients: 10_000,
    openClient: () => openShippedClient({ policy, lifetimeSeconds: 900, random }),
    untilSeconds: untilLaterSeconds,
    random,
    signInAt: () => random() * 60,
    outage: { ...outage, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  })
  const steadyPerSecond = mean(countPerBin(fleet, steadyFromSeconds, outage.fromSeconds))
  const peakOverSteady = (fromSeconds: number, toSeconds: number, binSeconds: number) =>
    Math.max(...countPerBin(fleet, fromSeconds, toSeconds, binSeconds)) /
    binSeconds /
    steadyPerSecond
  return { recoveries: fleet.recoveries, peakOverSteady }
}

describe.each([
  ['that does not answer', 91, undefined],
  ['that sends Retry-After: 5', 92, 5_000],
  ['that sends Retry-After: 30', 93, 30_000]
])('after a server %s for a minute', (_, seed, retryAfterMs) => {
  const { recoveries, peakOverSteady } = run(seed, retryAfterMs)

  it('all clients have recovered within two minutes', () => {
    expect(recoveries.length).toBeGreaterThan(600)
    expect(Math.max(...recoveries)).toBeLessThanOrEqual(outage.toSeconds + 120)
  })

  // The refreshes of a minute have to be made up for; doing so in half a minute triples the rate.
  // With this many clients a second has a dozen refreshes, so the peak of single seconds is mostly
  // noise.
  it('the load is at most three times the usual one in any half minute of the recovery', () => {
    expect(peakOverSteady(outage.toSeconds, untilSeconds, 30)).toBeLessThanOrEqual(3)
  })

  it('the load is at most three times the usual one in any ten seconds of the recovery', () => {
    expect(peakOverSteady(outage.toSeconds, untilSeconds, 10)).toBeLessThanOrEqual(3)
  })

  it('the load is at most 3.3 times the usual one in any ten seconds of the outage', () => {
    expect(peakOverSteady(outage.fromSeconds, outage.toSeconds, 10)).toBeLessThanOrEqual(3.3)
  })

  it('the load is back to normal after the recovery', () => {
    expect(peakOverSteady(outage.toSeconds + 120, untilSeconds, 30)).toBeLessThanOrEqual(1.5)
  })

  it('the load stays normal when the tokens of the recovery are refreshed', () => {
    expect(peakOverSteady(untilSeconds, untilLaterSeconds, 30)).toBeLessThanOrEqual(1.5)
  })
})
