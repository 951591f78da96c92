// I8: a wrong or changed device clock delays no refresh and fails no request.
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'

const yearMs = 365 * 86_400_000
const magnitudes: readonly [string, number][] = [
  ['1 s', 1_000],
  ['1 min', 60_000],
  ['1 h', 3_600_000],
  ['1 day', 86_400_000],
  ['1 y', yearMs],
  ['10 y', 10 * yearMs]
]
const offsets: readonly [string, number][] = [
  ['that is right', 0],
  ...magnitudes.flatMap(([name, ms]): [string, number][] => [
    [`that is ${name} slow`, -ms],
    [`that is ${name} fast`, ms]
  ])
]

it.each(
  [5, 60, 300, 86_400].flatMap((lifetimeSeconds) =>
    offsets.map(([name, offsetMs]) => ({ lifetimeSeconds, name, offsetMs }))
  )
)(
  'refreshes a token of $lifetimeSeconds s in time, each time, with a clock $name',
  async ({ lifetimeSeconds, offsetMs }) => {
    const { auth, clock, idle, callsTo } = setUpClient(
      {},
      { accessTokenSeconds: lifetimeSeconds },
      offsetMs
    )
    await auth.login(ada)
    const dueMs = (lifetimeSeconds - Math.min(60, lifetimeSeconds / 4)) * 1000
    for (let lifetime = 1; lifetime <= 3; lifetime += 1) {
      await auth.axios.get('/me')
      clock.tick(dueMs - 1)
      await auth.axios.get('/me')
      await idle()
      expect(callsTo('refresh')).toHaveLength(lifetime - 1)
      clock.tick(1)
      await auth.axios.get('/me')
      await idle()
      expect(callsTo('refresh')).toHaveLength(lifetime)
    }
    expect(callsTo('me').every((call) => call.status === 200)).toBe(true)
  }
)

it.each(offsets)(
  'refreshes before the first request after a sleep with a clock %s',
  async (_, offsetMs) => {
    const { auth, clock, callsTo } = setUpClient({}, { accessTokenSeconds: 300 }, offsetMs)
    await auth.login(ada)
    clock.sleep(3_600_000)
    await auth.axios.get('/me')
    await auth.axios.get('/me')
    expect(callsTo('me').map((call) => call.status)).toEqual([200, 200])
    expect(callsTo('refresh')).toHaveLength(1)
  }
)

const seeds = Array.from({ length: 100 }, (_, index) => index + 1)

it.each(seeds)(
  'sends at most one extra refresh for each clock change (session %d)',
  async (seed) => {
    const random = createSeededRandom(seed)
    const { auth, clock, idle, callsTo } = setUpClient({}, { accessTokenSeconds: 300 })
    await auth.login(ada)
    let elapsedMs = 0
    let steps = 0
    for (let request = 0; request < 30; request += 1) {
      const waitMs = Math.floor(random() * 90_000)
      // In slices: the network settles only between them.
      for (let leftMs = waitMs; leftMs > 0; leftMs -= 5_000) {
        clock.tick(Math.min(leftMs, 5_000))
        await idle()
      }
      elapsedMs += waitMs
      if (random() < 0.25) {
        steps += 1
        clock.step(random() < 0.5 ? -3_600_000 : 3_600_000)
      }
      await auth.axios.get('/me')
      await idle()
    }
    expect(callsTo('me').map((call) => call.status)).toEqual(Array(30).fill(200))
    expect(callsTo('refresh').length).toBeLessThanOrEqual(Math.floor(elapsedMs / 240_000) + steps)
  }
)

it.each([
  ['one extra refresh after the clock is set forward', 3_600_000, 1],
  ['no extra refresh after the clock is set back', -3_600_000, 0]
])('sends %s by an hour', async (_, stepMs, refreshes) => {
  const { auth, clock, idle, callsTo } = setUpClient({}, { accessTokenSeconds: 300 })
  await auth.login(ada)
  clock.tick(10_000)
  clock.step(stepMs)
  for (let request = 0; request < 10; request += 1) {
    await auth.axios.get('/me')
    clock.tick(10_000)
    await idle()
  }
  expect(callsTo('refresh')).toHaveLength(refreshes)
})

it.each([-3_600_000, -86_400_000, -10 * yearMs])(
  'sends no expired token after the clock was set back by %d ms, even without timers',
  async (stepMs) => {
    const { auth, clock, idle, callsTo } = setUpClient(
      { platform: { setTimer: () => () => {} } },
      { accessTokenSeconds: 300 }
    )
    await auth.login(ada)
    clock.tick(10_000)
    clock.step(stepMs)
    for (let request = 0; request < 20; request += 1) {
      clock.tick(97_000)
      await auth.axios.get('/me')
      await idle()
    }
    expect(callsTo('me').map((call) => call.status)).toEqual(Array(20).fill(200))
    expect(callsTo('refresh').length).toBeLessThanOrEqual((20 * 97) / 240)
  }
)

/** A linear congruential generator: every run has the same sessions. */
function createSeededRandom(seed: number): () => number {
  let state = seed * 7_919
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
