// Contract.refresh: false: the session ends with its token, and no refresh is ever sent.
import type { AuthClientOptions } from 'everbearer'
import { expect, it } from 'vitest'
import { setUpTokenServer } from '../support/setups/any-token-server.ts'
import { ada } from '../support/setups/test-client.ts'
import { finish, setUpTabs } from '../support/setups/virtual-tabs.ts'

const credentials = { email: 'ada' }
const expired = { status: 'unauthenticated', reason: 'session-expired' }

function setUp(options: AuthClientOptions = {}, expiresIn: number | undefined = 300) {
  return setUpTokenServer(
    (nth) => ({
      body: { access_token: `opaque-${nth}`, ...(expiresIn && { expires_in: expiresIn }) },
      acceptedSeconds: 300
    }),
    { contract: { refresh: false }, restore: undefined, ...options }
  )
}

it('starts signed out without a request on page load', async () => {
  const { auth, browser } = setUp()
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  await browser.idle()
  expect(browser.requests).toEqual([])
})

it.each([true, false])(
  'stays signed in until the token expires, with jittered refreshes %s, and then ends the session',
  async (spreadRefreshes) => {
    const { auth, browser, clock, refreshedAt, events, statuses } = setUp({ spreadRefreshes })
    await auth.login(credentials)
    for (let second = 0; second < 299; second += 1) {
      clock.tick(1_000)
      await auth.axios.get('/me')
    }
    expect(statuses).toEqual(Array(299).fill(200))
    expect(auth.getState().status).toBe('authenticated')
    clock.tick(1_000)
    await browser.idle()
    expect(auth.getState()).toEqual(expired)
    expect(refreshedAt).toEqual([])
    expect(events).toMatchObject([
      { name: 'signed-in' },
      { name: 'signed-out', event: { reason: 'session-expired' } }
    ])
    expect(clock.pendingTimers()).toBe(0)
  }
)

it('ends the session in a hidden page too', async () => {
  const { auth, browser, clock } = setUp()
  await auth.login(credentials)
  browser.setVisible(false)
  clock.tick(300_000)
  await browser.idle()
  expect(auth.getState()).toEqual(expired)
})

it('ends the session before the first request after a sleep', async () => {
  const { auth, browser, clock } = setUp()
  await auth.login(credentials)
  clock.sleep(3_600_000)
  await expect(auth.axios.get('/me')).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_EXPIRED' })
  await expect(auth.getAccessToken()).rejects.toMatchObject({ code: 'ERR_AUTH_NOT_AUTHENTICATED' })
  expect(auth.getState()).toEqual(expired)
  expect(browser.requests.map(({ url }) => new URL(url).pathname)).toEqual(['/login'])
})

it.each([
  ['known', 300],
  ['unknown', undefined]
])('ends the session on a 401 if the lifetime of the token is %s', async (_, expiresIn) => {
  const { auth, revoke, refreshedAt, statuses } = setUp({}, expiresIn)
  await auth.login(credentials)
  revoke()
  await expect(auth.axios.get('/me')).rejects.toMatchObject({ response: { status: 401 } })
  expect(auth.getState()).toEqual(expired)
  expect(refreshedAt).toEqual([])
  expect(statuses).toEqual([401])
})

it('rejects refresh() and keeps the session while the token is valid', async () => {
  const { auth, refreshedAt, events } = setUp()
  await auth.login(credentials)
  await expect(auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_INVALID_OPTIONS' })
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
  expect(refreshedAt).toEqual([])
  expect(events.map(({ name }) => name)).toEqual(['signed-in'])
})

it('signs in again after the session has ended', async () => {
  const { auth, browser, clock } = setUp()
  await auth.login(credentials)
  clock.tick(300_000)
  await browser.idle()
  await auth.login(credentials)
  expect((await auth.axios.get('/me')).status).toBe(200)
})

it.each([undefined, 'hint'] as const)(
  'takes the token of another tab on page load if the option restore is %s',
  async (restore) => {
    const { openTab, settle, pass, callsTo } = setUpTabs({
      client: { contract: { refresh: false }, restore }
    })
    const first = openTab()
    await pass(300)
    const entering = first.auth.login(ada)
    await pass(300)
    await entering
    const second = openTab()
    await pass(300)
    await settle()
    expect(await second.auth.getAccessToken()).toBe(await first.auth.getAccessToken())
    expect(callsTo('refresh')).toEqual([])
  }
)

it('starts signed out without a request after a reload of the only tab', async () => {
  const setup = setUpTabs({ client: { contract: { refresh: false } } })
  const first = setup.openTab()
  await finish(setup, first.auth.login(ada))
  first.auth.dispose()
  const next = setup.openTab()
  await setup.settle()
  expect(next.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  expect(setup.callsTo('refresh')).toEqual([])
})

it.each<[string, AuthClientOptions]>([
  ['restore is `never`', { restore: 'never' }],
  ['there is no page', { platform: { pageUrl: () => undefined } }]
])('takes no token of another tab if %s', async (_, options) => {
  const setup = setUpTabs({ client: { contract: { refresh: false }, ...options } })
  const first = setup.openTab()
  await finish(setup, first.auth.login(ada))
  const second = setup.openTab()
  await setup.pass(500)
  expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
})
