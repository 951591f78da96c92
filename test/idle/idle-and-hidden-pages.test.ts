// Option idlePolicy: the idle limit, and refreshes of hidden pages.
import axios from 'axios'
import type { AuthClient } from 'everbearer'
import { expect, it, onTestFinished, vi } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'
import { setUpTabs } from '../support/setups/virtual-tabs.ts'

it('refreshes a hidden page if whileHidden is `refresh`', async () => {
  const idlePolicy = { whileHidden: 'refresh' } as const
  const { auth, browser, clock, idle, callsTo } = setUpClient(
    { idlePolicy },
    { accessTokenSeconds: 300 }
  )
  await auth.login(ada)
  browser.setVisible(false)
  clock.tick(240_000)
  await idle()
  expect(callsTo('refresh')).toHaveLength(1)
})

it('refreshes a hidden page for a request', async () => {
  const { auth, browser, clock, callsTo } = setUpClient({}, { accessTokenSeconds: 300 })
  await auth.login(ada)
  browser.setVisible(false)
  clock.tick(300_000)
  expect((await auth.axios.get('/me')).status).toBe(200)
  expect(callsTo('refresh')).toHaveLength(1)
})

it.each([true, false])(
  'signs out when the idle limit has passed (page visible: %s)',
  async (isVisible) => {
    const idlePolicy = { signOutAfterSeconds: 900 }
    const { auth, browser, clock, idle, callsTo, events } = setUpClient(
      { idlePolicy },
      { accessTokenSeconds: 300 }
    )
    await auth.login(ada)
    browser.setVisible(isVisible)
    clock.tick(899_999)
    await idle()
    expect(auth.getState().status).toBe('authenticated')
    clock.tick(1)
    await idle()
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'idle' })
    expect(callsTo('logout')).toHaveLength(1)
    expect(events.at(-1)).toEqual({ name: 'signed-out', event: { reason: 'idle' } })
    expect(clock.pendingTimers()).toBe(0)
  }
)

it('restarts the idle limit on a request and on markActive()', async () => {
  const { auth, clock } = setUpClient(
    { idlePolicy: { signOutAfterSeconds: 900 } },
    { accessTokenSeconds: 86_400 }
  )
  await auth.login(ada)
  for (let minute = 0; minute < 60; minute += 10) {
    clock.tick(600_000)
    if (minute % 20 === 0) auth.markActive()
    else await auth.axios.get('/me')
  }
  expect(auth.getState().status).toBe('authenticated')
})

const polls: readonly [string, (auth: AuthClient) => Promise<unknown>][] = [
  ['axios', (auth) => auth.axios.get('/me', { everbearer: { background: true } })],
  ['fetch', (auth) => auth.fetch('/me', { everbearer: { background: true } })],
  [
    'an instance with defaults',
    (auth) => {
      const { adapter, baseURL } = auth.axios.defaults
      const api = axios.create({
        ...(adapter === undefined ? {} : { adapter }),
        baseURL: baseURL ?? '',
        everbearer: { background: true }
      })
      auth.attach(api)
      return api.get('/me')
    }
  ]
]

it.each(polls)(
  'signs out when the idle limit has passed, despite a poll with background: true over %s',
  async (_, poll) => {
    const { auth, browser, clock } = setUpClient(
      { idlePolicy: { signOutAfterSeconds: 900 } },
      { accessTokenSeconds: 86_400 }
    )
    vi.stubGlobal('fetch', browser.fetch)
    onTestFinished(() => void vi.unstubAllGlobals())
    await auth.login(ada)
    for (let second = 0; second < 890; second += 10) {
      clock.tick(10_000)
      expect(await poll(auth)).toMatchObject({ status: 200 })
    }
    clock.tick(10_000)
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'idle' })
  }
)

it('signs out on a background request after the idle limit, even if no timer fired', async () => {
  const { auth, clock, callsTo } = setUpClient({ idlePolicy: { signOutAfterSeconds: 900 } })
  await auth.login(ada)
  clock.sleep(901_000)
  await auth.axios.get('/me', { everbearer: { background: true } }).catch(() => {})
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'idle' })
  expect(callsTo('me').map((call) => call.outcome)).toEqual(['missing_token'])
})

it('signs out on a request after the idle limit, even if no timer fired', async () => {
  const { auth, clock, callsTo } = setUpClient({ idlePolicy: { signOutAfterSeconds: 900 } })
  await auth.login(ada)
  clock.sleep(901_000)
  await auth.axios.get('/me').catch(() => {})
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'idle' })
  expect(callsTo('me').map((call) => call.outcome)).toEqual(['missing_token'])
})

it('stays signed in after 30 idle days by default', async () => {
  const { auth, clock } = setUpClient()
  await auth.login(ada)
  clock.sleep(30 * 86_400_000)
  auth.markActive()
  expect(auth.getState().status).toBe('authenticated')
})

const idlePolicy = { signOutAfterSeconds: 900 }

it('lets a user sign in after the sign-in page was open longer than the idle limit', async () => {
  const { auth, clock, idle } = setUpClient({ idlePolicy })
  clock.tick(901_000)
  await auth.login(ada)
  await idle()
  expect(auth.getState().status).toBe('authenticated')
})

it('does not sign out if the idle limit passes during a sign-in', async () => {
  const { auth, browser, clock, idle } = setUpClient({ idlePolicy }, { accessTokenSeconds: 86_400 })
  await auth.login(ada)
  clock.tick(899_000)
  const gate = browser.hold('/login')
  const signingIn = auth.login(ada)
  await gate.arrived(1)
  clock.tick(2_000)
  gate.release()
  await signingIn
  await idle()
  expect(auth.getState().status).toBe('authenticated')
})

it('restarts the idle limit when a delayed restore succeeds', async () => {
  const { auth, browser, reload, clock, idle, eventNames } = setUpClient({ idlePolicy })
  await auth.login(ada)
  auth.dispose()
  browser.setVisible(false)
  browser.intercept('/refresh', { kind: 'unreachable' })
  const next = reload({ restore: 'always' })
  await next.ready()
  clock.tick(1_000_000)
  browser.setVisible(true)
  browser.wake('visible')
  await idle()
  expect(next.getState().status).toBe('authenticated')
  expect(eventNames()).not.toContain('signed-out')
})

it('signs out instead of refreshing if refresh() is called after the idle limit', async () => {
  const { auth, clock, callsTo } = setUpClient({ idlePolicy })
  await auth.login(ada)
  clock.sleep(901_000)
  await expect(auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_NOT_AUTHENTICATED' })
  expect(callsTo('refresh')).toHaveLength(0)
})

it('signs out, and rejects callers of a refresh that is answered after the idle limit', async () => {
  const { auth, server, clock, idle, eventNames } = setUpClient(
    {
      idlePolicy: { signOutAfterSeconds: 600 },
      refreshTimeoutMs: 3_600_000,
      refreshAbandonMs: 3_600_000
    },
    { accessTokenSeconds: 300 }
  )
  await auth.login(ada)
  const gate = server.hold('refresh')
  clock.tick(240_000)
  await gate.arrived()
  clock.tick(59_000)
  const outcome = auth.getAccessToken().catch((error: unknown) => error)
  clock.tick(600_000)
  gate.release()
  expect(await outcome).toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  await idle()
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'idle' })
  expect(eventNames().slice(-3)).toEqual(['refreshed', 'refresh-settled', 'signed-out'])
})

it('does not extend the idle limit when a new tab takes the token of another tab', async () => {
  const { openTab, pass } = setUpTabs({
    server: { accessTokenSeconds: 3_600 },
    client: { idlePolicy: { signOutAfterSeconds: 100 } }
  })
  const first = openTab()
  await first.auth.login(ada)
  await pass(90_000, 10_000)
  const second = openTab()
  await pass(5_000, 100)
  expect(second.auth.getState().status).toBe('authenticated')
  await pass(10_000, 1_000)
  for (const { auth } of [first, second]) {
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'idle' })
  }
})
