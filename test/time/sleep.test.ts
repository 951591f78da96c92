// I8: sleep, a network that comes back late and timers that never fire cause no failed request.
import { expect, it } from 'vitest'
import { ada, createTestBed, type TestBed } from '../support/worlds/test-client.ts'

const sleepMs = 8 * 3_600_000
const lifetimes = [5, 60, 300, 3_600]

function statuses(bed: Pick<TestBed, 'callsTo'>): readonly (number | undefined)[] {
  return bed.callsTo('me').map((call) => call.status)
}

it.each(lifetimes)(
  'refreshes a token of %d s before the first requests after a sleep',
  async (accessTokenSeconds) => {
    const bed = createTestBed({}, { accessTokenSeconds })
    await bed.auth.login(ada)
    bed.clock.sleep(sleepMs)
    await Promise.all(Array.from({ length: 10 }, () => bed.auth.axios.get('/me')))
    expect(statuses(bed)).toEqual(Array(10).fill(200))
    expect(bed.callsTo('refresh')).toHaveLength(1)
  }
)

it.each(['visible', 'online'] as const)(
  'starts a refresh on the wake "%s", before any request',
  async (wake) => {
    const bed = createTestBed({}, { accessTokenSeconds: 300 })
    await bed.auth.login(ada)
    bed.clock.sleep(sleepMs)
    bed.browser.wake(wake)
    await bed.idle()
    expect(bed.callsTo('refresh')).toHaveLength(1)
    await bed.auth.axios.get('/me')
    expect(statuses(bed)).toEqual([200])
    expect(bed.callsTo('refresh')).toHaveLength(1)
  }
)

it('lets a request join the refresh that the wake started', async () => {
  const bed = createTestBed({}, { accessTokenSeconds: 300 })
  await bed.auth.login(ada)
  bed.clock.sleep(sleepMs)
  const gate = bed.browser.hold('/refresh')
  bed.browser.wake('visible')
  await gate.arrived(1)
  const request = bed.auth.axios.get('/me')
  await bed.browser.turn()
  expect(statuses(bed)).toEqual([])
  gate.release()
  await request
  expect(statuses(bed)).toEqual([200])
  expect(bed.callsTo('refresh')).toHaveLength(1)
})

it('starts one refresh for several wakes in a row', async () => {
  const bed = createTestBed({}, { accessTokenSeconds: 300 })
  await bed.auth.login(ada)
  bed.clock.sleep(sleepMs)
  for (const wake of ['visible', 'online', 'visible', 'visible', 'online'] as const) {
    bed.browser.wake(wake)
  }
  await bed.idle()
  expect(bed.callsTo('refresh')).toHaveLength(1)
})

it.each([1, 2, 3, 5])(
  'keeps the session through %d failed refreshes after a sleep, and refreshes within a second of coming online',
  async (tries) => {
    const bed = createTestBed({ platform: { random: () => 0.5 } }, { accessTokenSeconds: 300 })
    await bed.auth.login(ada)
    bed.clock.sleep(sleepMs)
    bed.browser.trouble('/refresh', { kind: 'unreachable' }, tries)
    const before = bed.browser.requests.length
    bed.browser.wake('visible')
    await bed.idle()
    for (let second = 0; bed.browser.requests.length - before < tries; second += 1) {
      expect(second).toBeLessThan(60)
      await expect(bed.auth.axios.get('/me')).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
      bed.clock.tick(1_000)
      await bed.idle()
    }
    expect(bed.auth.getState()).toMatchObject({
      status: 'authenticated',
      degraded: { code: 'ERR_AUTH_NETWORK' }
    })
    bed.browser.wake('online')
    bed.clock.tick(1_000)
    await bed.idle()
    expect(bed.auth.getState()).toEqual({ status: 'authenticated', degraded: undefined })
    expect((await bed.auth.axios.get('/me')).status).toBe(200)
    expect(statuses(bed)).toEqual([200])
    expect(bed.eventNames()).not.toContain('signed-out')
  }
)

it('gets no 401 over a hundred nights of sleep', async () => {
  const bed = createTestBed({}, { accessTokenSeconds: 300, sessionSeconds: 200 * 86_400 })
  await bed.auth.login(ada)
  for (let night = 0; night < 100; night += 1) {
    bed.clock.tick(1_000)
    bed.clock.sleep(sleepMs)
    await bed.auth.axios.get('/me')
  }
  expect(statuses(bed)).toEqual(Array(100).fill(200))
  expect(bed.callsTo('refresh')).toHaveLength(100)
})

it.each(
  lifetimes.flatMap((lifetimeSeconds) =>
    [0.05, 0.3, 0.99, 1.7].map((share) => ({ lifetimeSeconds, share }))
  )
)(
  'fails no request over 20 lifetimes of $lifetimeSeconds s without timers, with a request every $share of a lifetime',
  async ({ lifetimeSeconds, share }) => {
    const bed = createTestBed(
      { platform: { setTimer: () => () => {} } },
      { accessTokenSeconds: lifetimeSeconds }
    )
    await bed.auth.login(ada)
    const requests = Math.ceil(20 / share)
    for (let request = 0; request < requests; request += 1) {
      bed.clock.tick(lifetimeSeconds * 1000 * share)
      expect((await bed.auth.axios.get('/me')).status).toBe(200)
      await bed.idle()
    }
    expect(statuses(bed)).toEqual(Array(requests).fill(200))
    expect(bed.callsTo('refresh').length).toBeLessThanOrEqual(Math.ceil(20 / 0.75))
  }
)

it('recovers from a failed refresh without timers', async () => {
  const bed = createTestBed({ platform: { setTimer: () => () => {} } }, { accessTokenSeconds: 300 })
  await bed.auth.login(ada)
  bed.clock.tick(301_000)
  bed.browser.trouble('/refresh', { kind: 'unreachable' })
  await expect(bed.auth.axios.get('/me')).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
  bed.clock.tick(1_000)
  expect((await bed.auth.axios.get('/me')).status).toBe(200)
})
