// I8, I9, I10: timers are hints, subscribers hear of changes only, and dispose() leaves nothing
// behind.
import { expect, it, vi } from 'vitest'
import { createSession } from '../../src/session/session.ts'
import { ada, grace, setUpClient } from '../support/setups/test-client.ts'

it('keeps the same snapshot and calls no subscriber when the token is refreshed', async () => {
  const { auth, server, idle } = setUpClient()
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

it('calls a subscriber once if the state changes twice before it runs', async () => {
  const session = createSession(false, { emit() {} })
  const listener = vi.fn()
  session.subscribe(listener)
  session.note({ type: 'failed', code: 'ERR_AUTH_NETWORK', atMs: 0 })
  session.end('session-expired', 'refresh')
  await Promise.resolve()
  expect(listener).toHaveBeenCalledTimes(1)
})

it('calls no subscriber if a user is described anew, and then as before', async () => {
  const session = createSession(false, { emit() {} })
  const describe = (name: string) => {
    const token = { accessToken: name, refreshToken: undefined, lifetimeSeconds: undefined }
    const user = { userId: undefined, profile: { name } }
    const received = {
      ...token,
      ...user,
      claims: undefined,
      refreshTokenAt: { wallMs: 0, monotonicMs: 0 },
      receivedAt: { wallMs: 0, monotonicMs: 0 }
    }
    session.hold(received, undefined, { by: 'reissue' })
  }
  describe('Ada')
  await Promise.resolve()
  const listener = vi.fn()
  session.subscribe(listener)
  describe('Ada King')
  describe('Ada')
  await Promise.resolve()
  expect(listener).not.toHaveBeenCalled()
})

it('calls no subscriber if the state changes twice, and back to what it was', async () => {
  const session = createSession(false, { emit() {} })
  const listener = vi.fn()
  session.subscribe(listener)
  session.note({ type: 'failed', code: 'ERR_AUTH_NETWORK', atMs: 0 })
  session.note({ type: 'recovered' })
  await Promise.resolve()
  expect(listener).not.toHaveBeenCalled()
})

it('calls a subscriber once if another user with an equal profile signs in', async () => {
  const { auth, idle } = setUpClient({
    contract: { user: { profile: () => ({ role: 'member' }) } }
  })
  await auth.login(ada)
  await idle()
  const listener = vi.fn()
  auth.subscribe(listener)
  await auth.login(grace)
  await idle()
  expect(listener).toHaveBeenCalledTimes(1)
})

it('calls each subscriber once per change until it is removed', async () => {
  const { auth, idle } = setUpClient()
  const stays = vi.fn()
  const leaves = vi.fn()
  auth.subscribe(stays)
  auth.subscribe(leaves)()
  await auth.login(ada)
  await idle()
  expect(stays).toHaveBeenCalledTimes(1)
  expect(leaves).not.toHaveBeenCalled()
})

it('ends signed out if listeners of `refreshed` call refresh() and logout()', async () => {
  const { auth, idle, callsTo } = setUpClient()
  auth.on('refreshed', () => void auth.refresh().catch(() => {}))
  auth.on('refreshed', () => void auth.logout())
  await auth.login(ada)
  // The sign-out came before the refresh settled, so both events are possible.
  await auth.refresh().catch(() => {})
  await idle()
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  expect(callsTo('refresh').length).toBeLessThanOrEqual(2)
})

it('runs no timer while the user is not signed in', async () => {
  const { auth, clock } = setUpClient({ restore: 'always' })
  await auth.ready()
  expect(clock.pendingTimers()).toBe(0)
  await auth.login(ada)
  expect(clock.pendingTimers()).toBe(1)
  await auth.logout()
  expect(clock.pendingTimers()).toBe(0)
})

it('leaves nothing behind after dispose() but the interceptor that rejects, and may be disposed twice', async () => {
  const { auth, browser, clock } = setUpClient()
  await auth.login(ada)
  const handlers = () =>
    auth.axios.interceptors.request.handlers?.filter((handler) => handler !== null).length
  expect(handlers()).toBe(1)
  auth.dispose()
  auth.dispose()
  expect(clock.pendingTimers()).toBe(0)
  expect(browser.wakeListeners()).toBe(0)
  expect(handlers()).toBe(1)
  await expect(auth.axios.get('/me')).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
  await expect(auth.login(ada)).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
  await expect(auth.getAccessToken()).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
  expect(() => auth.attach(auth.axios)).toThrow('disposed')
})

it('ignores a refresh that is answered after dispose()', async () => {
  const { auth, browser, clock, eventNames, idle } = setUpClient()
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

it('refreshes the token before each expiry', async () => {
  const { auth, clock, idle, callsTo } = setUpClient({}, { accessTokenSeconds: 300 })
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

it('refreshes a short-lived token no earlier than at three quarters of its lifetime', async () => {
  const { auth, clock, idle, callsTo } = setUpClient({}, { accessTokenSeconds: 20 })
  await auth.login(ada)
  for (let second = 0; second < 60; second += 1) {
    clock.tick(1_000)
    await idle()
    await auth.axios.get('/me')
  }
  expect(callsTo('refresh')).toHaveLength(4)
  expect(callsTo('me').every((call) => call.status === 200)).toBe(true)
})

it('refreshes no hidden page until it is visible again', async () => {
  const { auth, browser, clock, idle, callsTo } = setUpClient({}, { accessTokenSeconds: 300 })
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

it('refreshes before the first request after a sleep in which no timer fired', async () => {
  const { auth, clock, callsTo } = setUpClient({}, { accessTokenSeconds: 300 })
  await auth.login(ada)
  clock.sleep(8 * 3_600_000)
  expect((await auth.axios.get('/me')).status).toBe(200)
  expect(callsTo('me').map((call) => call.status)).toEqual([200])
  expect(callsTo('refresh')).toHaveLength(1)
})

const yearMs = 365 * 86_400_000

it.each([-10 * yearMs, -86_400_000, -5_000, 5_000, 86_400_000, 10 * yearMs])(
  'refreshes at the right time if the device’s clock is wrong by %d ms',
  async (offsetMs) => {
    const { auth, clock, idle, callsTo } = setUpClient({}, { accessTokenSeconds: 300 }, offsetMs)
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

it('refreshes once for a lifetime that is longer than any timer', async () => {
  const { auth, clock, idle, callsTo } = setUpClient(
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

it('keeps an opaque token of unknown lifetime without a refresh', async () => {
  const { auth, clock, idle, callsTo } = setUpClient()
  await auth.login(async () => ({ access_token: 'opaque', token_type: 'bearer' }))
  clock.tick(86_400_000)
  await idle()
  expect(await auth.getAccessToken()).toBe('opaque')
  expect(callsTo('refresh')).toHaveLength(0)
})

it('neither signs in nor sends a request after dispose()', async () => {
  const { auth, browser, clock, idle } = setUpClient()
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

it('refreshes a token that expires on arrival at most once a second', async () => {
  const { auth, browser, clock, idle } = setUpClient()
  let issued = 0
  const issue = () => {
    issued += 1
    return { access_token: `opaque-${issued}`, expires_in: 0.001 }
  }
  await auth.login(async () => issue())
  const before = browser.requests.length
  for (let step = 0; step < 200; step += 1) {
    browser.intercept('/refresh', {
      kind: 'answer',
      response: { status: 200, headers: [], setCookies: [], body: JSON.stringify(issue()) }
    })
    clock.tick(25)
    await idle()
  }
  expect(browser.requests.length - before).toBeLessThanOrEqual(7)
})

it('stays degraded if a token is re-issued while refreshes fail', async () => {
  const { auth, server, browser } = setUpClient()
  await auth.login(ada)
  browser.intercept('/refresh', { kind: 'unreachable' })
  await auth.refresh().catch(() => {})
  server.rotateKey()
  await auth.axios.get('/me')
  expect(auth.getState()).toMatchObject({ degraded: { code: 'ERR_AUTH_NETWORK' } })
})

it('calls a function once if it was added twice and removed once', async () => {
  const { auth, idle } = setUpClient()
  const listener = vi.fn()
  auth.on('signed-in', listener)
  auth.on('signed-in', listener)()
  await auth.login(ada)
  await idle()
  expect(listener).toHaveBeenCalledTimes(1)
})

it('does not call a listener that was removed before its microtask ran', async () => {
  const { auth, idle } = setUpClient()
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

it('does not replay a request with an expired token', async () => {
  const { auth, browser, clock, callsTo } = setUpClient({}, { accessTokenSeconds: 30 })
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

it('does not degrade the new session when a refresh of the previous one times out', async () => {
  const { auth, browser, clock, idle } = setUpClient()
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  auth.refresh().catch(() => {})
  await gate.arrived(1)
  const signingIn = auth.login(ada)
  clock.tick(5_000)
  await signingIn
  clock.tick(5_000)
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
  gate.release()
  await idle()
})
