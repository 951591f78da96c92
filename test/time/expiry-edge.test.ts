// I8: no request fails around the moment of expiry, although the server cuts `exp` to whole
// seconds.
import { expect, it } from 'vitest'
import { range } from '../support/seeded-random.ts'
import { ada, setUpClient } from '../support/setups/test-client.ts'

const steps = Array.from({ length: 41 }, (_, index) => -2_000 + index * 100)
const delays = [0, 300, 900, 2_500]

it.each(
  [0, 300, 900].flatMap((fractionMs) => delays.map((onTheWayMs) => ({ fractionMs, onTheWayMs })))
)(
  'fails no request around expiry if the token is issued $fractionMs ms into a second and requests take $onTheWayMs ms',
  async ({ fractionMs, onTheWayMs }) => {
    for (const stepMs of steps) {
      const setup = setUpClient({}, { accessTokenSeconds: 10 })
      const { auth, browser, clock, callsTo, idle } = setup
      clock.tick(fractionMs)
      await auth.login(ada)
      auth.axios.defaults.adapter = (config) => {
        clock.sleep(onTheWayMs)
        return browser.adapter(config)
      }
      clock.sleep(10_000 + stepMs)
      const { status } = await auth.axios.get('/me')
      await idle()
      expect([stepMs, status]).toEqual([stepMs, 200])
      expect(callsTo('refresh')).toHaveLength(1)
    }
  }
)

it('sends one refresh and gets no 401 with requests every tenth of a second around expiry', async () => {
  for (const fractionMs of [0, 900]) {
    const setup = setUpClient({ refreshBeforeExpirySeconds: 0 }, { accessTokenSeconds: 10 })
    const { auth, clock, callsTo, idle } = setup
    clock.tick(fractionMs)
    await auth.login(ada)
    clock.sleep(8_000)
    for (const _ of steps) {
      expect((await auth.axios.get('/me')).status).toBe(200)
      clock.sleep(100)
    }
    await idle()
    expect(callsTo('me').map((call) => call.status)).toEqual(steps.map(() => 200))
    expect(callsTo('refresh')).toHaveLength(1)
  }
})

it.each([4, 5, 10, 60])(
  'sends no token of %d s that the server considers expired',
  async (accessTokenSeconds) => {
    const { auth, clock, callsTo } = setUpClient(
      { refreshBeforeExpirySeconds: 0 },
      { accessTokenSeconds }
    )
    clock.tick(999)
    await auth.login(ada)
    for (let request = 0; request < 200; request += 1) {
      clock.sleep(accessTokenSeconds * 37)
      await auth.axios.get('/me')
    }
    expect(callsTo('me').map((call) => call.status)).toEqual(Array(200).fill(200))
  }
)

it('returns no 401 to the app if tokens of 4 s are refused because their answers were slow', async () => {
  const setup = setUpClient(
    {
      refreshBeforeExpirySeconds: 0,
      platform: {
        // The client counts the lifetime from the end of a slow answer.
        async fetch(url, init) {
          const response = await setup.browser.platform.fetch?.(url, init)
          setup.clock.sleep(1_200)
          return response ?? Response.error()
        }
      }
    },
    { accessTokenSeconds: 4 }
  )
  const { auth, clock, callsTo } = setup
  await auth.login(ada)
  for (const _ of range(20)) {
    for (const stepMs of [500, 2_000]) {
      clock.sleep(stepMs)
      expect((await auth.axios.get('/me')).status).toBe(200)
    }
  }
  expect(callsTo('me').filter(({ status }) => status === 401).length).toBeGreaterThan(5)
})
