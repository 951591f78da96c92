// Endless refusals: 401s that are late, permanent or from auth endpoints do not cause a loop of
// refreshes.
import { expect, it } from 'vitest'
import { range } from '../support/seeded-random.ts'
import { answer, countOf, pathsOf, setUpBrowsers, signIn } from '../support/setups/many-browsers.ts'
import { ada } from '../support/setups/test-client.ts'

it.each([5_000, 60_000, 200_000])(
  'does not refresh for a 401 that arrives %d ms after the refresh',
  async (lateMs) => {
    const setup = setUpBrowsers({
      latencyMs: (label) => (label === '/slow is answered' ? lateMs : 0)
    })
    const browser = setup.openBrowser()
    const { auth } = setup.openPage(browser)
    await signIn(setup, auth)
    setup.server.revokeAccessTokens()
    const slow = auth.axios.get('/slow')
    await setup.settle()
    expect((await auth.axios.get('/me')).status).toBe(200)
    expect(countOf(browser, '/refresh')).toBe(1)
    await setup.pass(lateMs, lateMs / 10)
    expect(countOf(browser, '/slow')).toBe(2)
    await setup.pass(lateMs, lateMs / 10)
    expect((await slow).status).toBe(200)
    // A token lives 300 s, so one refresh within 400 s is the planned one, at 240 s.
    expect(countOf(browser, '/refresh')).toBe(lateMs * 2 < 240_000 ? 1 : 2)
  }
)

// A 401 causes no refresh within 5 s of the last one, so 300 s have at most 300 / 5 + 1 refreshes.
// Planned refreshes add to that only if no 401 has caused one before.
it('limits refreshes to one in five seconds if a route that is polled each second always answers 401', async () => {
  const setup = setUpBrowsers()
  const browser = setup.openBrowser()
  const { auth } = setup.openPage(browser)
  await signIn(setup, auth)
  browser.intercept('/feed', answer(401, { error: 'invalid_token' }), 10_000)
  const statuses: number[] = []
  for (const _ of range(300)) {
    await auth.axios.get('/feed').catch((error) => statuses.push(error.response.status))
    await setup.pass(1_000, 1_000)
  }
  expect(statuses).toEqual(Array(300).fill(401))
  expect(countOf(browser, '/refresh')).toBeLessThanOrEqual(61)
  expect(countOf(browser, '/feed')).toBeLessThanOrEqual(300 + 61)
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
  expect((await auth.axios.get('/me')).status).toBe(200)
})

it('refreshes once and returns the 401 if a route answers 401 to the replay as well', async () => {
  const setup = setUpBrowsers()
  const browser = setup.openBrowser()
  const { auth } = setup.openPage(browser)
  await signIn(setup, auth)
  browser.intercept('/feed', answer(401, { error: 'invalid_token' }), 10)
  await expect(auth.axios.get('/feed')).rejects.toMatchObject({ response: { status: 401 } })
  expect(pathsOf(browser)).toEqual(['/login', '/feed', '/refresh', '/feed'])
})

it.each([
  ['/login', { code: 'ERR_AUTH_LOGIN_REJECTED' }],
  ['/refresh', { code: 'ERR_AUTH_SESSION_EXPIRED' }]
] as const)('calls %s once and settles at once if it answers 401', async (path, error) => {
  const setup = setUpBrowsers()
  const browser = setup.openBrowser()
  const { auth } = setup.openPage(browser)
  await signIn(setup, auth)
  browser.intercept(path, answer(401, { error: 'invalid_grant' }), 10)
  const calling = path === '/login' ? auth.login(ada) : auth.refresh()
  await expect(calling).rejects.toMatchObject(error)
  await setup.settle()
  expect(pathsOf(browser)).toEqual(['/login', path])
})

it('calls /logout twice, with one refresh between, and does not confirm the sign-out if it answers 401', async () => {
  const setup = setUpBrowsers()
  const browser = setup.openBrowser()
  const { auth } = setup.openPage(browser)
  await signIn(setup, auth)
  browser.intercept('/logout', answer(401), 10)
  expect(await auth.logout()).toEqual({ confirmed: false })
  await setup.settle()
  expect(pathsOf(browser)).toEqual(['/login', '/logout', '/refresh', '/logout'])
})

it.each(['/login', '/refresh', '/logout'])(
  'replays at most once if the app’s own call of %s is refused',
  async (path) => {
    const setup = setUpBrowsers()
    const browser = setup.openBrowser()
    const { auth } = setup.openPage(browser)
    await signIn(setup, auth)
    browser.intercept(path, answer(401, { error: 'invalid_grant' }), 10)
    await expect(auth.axios.post(path, {})).rejects.toMatchObject({ response: { status: 401 } })
    await setup.pass(5_000, 1_000)
    const sent = pathsOf(browser).slice(1)
    expect(sent.length).toBeLessThanOrEqual(3)
    expect(sent.filter((one) => one === '/refresh').length).toBeLessThanOrEqual(2)
  }
)
