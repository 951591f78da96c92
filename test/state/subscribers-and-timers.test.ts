// I8, I9, I10: timers are hints, nothing happens without need, and nothing is left behind.
import { expect, it, vi } from 'vitest'
import { ada, createTestBed } from '../support/worlds/test-client.ts'

it('keeps the identity of the snapshot, and calls nobody, when the token is renewed', async () => {
  const { auth, server, idle } = createTestBed()
  await auth.login(ada)
  await idle()
  const state = auth.getState()
  const listener = vi.fn()
  auth.subscribe(listener)
  await auth.refresh()
  server.rotateKey()
  await auth.axios.get('/me')
  await idle()
  expect(auth.getState()).toBe(state)
  expect(listener).not.toHaveBeenCalled()
})

it('calls every subscriber once for a change, and none that was removed', async () => {
  const { auth, idle } = createTestBed()
  const stays = vi.fn()
  const leaves = vi.fn()
  auth.subscribe(stays)
  auth.subscribe(leaves)()
  await auth.login(ada)
  await idle()
  expect(stays).toHaveBeenCalledTimes(1)
  expect(leaves).not.toHaveBeenCalled()
})

it('survives a listener that calls back into the client', async () => {
  const { auth, idle, callsTo } = createTestBed()
  auth.on('refreshed', () => void auth.refresh().catch(() => {}))
  auth.on('refreshed', () => void auth.logout())
  await auth.login(ada)
  // Signed out before it was settled, so it may be told of that.
  await auth.refresh().catch(() => {})
  await idle()
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  expect(callsTo('refresh').length).toBeLessThanOrEqual(2)
})

it('has no timer while nobody is signed in', async () => {
  const { auth, clock } = createTestBed({ restore: 'always' })
  await auth.ready()
  expect(clock.pendingTimers()).toBe(0)
  await auth.login(ada)
  expect(clock.pendingTimers()).toBe(1)
  await auth.logout()
  expect(clock.pendingTimers()).toBe(0)
})

it('leaves nothing behind when it is disposed of, twice too', async () => {
  const { auth, browser, clock } = createTestBed()
  await auth.login(ada)
  const handlers = () =>
    auth.axios.interceptors.request.handlers?.filter((handler) => handler !== null).length
  expect(handlers()).toBe(1)
  auth.dispose()
  auth.dispose()
  expect(clock.pendingTimers()).toBe(0)
  expect(browser.wakeListeners()).toBe(0)
  expect(handlers()).toBe(0)
  await expect(auth.login(ada)).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
  await expect(auth.getAccessToken()).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
  expect(() => auth.attach(auth.axios)).toThrow('disposed')
})

it('commits nothing that arrives after it was disposed of', async () => {
  const { auth, browser, clock, eventNames, idle } = createTestBed()
  await auth.login(ada)
  await idle()
  const gate = browser.hold('/refresh')
  const refreshing = auth.refresh()
  await gate.arrived(1)
  auth.dispose()
  await expect(refreshing).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
  gate.release()
  await idle()
  expect(eventNames()).toEqual(['signed-in', 'refresh-started'])
  expect(clock.pendingTimers()).toBe(0)
})

it('renews the token before it expires, and again', async () => {
  const { auth, clock, idle, callsTo } = createTestBed({}, { accessTokenSeconds: 300 })
  await auth.login(ada)
  for (let lifetime = 1; lifetime <= 3; lifetime += 1) {
    clock.tick(239_999)
    await idle()
    expect(callsTo('refresh')).toHaveLength(lifetime - 1)
    clock.tick(1)
    await idle()
    expect(callsTo('refresh')).toHaveLength(lifetime)
  }
  expect(auth.getState().status).toBe('authenticated')
})

it('takes at most a quarter of a short life as its leeway', async () => {
  const { auth, clock, idle, callsTo } = createTestBed({}, { accessTokenSeconds: 20 })
  await auth.login(ada)
  for (let second = 0; second < 60; second += 1) {
    clock.tick(1_000)
    await idle()
    await auth.axios.get('/me')
  }
  expect(callsTo('refresh')).toHaveLength(4)
  expect(callsTo('me').every((call) => call.status === 200)).toBe(true)
})

it('does not refresh in the background, and does so when the page is looked at again', async () => {
  const { auth, browser, clock, idle, callsTo } = createTestBed({}, { accessTokenSeconds: 300 })
  await auth.login(ada)
  browser.setVisible(false)
  clock.tick(3_600_000)
  await idle()
  expect(callsTo('refresh')).toHaveLength(0)
  browser.setVisible(true)
  browser.wake('visible')
  await idle()
  expect(callsTo('refresh')).toHaveLength(1)
})

it('refreshes first when a request comes after a sleep that no timer noticed', async () => {
  const { auth, clock, callsTo } = createTestBed({}, { accessTokenSeconds: 300 })
  await auth.login(ada)
  clock.sleep(8 * 3_600_000)
  expect((await auth.axios.get('/me')).status).toBe(200)
  expect(callsTo('me').map((call) => call.status)).toEqual([200])
  expect(callsTo('refresh')).toHaveLength(1)
})

const yearMs = 365 * 86_400_000

it.each([-10 * yearMs, -86_400_000, -5_000, 5_000, 86_400_000, 10 * yearMs])(
  'refreshes at the right time with a clock that is wrong by %d ms',
  async (offsetMs) => {
    const { auth, clock, idle, callsTo } = createTestBed({}, { accessTokenSeconds: 300 }, offsetMs)
    await auth.login(ada)
    expect((await auth.axios.get('/me')).status).toBe(200)
    clock.tick(239_999)
    await idle()
    expect(callsTo('refresh')).toHaveLength(0)
    clock.tick(1)
    await idle()
    expect(callsTo('refresh')).toHaveLength(1)
  }
)

it('waits for a life longer than any timer without asking', async () => {
  const { auth, clock, idle, callsTo } = createTestBed(
    {},
    { accessTokenSeconds: 60 * 86_400, sessionSeconds: 300 * 86_400 }
  )
  await auth.login(ada)
  clock.tick(59 * 86_400_000)
  await idle()
  expect(callsTo('refresh')).toHaveLength(0)
  clock.tick(86_400_000)
  await idle()
  expect(callsTo('refresh')).toHaveLength(1)
})

it('lives with tokens that say nothing about themselves', async () => {
  const { auth, clock, idle, callsTo } = createTestBed()
  await auth.login(async () => ({ access_token: 'opaque', token_type: 'bearer' }))
  clock.tick(86_400_000)
  await idle()
  expect(await auth.getAccessToken()).toBe('opaque')
  expect(callsTo('refresh')).toHaveLength(0)
})

it('signs nobody in, and sends nothing, after it was disposed of', async () => {
  const { auth, browser, clock, idle } = createTestBed()
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  const refreshing = auth.refresh()
  await gate.arrived(1)
  const signingIn = auth.login(ada)
  const late = auth.login(async () => ({ access_token: 'late' }))
  await browser.settle()
  auth.dispose()
  for (const promise of [refreshing, signingIn]) {
    await expect(promise).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
  }
  gate.release()
  await expect(late).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
  await idle()
  expect(browser.requests.map(({ url }) => new URL(url).pathname)).toEqual(['/login', '/refresh'])
  expect(clock.pendingTimers()).toBe(0)
})

it('renews a token that is dead on arrival once a second at most', async () => {
  const { auth, browser, clock, idle } = createTestBed()
  let issued = 0
  const issue = () => {
    issued += 1
    return { access_token: `opaque-${issued}`, expires_in: 0.001 }
  }
  await auth.login(async () => issue())
  const before = browser.requests.length
  for (let step = 0; step < 200; step += 1) {
    browser.trouble('/refresh', {
      kind: 'answer',
      response: { status: 200, headers: [], setCookies: [], body: JSON.stringify(issue()) }
    })
    clock.tick(25)
    await idle()
  }
  expect(browser.requests.length - before).toBeLessThanOrEqual(7)
})

it('stays degraded when a token is re-issued while the refresh still fails', async () => {
  const { auth, server, browser } = createTestBed()
  await auth.login(ada)
  browser.trouble('/refresh', { kind: 'unreachable' })
  await auth.refresh().catch(() => {})
  server.rotateKey()
  await auth.axios.get('/me')
  expect(auth.getState()).toMatchObject({ degraded: { code: 'ERR_AUTH_NETWORK' } })
})

it('lets the same function listen twice, and stop once', async () => {
  const { auth, idle } = createTestBed()
  const listener = vi.fn()
  auth.on('signed-in', listener)
  auth.on('signed-in', listener)()
  await auth.login(ada)
  await idle()
  expect(listener).toHaveBeenCalledTimes(1)
})

it('calls no listener that was removed before its turn came', async () => {
  const { auth, idle } = createTestBed()
  await auth.login(ada)
  await idle()
  const onState = vi.fn()
  const onEvent = vi.fn()
  const removers = [auth.subscribe(onState), auth.on('signed-out', onEvent)]
  void auth.logout()
  for (const remove of removers) remove()
  await idle()
  expect(onState).not.toHaveBeenCalled()
  expect(onEvent).not.toHaveBeenCalled()
})

it('sends no expired token with a replay', async () => {
  const { auth, browser, clock, callsTo } = createTestBed({}, { accessTokenSeconds: 30 })
  await auth.login(ada)
  const gate = browser.hold('/me')
  clock.sleep(29_000)
  const slow = auth.axios.get('/me', { adapter: browser.adapter })
  await gate.arrived(1)
  await auth.refresh()
  clock.sleep(31_000)
  gate.release()
  expect((await slow).status).toBe(200)
  expect(callsTo('me').map((call) => call.outcome)).not.toContain('token_expired')
})

it('does not let the deadline of an earlier session’s refresh degrade the next one', async () => {
  const { auth, browser, clock, idle } = createTestBed()
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  auth.refresh().catch(() => {})
  await gate.arrived(1)
  const signingIn = auth.login(ada)
  clock.tick(5_000)
  await signingIn
  clock.tick(5_000)
  expect(auth.getState()).toEqual({ status: 'authenticated', degraded: undefined })
  gate.release()
  await idle()
})
