// I2, I5, I10: a refused token is refreshed on its own, as soon as that is allowed, and is not sent
// to any endpoint before.
import { expect, it } from 'vitest'
import { range } from '../support/seeded-random.ts'
import { answers, setUpFaultyServer } from '../support/setups/faulty-auth-server.ts'
import { answer, countOf, setUpBrowsers, signIn } from '../support/setups/many-browsers.ts'
import { ada } from '../support/setups/test-client.ts'

function statusOf(calling: Promise<{ readonly status: number }>): Promise<unknown> {
  return calling.then(
    ({ status }) => status,
    ({ response, code }) => response?.status ?? code
  )
}

/** Signs in, and uses all refreshes that refusals may cause. The held token is revoked. */
async function exhaust(refreshTimeoutMs: number) {
  const setup = setUpBrowsers()
  const browser = setup.openBrowser()
  const { auth, events } = setup.openPage(browser, { refreshTimeoutMs })
  await signIn(setup, auth)
  for (const _ of range(20)) {
    setup.server.revokeAccessTokens()
    expect((await auth.axios.get('/me')).status).toBe(200)
  }
  setup.server.revokeAccessTokens()
  return { setup, browser, auth, events }
}

it.each([408, 425, 429])(
  'does not take an answer with status %d for an acceptance of the token',
  async (status) => {
    let feedStatus = 401
    const setup = setUpBrowsers({
      wrap: (server) => ({
        ...server,
        guard: async (request, respond, adapter) =>
          request.url.endsWith('/feed')
            ? answer(feedStatus).response
            : server.guard(request, respond, adapter)
      })
    })
    const browser = setup.openBrowser()
    const { auth } = setup.openPage(browser)
    await signIn(setup, auth)
    const degraded = { code: 'ERR_AUTH_TOKEN_REFUSED' }
    for (const _ of range(4)) expect(await statusOf(auth.axios.get('/feed'))).toBe(401)
    expect(auth.getState()).toMatchObject({ degraded })
    const refreshes = countOf(browser, '/refresh')
    feedStatus = status
    expect(await statusOf(auth.axios.get('/feed'))).toBe(status)
    expect(auth.getState()).toMatchObject({ degraded })
    feedStatus = 401
    expect(await statusOf(auth.axios.get('/feed'))).toBe(401)
    expect(countOf(browser, '/refresh')).toBe(refreshes)
  }
)

it('sends a refused token to no endpoint while its refresh waits for the budget', async () => {
  const { setup, browser, auth } = await exhaust(10_000)
  const first = auth.axios.get('/me')
  await setup.settle()
  const sent = browser.requests.length
  const others = range(10).map((nth) => auth.axios.get(`/items/${nth}`))
  await setup.pass(5_000, 1_000)
  expect(browser.requests.length).toBe(sent)
  await setup.pass(3_000, 1_000)
  const outcomes = await Promise.all([first, ...others].map(statusOf))
  expect(outcomes).toEqual(Array(11).fill(200))
  expect(browser.requests.length).toBe(sent + 12)
})

it('lets each request wait for the budget until its own deadline if refreshTimeoutMs is shorter than the wait', async () => {
  const { setup, browser, auth } = await exhaust(4_000)
  expect(await statusOf(auth.axios.get('/me'))).toBe(401)
  const sent = browser.requests.length
  expect(await statusOf(auth.axios.get('/me'))).toBe('ERR_AUTH_TOKEN_REFUSED')
  expect(await statusOf(auth.axios.get('/items'))).toBe('ERR_AUTH_TOKEN_REFUSED')
  expect(browser.requests.length).toBe(sent)
  await setup.pass(5_000, 1_000)
  const waiting = [auth.axios.get('/me'), auth.axios.get('/items')].map(statusOf)
  await setup.pass(3_000, 1_000)
  expect(await Promise.all(waiting)).toEqual([200, 200])
})

it('settles a request that waits for the budget within its deadline, also if the refresh then hangs', async () => {
  const { setup, browser, auth } = await exhaust(10_000)
  const gate = browser.hold('/refresh')
  let outcome: unknown
  statusOf(auth.axios.get('/me')).then((status) => {
    outcome = status
  })
  await setup.pass(9_900, 100)
  expect(countOf(browser, '/refresh')).toBe(21)
  expect(outcome).toBeUndefined()
  await setup.pass(200, 100)
  expect(outcome).toBe(401)
  gate.release()
})

it('refreshes a refused token on its own when the back-off of its failed refresh is over', async () => {
  const { auth, server, clock, idle, fault, sent } = setUpFaultyServer()
  await auth.login(ada)
  server.revokeAccessTokens()
  fault('/refresh', answers(503), 3)
  await expect(auth.axios.get('/me')).rejects.toMatchObject({ status: 503 })
  for (const _ of range(8)) {
    clock.tick(1_000)
    await idle()
  }
  // After about 1, 2 and 4 seconds.
  expect(sent('/refresh')).toBe(4)
  expect((await auth.axios.get('/me')).status).toBe(200)
  expect(sent('/refresh')).toBe(4)
})

it('refreshes a refused token on its own if an earlier failure holds the refresh back beyond the deadline', async () => {
  const { auth, server, clock, idle, fault, sent } = setUpFaultyServer()
  await auth.login(ada)
  fault('/refresh', answers(503), 6)
  for (const _ of range(6)) await auth.refresh().catch(() => {})
  server.revokeAccessTokens()
  await expect(auth.axios.get('/me')).rejects.toMatchObject({ status: 503 })
  for (const _ of range(26)) {
    clock.tick(1_000)
    await idle()
  }
  expect(sent('/refresh')).toBe(7)
  expect(auth.getState()).toMatchObject({ degraded: undefined })
})
