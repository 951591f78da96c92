// I8: sleep, a network that comes back late and timers that never fire cause no failed request.
import { expect, it } from 'vitest'
import { ada, type ClientSetup, setUpClient } from '../support/setups/test-client.ts'

const sleepMs = 8 * 3_600_000
const lifetimes = [5, 60, 300, 3_600]

function statuses(setup: Pick<ClientSetup, 'callsTo'>): readonly (number | undefined)[] {
  return setup.callsTo('me').map((call) => call.status)
}

it.each(lifetimes)(
  'refreshes a token of %d s before the first requests after a sleep',
  async (accessTokenSeconds) => {
    const setup = setUpClient({}, { accessTokenSeconds })
    await setup.auth.login(ada)
    setup.clock.sleep(sleepMs)
    await Promise.all(Array.from({ length: 10 }, () => setup.auth.axios.get('/me')))
    expect(statuses(setup)).toEqual(Array(10).fill(200))
    expect(setup.callsTo('refresh')).toHaveLength(1)
  }
)

it.each(['visible', 'online'] as const)(
  'starts a refresh on the wake "%s", before any request',
  async (wake) => {
    const setup = setUpClient({}, { accessTokenSeconds: 300 })
    await setup.auth.login(ada)
    setup.clock.sleep(sleepMs)
    setup.browser.wake(wake)
    await setup.idle()
    expect(setup.callsTo('refresh')).toHaveLength(1)
    await setup.auth.axios.get('/me')
    expect(statuses(setup)).toEqual([200])
    expect(setup.callsTo('refresh')).toHaveLength(1)
  }
)

it('lets a request join the refresh that the wake started', async () => {
  const setup = setUpClient({}, { accessTokenSeconds: 300 })
  await setup.auth.login(ada)
  setup.clock.sleep(sleepMs)
  const gate = setup.browser.hold('/refresh')
  setup.browser.wake('visible')
  await gate.arrived(1)
  const request = setup.auth.axios.get('/me')
  await setup.browser.turn()
  expect(statuses(setup)).toEqual([])
  gate.release()
  await request
  expect(statuses(setup)).toEqual([200])
  expect(setup.callsTo('refresh')).toHaveLength(1)
})

it('starts one refresh for several wakes in a row', async () => {
  const setup = setUpClient({}, { accessTokenSeconds: 300 })
  await setup.auth.login(ada)
  setup.clock.sleep(sleepMs)
  for (const wake of ['visible', 'online', 'visible', 'visible', 'online'] as const) {
    setup.browser.wake(wake)
  }
  await setup.idle()
  expect(setup.callsTo('refresh')).toHaveLength(1)
})

it.each([1, 2, 3, 5])(
  'keeps the session through %d failed refreshes after a sleep, and refreshes within a second of coming online',
  async (tries) => {
    const setup = setUpClient({ platform: { random: () => 0.5 } }, { accessTokenSeconds: 300 })
    await setup.auth.login(ada)
    setup.clock.sleep(sleepMs)
    setup.browser.intercept('/refresh', { kind: 'unreachable' }, tries)
    const before = setup.browser.requests.length
    const failures: Promise<unknown>[] = []
    setup.browser.wake('visible')
    await setup.idle()
    for (let second = 0; setup.browser.requests.length - before < tries; second += 1) {
      expect(second).toBeLessThan(60)
      failures.push(setup.auth.axios.get('/me').catch(({ code }) => code))
      setup.clock.tick(1_000)
      await setup.idle()
    }
    expect(setup.auth.getState()).toMatchObject({
      status: 'authenticated',
      degraded: { code: 'ERR_AUTH_NETWORK' }
    })
    expect(new Set(await Promise.all(failures))).toEqual(
      new Set(tries === 1 ? [] : ['ERR_AUTH_NETWORK'])
    )
    setup.browser.wake('online')
    setup.clock.tick(1_000)
    await setup.idle()
    expect(setup.auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
    expect((await setup.auth.axios.get('/me')).status).toBe(200)
    expect(statuses(setup)).toEqual([200])
    expect(setup.eventNames()).not.toContain('signed-out')
  }
)

it('gets no 401 over a hundred nights of sleep', async () => {
  const setup = setUpClient({}, { accessTokenSeconds: 300, sessionSeconds: 200 * 86_400 })
  await setup.auth.login(ada)
  for (let night = 0; night < 100; night += 1) {
    setup.clock.tick(1_000)
    setup.clock.sleep(sleepMs)
    await setup.auth.axios.get('/me')
  }
  expect(statuses(setup)).toEqual(Array(100).fill(200))
  expect(setup.callsTo('refresh')).toHaveLength(100)
})

it.each(
  lifetimes.flatMap((lifetimeSeconds) =>
    [0.05, 0.3, 0.99, 1.7].map((share) => ({ lifetimeSeconds, share }))
  )
)(
  'fails no request over 20 lifetimes of $lifetimeSeconds s without timers, with a request every $share of a lifetime',
  async ({ lifetimeSeconds, share }) => {
    const setup = setUpClient(
      { platform: { setTimer: () => () => {} } },
      { accessTokenSeconds: lifetimeSeconds }
    )
    await setup.auth.login(ada)
    const requests = Math.ceil(20 / share)
    for (let request = 0; request < requests; request += 1) {
      setup.clock.tick(lifetimeSeconds * 1000 * share)
      expect((await setup.auth.axios.get('/me')).status).toBe(200)
      await setup.idle()
    }
    expect(statuses(setup)).toEqual(Array(requests).fill(200))
    expect(setup.callsTo('refresh').length).toBeLessThanOrEqual(Math.ceil(20 / 0.75))
  }
)

it('recovers from a failed refresh without timers', async () => {
  const setup = setUpClient({ platform: { setTimer: () => () => {} } }, { accessTokenSeconds: 300 })
  await setup.auth.login(ada)
  setup.clock.tick(301_000)
  setup.browser.intercept('/refresh', { kind: 'unreachable' })
  await expect(setup.auth.axios.get('/me')).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
  setup.clock.tick(1_000)
  expect((await setup.auth.axios.get('/me')).status).toBe(200)
})
