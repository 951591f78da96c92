// I1, I2, I5: one refresh for any number of callers, including late 401s, and every caller settles.
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'

it('replays a request without another refresh if its 401 arrives after the refresh', async () => {
  const { auth, server, browser, callsTo, idle } = setUpClient()
  await auth.login(ada)
  server.revokeAccessTokens()
  const late = browser.hold('/me')
  const refused = auth.axios.get('/me')
  await late.arrived(1)
  // The server has refused the slow request; the app calls refresh() before the 401 arrives.
  await auth.refresh()
  late.release()
  expect((await refused).status).toBe(200)
  await idle()
  expect(callsTo('refresh')).toHaveLength(1)
  expect(callsTo('me').map((call) => call.status)).toEqual([401, 200])
})

it('sends one refresh for 401s that arrive during it', async () => {
  const { auth, server, browser, callsTo } = setUpClient()
  await auth.login(ada)
  server.revokeAccessTokens()
  const gate = browser.hold('/refresh')
  const early = auth.axios.get('/me')
  const during = Array.from({ length: 20 }, () => auth.axios.get('/me'))
  await gate.arrived(1)
  await browser.settle()
  gate.release()
  const answers = await Promise.all([early, ...during])
  expect(answers.every((answer) => answer.status === 200)).toBe(true)
  expect(callsTo('refresh')).toHaveLength(1)
})

it('shares one refresh between refresh(), a request and getAccessToken()', async () => {
  const { auth, clock, callsTo } = setUpClient({}, { accessTokenSeconds: 60 })
  await auth.login(ada)
  clock.sleep(61_000)
  await Promise.all([auth.refresh(), auth.refresh(), auth.getAccessToken(), auth.axios.get('/me')])
  expect(callsTo('refresh')).toHaveLength(1)
  expect(callsTo('me').map((call) => call.status)).toEqual([200])
})

it('sends one refresh and replays the request for each of ten revocations at once', async () => {
  const { auth, server, callsTo } = setUpClient()
  await auth.login(ada)
  for (let request = 0; request < 10; request += 1) {
    server.revokeAccessTokens()
    expect((await auth.axios.get('/me')).status).toBe(200)
  }
  expect(callsTo('refresh')).toHaveLength(10)
  expect(callsTo('me')).toHaveLength(20)
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
})

it('sends no request with a refused token while its refresh is in flight', async () => {
  const { auth, server, browser, callsTo } = setUpClient()
  await auth.login(ada)
  server.revokeAccessTokens()
  const gate = browser.hold('/refresh')
  const first = auth.axios.get('/me')
  await gate.arrived(1)
  const later = Array.from({ length: 10 }, () => auth.axios.get('/me'))
  await browser.turn()
  expect(callsTo('me')).toHaveLength(1)
  gate.release()
  const answers = await Promise.all([first, ...later])
  expect(answers.map(({ status }) => status)).toEqual(Array(11).fill(200))
  expect(callsTo('me')).toHaveLength(12)
  expect(callsTo('refresh')).toHaveLength(1)
})

//  refresh ── signed at 0 s ──────────────────────────── answered: too old to help
//  request ───────────────── re-issued at 2 s ─ 401 ──── refresh ── replay
it('refreshes again if the answer to a slow refresh is older than the refused token', async () => {
  const { auth, server, browser, clock, callsTo } = setUpClient()
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  const refreshing = auth.refresh()
  await gate.arrived(1)
  clock.tick(2_000)
  server.rotateKey()
  await auth.axios.get('/me')
  server.revokeAccessTokens()
  const request = auth.axios.get('/me')
  await browser.settle()
  gate.release()
  await refreshing
  expect((await request).status).toBe(200)
  expect(callsTo('refresh')).toHaveLength(2)
  expect(callsTo('me').map(({ status }) => status)).toEqual([200, 401, 200])
})

it('replays a second time if the token of the first replay has been revoked too', async () => {
  const { auth, server, browser, callsTo, idle } = setUpClient()
  await auth.login(ada)
  server.revokeAccessTokens()
  const late = browser.hold('/me')
  const refused = auth.axios.get('/me')
  await late.arrived(1)
  await auth.refresh()
  server.revokeAccessTokens()
  late.release()
  expect((await refused).status).toBe(200)
  await idle()
  expect(callsTo('me').map((call) => call.status)).toEqual([401, 401, 200])
  expect(callsTo('refresh')).toHaveLength(2)
})

it('sends one refresh while it fails, however many late 401s arrive', async () => {
  const { auth, server, browser, clock, callsTo } = setUpClient()
  await auth.login(ada)
  server.revokeAccessTokens()
  browser.intercept('/refresh', { kind: 'unreachable' }, 10)
  const before = browser.requests.length
  const first = auth.axios.get('/me')
  await expect(first).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
  for (let straggler = 0; straggler < 50; straggler += 1) {
    auth.axios.get('/me').catch(() => {})
    await browser.idle()
    clock.tick(5)
  }
  const refreshes = browser.requests.slice(before).filter(({ url }) => url.endsWith('/refresh'))
  expect(refreshes).toHaveLength(1)
  expect(callsTo('refresh')).toHaveLength(0)
})

it('rejects each caller at its own deadline, and still accepts a late success', async () => {
  const { auth, browser, clock, idle, eventNames } = setUpClient({ refreshTimeoutMs: 1_000 })
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  const refreshing = auth.refresh()
  await gate.arrived(1)
  clock.tick(1_000)
  await expect(refreshing).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
  const late = auth.refresh()
  clock.tick(999)
  expect(auth.getState()).toMatchObject({ degraded: { code: 'ERR_AUTH_TIMEOUT' } })
  gate.release()
  await idle()
  await late
  expect(eventNames()).toEqual(['signed-in', 'refresh-started', 'refreshed', 'refresh-settled'])
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
})

it('abandons an unanswered refresh before it retries with the same idempotency key', async () => {
  const { auth, browser, clock, idle, callsTo } = setUpClient({
    refreshTimeoutMs: 1_000,
    refreshAbandonMs: 3_000,
    contract: { refresh: { idempotencyKey: 'always' } }
  })
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  auth.refresh().catch(() => {})
  await gate.arrived(1)
  clock.tick(2_999)
  await browser.settle()
  expect(callsTo('refresh')).toHaveLength(1)
  clock.tick(1)
  await browser.settle()
  clock.tick(1_000)
  await gate.arrived(2)
  gate.release()
  await idle()
  const keys = callsTo('refresh').map((call) => call.idempotencyKey)
  expect(keys).toHaveLength(2)
  expect(new Set(keys).size).toBe(1)
  expect(callsTo('refresh').map((call) => call.outcome)).toEqual(['rotated', 'replayed'])
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
})

it('rejects a cancelled request and continues the refresh for the others', async () => {
  const { auth, server, browser, callsTo } = setUpClient()
  await auth.login(ada)
  server.revokeAccessTokens()
  const gate = browser.hold('/refresh')
  const cancelled = new AbortController()
  const leaving = auth.axios.get('/me', { signal: cancelled.signal })
  const staying = auth.axios.get('/me')
  await gate.arrived(1)
  await browser.settle()
  cancelled.abort()
  await expect(leaving).rejects.toMatchObject({ code: 'ERR_CANCELED' })
  gate.release()
  expect((await staying).status).toBe(200)
  expect(callsTo('me').map((call) => call.status)).toEqual([401, 401, 200])
})
