// I11: a sign-out takes effect here at once, and reaches the server in the end.
import { expect, it } from 'vitest'
import {
  answers,
  type FaultyServerSetup,
  hangs,
  setUpFaultyServer
} from '../support/setups/faulty-auth-server.ts'
import { ada } from '../support/setups/test-client.ts'

// A sign-out without an answer is sent twice, the second time without keepalive.
const unconfirmed: readonly [string, (setup: FaultyServerSetup) => void][] = [
  ['cannot be reached', ({ browser }) => browser.intercept('/logout', { kind: 'unreachable' }, 2)],
  [
    'answers but the answer is lost',
    ({ browser }) => browser.intercept('/logout', { kind: 'lost' }, 2)
  ],
  ['answers 500', ({ fault }) => fault('/logout', answers(500, {}))],
  ['answers 429', ({ fault }) => fault('/logout', answers(429, {}, { 'Retry-After': '5' }))],
  ['answers 404 in HTML', ({ fault }) => fault('/logout', answers(404, '<!doctype html>'))],
  ['redirects', ({ fault }) => fault('/logout', answers(302), 2)],
  ['never answers', ({ fault }) => fault('/logout', hangs)]
]
const refusing: readonly [string, (setup: FaultyServerSetup) => void][] = [
  ['answers 401', ({ fault }) => fault('/logout', answers(401, { error: 'invalid_grant' }))]
]

/** Signs Ada in; the sign-out then meets the given fault. */
async function setUp(spoil: (setup: FaultyServerSetup) => void): Promise<FaultyServerSetup> {
  const setup = setUpFaultyServer()
  await setup.auth.login(ada)
  spoil(setup)
  return setup
}

it.each([...unconfirmed, ...refusing])(
  'clears the session at once on logout() if the server %s',
  async (_, spoil) => {
    const { auth, browser, clock, idle, callsTo, eventNames } = await setUp(spoil)
    const signingOut = auth.logout()
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
    await expect(auth.getAccessToken()).rejects.toMatchObject({
      code: 'ERR_AUTH_NOT_AUTHENTICATED'
    })
    await auth.axios.get('/me').catch(() => {})
    clock.tick(10_000)
    await signingOut
    clock.tick(60_000)
    await idle()
    await auth.axios.get('/me').catch(() => {})
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
    const sent = browser.requests.filter(({ url }) => url.endsWith('/me'))
    expect(sent).toHaveLength(2)
    expect(sent.flatMap(({ headers }) => Object.keys(headers))).not.toContain('Authorization')
    // A refused access token is refreshed for the sign-out alone.
    expect(callsTo('refresh')).toHaveLength(spoil === refusing[0]?.[1] ? 1 : 0)
    expect(eventNames().filter((name) => name === 'signed-out')).toHaveLength(1)
    expect(clock.pendingTimers()).toBe(0)
  }
)

it.each(unconfirmed)(
  'sends the sign-out again when the network is back if the server %s',
  async (_, spoil) => {
    const { auth, browser, clock, idle, reload, callsTo } = await setUp(spoil)
    const signingOut = auth.logout()
    await browser.settle()
    clock.tick(10_000)
    expect(await signingOut).toEqual({ confirmed: false })
    clock.tick(20_000)
    await idle()
    browser.wake('online')
    await idle()
    expect(callsTo('logout').at(-1)).toMatchObject({ status: 204, outcome: 'signed_out' })
    expect(browser.storedSession()).toBe('ended')
    auth.dispose()
    expect(await reload({ restore: 'always' }).ready()).toMatchObject({ status: 'unauthenticated' })
  }
)

it.each(unconfirmed)(
  'sends the sign-out again on the next page load, without a restore, if the server %s',
  async (_, spoil) => {
    const { auth, browser, clock, idle, reload, callsTo } = await setUp(spoil)
    auth.logout().catch(() => {})
    await browser.settle()
    clock.tick(30_000)
    await idle()
    auth.dispose()
    const page = reload({ restore: 'always' })
    const seen = [page.getState().status]
    page.subscribe(() => seen.push(page.getState().status))
    await page.axios.get('/me').catch(() => {})
    await idle()
    expect(seen).toEqual(['unauthenticated'])
    expect(callsTo('refresh')).toHaveLength(0)
    expect(callsTo('logout').at(-1)).toMatchObject({ status: 204, outcome: 'signed_out' })
    expect(browser.storedSession()).toBe('ended')
  }
)

it.each(refusing)(
  'sends the sign-out once more with a new token if the server %s',
  async (_, spoil) => {
    const { auth, browser, idle, sent } = await setUp(spoil)
    expect(await auth.logout()).toEqual({ confirmed: true })
    browser.wake('online')
    await idle()
    expect([sent('/logout'), sent('/refresh')]).toEqual([2, 1])
    expect(browser.storedSession()).toBe('ended')
  }
)

it('sends one sign-out each time the network comes back while the server stays down', async () => {
  const { auth, browser, idle, fault, sent, callsTo } = setUpFaultyServer()
  await auth.login(ada)
  fault('/logout', answers(503, {}), 10)
  expect(await auth.logout()).toEqual({ confirmed: false })
  for (let time = 1; time <= 9; time += 1) {
    browser.wake('online')
    await idle()
    expect(sent('/logout')).toBe(1 + time)
  }
  browser.wake('online')
  await idle()
  expect(callsTo('logout').map((call) => call.outcome)).toEqual(['signed_out'])
})
