// Emergency: new key, old key retired, all sessions ended. Each client signs out once and sends
// nothing more.
import { expect, it } from 'vitest'
import { createSeededRandom, range } from '../../support/seeded-random.ts'
import { countOf, setUpBrowsers, signIn } from '../../support/setups/many-browsers.ts'

it('signs out twenty busy and twenty idle clients with at most one refresh each when all sessions end', async () => {
  const random = createSeededRandom(71)
  const setup = setUpBrowsers({ latencyMs: () => random() * 40 })
  const fleet = range(40).map((nth) => {
    const browser = setup.openBrowser()
    return { browser, isBusy: nth < 20, ...setup.openPage(browser, { spreadRefreshes: true }) }
  })
  for (const { auth } of fleet) await signIn(setup, auth)
  const refreshes = () => fleet.map(({ browser }) => countOf(browser, '/refresh'))
  const refreshesBefore = refreshes()
  const busy = fleet.filter(({ isBusy }) => isBusy)
  const statuses: number[] = []
  const poll = () =>
    busy.map(({ auth }) =>
      auth.axios
        .get('/me', { validateStatus: () => true })
        .then(({ status }) => void statuses.push(status))
    )
  const before = poll()
  setup.server.rotateKey()
  setup.server.retireKey()
  setup.server.endSessions()
  const polls = [...before, ...poll(), ...poll()]
  for (const _ of range(60)) {
    await setup.pass(1_000, 50)
    polls.push(...poll())
  }
  await setup.pass(600_000, 5_000)
  await Promise.all(polls)
  expect(statuses).toHaveLength(busy.length * 63)
  expect(new Set(statuses)).toEqual(new Set([401]))
  for (const { auth, events } of fleet) {
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'session-expired' })
    expect(events.filter(({ name }) => name === 'signed-out')).toEqual([
      { name: 'signed-out', event: { reason: 'session-expired' } }
    ])
  }
  expect(refreshes().map((count, nth) => count - (refreshesBefore[nth] ?? 0))).toEqual(
    Array(fleet.length).fill(1)
  )
  expect(setup.clock.pendingTimers()).toBe(0)
})

it('lets all clients sign in again after all sessions have ended', async () => {
  const setup = setUpBrowsers()
  const fleet = range(20).map(() => {
    const browser = setup.openBrowser()
    return { browser, ...setup.openPage(browser) }
  })
  for (const { auth } of fleet) await auth.login({ email: 'ada@example.com', password: 'lovelace' })
  setup.server.rotateKey()
  setup.server.retireKey()
  setup.server.endSessions()
  for (const { auth, browser } of fleet) {
    await expect(auth.axios.get('/me')).rejects.toMatchObject({ response: { status: 401 } })
    await auth.login({ email: 'ada@example.com', password: 'lovelace' })
    expect((await auth.axios.get('/me')).status).toBe(200)
    expect(countOf(browser, '/refresh')).toBe(1)
  }
})
