// Simulated clients: a simulated client sends its refreshes when a real one does, so that the load
// of a simulated fleet is the load of a real one.
import { expect, it } from 'vitest'
import { openShippedClient } from '../../support/fleet/shipped-client.ts'
import {
  type FleetOptions,
  type Outage,
  type Rotation,
  simulateFleet
} from '../../support/fleet/simulated-clients.ts'
import { createSeededRandom, range } from '../../support/seeded-random.ts'
import { setUpTokenServer } from '../../support/setups/any-token-server.ts'

const lifetimeSeconds = 900
const untilSeconds = 6_000
const policy = { refreshBeforeExpirySeconds: 60, spreadRefreshes: true }

interface Incident {
  readonly outage?: Outage
  readonly rotation?: Rotation
}

/** The seconds in which a simulated client sends refreshes, with repetitions. */
function simulate(seed: number, { outage, rotation }: Incident): number[] {
  const random = createSeededRandom(seed)
  const options: FleetOptions = {
    clients: 1,
    openClient: () => openShippedClient({ policy, lifetimeSeconds, random }),
    untilSeconds,
    // The refused request comes in the middle of the time.
    random: () => 0.5,
    signInAt: () => 0,
    ...(outage && { outage }),
    ...(rotation && { rotation })
  }
  const { perSecond } = simulateFleet(options)
  return [...perSecond].flatMap((count, second) => Array<number>(count).fill(second))
}

/** The same for a real client. Time moves from one timer to the next. */
async function play(seed: number, { outage, rotation }: Incident): Promise<number[]> {
  const sentAt: number[] = []
  const setup = setUpTokenServer(
    (nth) => ({
      body: { access_token: `token-${nth}`, expires_in: lifetimeSeconds },
      acceptedSeconds: lifetimeSeconds
    }),
    {
      ...policy,
      platform: {
        random: createSeededRandom(seed),
        async fetch(url, init) {
          const at = secondsNow()
          if (url.endsWith('/refresh')) sentAt.push(at)
          const fails = outage !== undefined && at >= outage.fromSeconds && at < outage.toSeconds
          if (fails && url.endsWith('/refresh')) {
            const { retryAfterMs } = outage
            const headers =
              retryAfterMs === undefined ? {} : { 'Retry-After': String(retryAfterMs / 1000) }
            return new Response(null, { status: 503, headers })
          }
          const response = await setup.browser.platform.fetch?.(url, init)
          return response ?? Response.error()
        }
      }
    }
  )
  const { auth, browser, clock } = setup
  const startMs = clock.trueNow()
  const secondsNow = () => (clock.trueNow() - startMs) / 1000
  async function passUntil(seconds: number): Promise<void> {
    for (let leftMs = 1; leftMs > 0; ) {
      await browser.idle()
      leftMs = (seconds - secondsNow()) * 1000
      clock.tick(Math.max(0, Math.min(leftMs, clock.nextTimerInMs() ?? leftMs)))
    }
    await browser.idle()
  }

  await auth.login({ email: 'ada@example.com', password: 'lovelace' })
  if (rotation !== undefined) {
    await passUntil(rotation.atSeconds)
    setup.revoke()
    await passUntil(rotation.atSeconds + rotation.withinSeconds / 2)
    expect((await auth.axios.get('/me')).status).toBe(200)
  }
  await passUntil(untilSeconds)
  return sentAt.map(Math.floor)
}

const outage = { fromSeconds: 2_000, toSeconds: 2_600 }
const incidents: readonly (readonly [string, Incident])[] = [
  ['without an incident', {}],
  ['in an outage of ten minutes', { outage }],
  ['in an outage with Retry-After', { outage: { ...outage, retryAfterMs: 120_000 } }],
  ['after a key rotation', { rotation: { atSeconds: 2_000, withinSeconds: 30 } }]
]

it.each(incidents)('refreshes in the same seconds as a real client %s', async (_, incident) => {
  for (const seed of range(5)) {
    const expected = await play(seed, incident)
    expect(expected.length).toBeGreaterThan(5)
    expect(simulate(seed, incident)).toEqual(expected)
  }
})
