// I10: 401s that are late, permanent or from auth endpoints cause no loop of refreshes, and the
// limits end with their cause.
import { expect, it, vi } from 'vitest'
import { range } from '../support/seeded-random.ts'
import { answer, countOf, pathsOf, setUpBrowsers, signIn } from '../support/setups/many-browsers.ts'
import { ada } from '../support/setups/test-client.ts'
import { setUpTabs } from '../support/setups/virtual-tabs.ts'

/** Signs Ada in, in one page. */
async function setUp() {
  const setup = setUpBrowsers()
  const browser = setup.openBrowser()
  const { auth } = setup.openPage(browser)
  await signIn(setup, auth)
  return { setup, browser, auth }
}

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

const refused = answer(401, { error: 'invalid_token' })
const tokenRefused = { code: 'ERR_AUTH_TOKEN_REFUSED' }

function statusOf(calling: Promise<{ readonly status: number }>): Promise<number> {
  return calling.then(
    ({ status }) => status,
    (error) => error.response.status
  )
}

it('doubles the interval between refreshes if a route that is polled each second always answers 401', async () => {
  const { setup, browser, auth } = await setUp()
  browser.intercept('/feed', refused, 10_000)
  const statuses: number[] = []
  for (const _ of range(300)) {
    statuses.push(await statusOf(auth.axios.get('/feed')))
    await setup.pass(1_000, 1_000)
  }
  expect(statuses).toEqual(Array(300).fill(401))
  // Two at once, after 5 s, 10 s, … 160 s, and the planned ones.
  expect(countOf(browser, '/refresh')).toBeLessThanOrEqual(10)
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: tokenRefused })
  expect((await auth.axios.get('/me')).status).toBe(200)
})

it('causes at most 40 refreshes in an hour if a route that is polled every 10 s always answers 401', async () => {
  const setup = setUpBrowsers()
  const browser = setup.openBrowser()
  const { auth, events } = setup.openPage(browser)
  await signIn(setup, auth)
  browser.intercept('/feed', refused, 10_000)
  for (const _ of range(360)) {
    expect(await statusOf(auth.axios.get('/feed'))).toBe(401)
    await setup.pass(10_000, 5_000)
  }
  const reasons = events
    .filter(({ name }) => name === 'refresh-started')
    .map(({ event }) => Reflect.get(Object(event), 'reason'))
  // 2 at once, 6 until the interval is 300 s, and then 11. The others are planned.
  expect(reasons.filter((reason) => reason === 'refusal').length).toBeLessThanOrEqual(20)
  expect(reasons.length).toBeLessThanOrEqual(40)
})

it('refreshes for other routes while one route always answers 401', async () => {
  const { setup, browser, auth } = await setUp()
  browser.intercept('/feed', refused, 10_000)
  for (const _ of range(5)) await statusOf(auth.axios.get('/feed'))
  for (const _ of range(3)) {
    setup.server.revokeAccessTokens()
    expect(await statusOf(auth.axios.get('/me'))).toBe(200)
    expect(await statusOf(auth.axios.get('/feed'))).toBe(401)
  }
})

it('refreshes at once for a route that refused new tokens and accepts them again', async () => {
  const { setup, browser, auth } = await setUp()
  browser.intercept('/feed', refused, 4)
  // A 401 and its replay, a request that waits for a refresh, and one that causes none.
  for (const _ of range(3)) expect(await statusOf(auth.axios.get('/feed'))).toBe(401)
  expect(auth.getState()).toMatchObject({ degraded: tokenRefused })
  expect(await statusOf(auth.axios.get('/feed'))).toBe(200)
  expect(auth.getState()).toMatchObject({ degraded: undefined })
  for (const _ of range(3)) {
    setup.server.revokeAccessTokens()
    expect(await statusOf(auth.axios.get('/feed'))).toBe(200)
  }
})

it('reports refusals in the state, in one change each, until the endpoint has not been called for five minutes', async () => {
  const { setup, browser, auth } = await setUp()
  const states: unknown[] = []
  auth.subscribe(() => states.push(Reflect.get(auth.getState(), 'degraded')?.code))
  browser.intercept('/feed', refused, 100)
  for (const _ of range(10)) {
    await statusOf(auth.axios.get('/feed'))
    await setup.pass(100, 100)
  }
  await setup.pass(300_000, 10_000)
  expect(states).toEqual([tokenRefused.code])
  await setup.pass(10_000, 10_000)
  expect(states).toEqual([tokenRefused.code, undefined])
})

it('changes the state once for a route that is polled and always refuses new tokens, and once when it accepts one', async () => {
  const { setup, browser, auth } = await setUp()
  const states: unknown[] = []
  auth.subscribe(() => states.push(Reflect.get(auth.getState(), 'degraded')?.code))
  let polls = 0
  browser.intercept('/feed', refused, 50)
  while ((await statusOf(auth.axios.get('/feed'))) === 401) {
    polls += 1
    await setup.pass(10_000, 5_000)
  }
  expect(polls).toBeGreaterThan(20)
  expect(states).toEqual([tokenRefused.code, undefined])
})

it('refreshes a handful of times if every route refuses every token', async () => {
  const { setup, browser, auth } = await setUp()
  for (const nth of range(600)) {
    browser.intercept(`/items/${nth}`, refused, 10)
    expect(await statusOf(auth.axios.get(`/items/${nth}`))).toBe(401)
    await setup.pass(100, 100)
  }
  expect(countOf(browser, '/refresh')).toBeLessThanOrEqual(5)
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: tokenRefused })
})

it('refreshes a handful of times and delays no other request while 150 polled routes always answer 401', async () => {
  const { setup, browser, auth } = await setUp()
  const paths = range(150).map((nth) => `/items/${nth}`)
  for (const path of paths) browser.intercept(path, refused, 100)
  for (const _ of range(8)) {
    const polls = Promise.all(paths.map((path) => statusOf(auth.axios.get(path))))
    await setup.pass(1_000, 1_000)
    const answered = vi.fn()
    const asked = statusOf(auth.axios.get('/me')).then(answered)
    await setup.settle()
    expect(answered).toHaveBeenCalledWith(200)
    await setup.pass(9_000, 3_000)
    await Promise.all([polls, asked])
  }
  expect(countOf(browser, '/refresh')).toBeLessThanOrEqual(10)
})

it('delays refreshes without a failed request if tokens are revoked faster than they may be refreshed', async () => {
  const { setup, browser, auth } = await setUp()
  const asked: Promise<number>[] = []
  for (const _ of range(60)) {
    setup.server.revokeAccessTokens()
    asked.push(statusOf(auth.axios.get('/me')))
    await setup.pass(1_000, 500)
  }
  await setup.pass(10_000, 500)
  expect(await Promise.all(asked)).toEqual(Array(60).fill(200))
  expect(countOf(browser, '/refresh')).toBeLessThanOrEqual(20 + 8)
})

it('rejects a request that waits for its refresh when the client is disposed', async () => {
  const setup = setUpBrowsers()
  const { auth } = setup.openPage(setup.openBrowser())
  await signIn(setup, auth)
  for (const _ of range(20)) {
    setup.server.revokeAccessTokens()
    await auth.axios.get('/me')
  }
  setup.server.revokeAccessTokens()
  const waiting = auth.axios.get('/me')
  await setup.settle()
  auth.dispose()
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
})

it('refreshes once and returns the 401 if a route answers 401 to the replay as well', async () => {
  const { browser, auth } = await setUp()
  browser.intercept('/feed', answer(401, { error: 'invalid_token' }), 10)
  await expect(auth.axios.get('/feed')).rejects.toMatchObject({ response: { status: 401 } })
  expect(pathsOf(browser)).toEqual(['/login', '/feed', '/refresh', '/feed'])
})

it.each([
  ['/login', { code: 'ERR_AUTH_LOGIN_REJECTED' }],
  ['/refresh', { code: 'ERR_AUTH_SESSION_EXPIRED' }]
] as const)('calls %s once and settles at once if it answers 401', async (path, error) => {
  const { setup, browser, auth } = await setUp()
  browser.intercept(path, answer(401, { error: 'invalid_grant' }), 10)
  const calling = path === '/login' ? auth.login(ada) : auth.refresh()
  await expect(calling).rejects.toMatchObject(error)
  await setup.settle()
  expect(pathsOf(browser)).toEqual(['/login', path])
})

it('calls /logout twice, with one refresh between, and does not confirm the sign-out if it answers 401', async () => {
  const { setup, browser, auth } = await setUp()
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

//  request 1 ── token 1 ─────────────────────────── 200: from before the revocation
//  request 2 ────────── token 1 ── 401 ── refresh ── 503
//  request 3 ───────────────────────────────────────────── waits for the next refresh
it('does not send a refused token again because an earlier request is answered late', async () => {
  let arrive = () => {}
  const isLate = new Promise<void>((resolve) => {
    arrive = resolve
  })
  let answers = 0
  const setup = setUpTabs({
    hooks: {
      async delay(label) {
        if (label !== '/me is answered') return
        answers += 1
        if (answers === 1) await isLate
      }
    }
  })
  const { server, browser, pass, openTab } = setup
  const { auth } = openTab()
  await pass(300)
  const entering = auth.login(ada)
  await pass(300)
  await entering
  const first = auth.axios.get('/me')
  await pass(50)
  server.revokeAccessTokens()
  const response = { status: 503, headers: [], setCookies: [], body: '' }
  browser.intercept('/refresh', { kind: 'answer', response })
  const second = auth.axios.get('/me').catch((error) => error)
  await pass(50)
  arrive()
  await first
  const from = browser.requests.length
  const third = auth.axios.get('/me')
  await pass(2_000)
  expect([await second, await third]).toMatchObject([{ status: 503 }, { status: 200 }])
  const sent = browser.requests.slice(from).map(({ url }) => new URL(url).pathname)
  expect(sent).toEqual(['/refresh', '/me'])
})
