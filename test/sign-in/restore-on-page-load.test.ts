// Restore: the option `restore` and `initialToken` on page load.
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'

it('restores on page load with restore `hint` only if a user was signed in on this browser', async () => {
  const { auth, browser, reload, callsTo } = setUpClient({ restore: 'hint' })
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  expect(browser.requests).toEqual([])
  await auth.login(ada)
  auth.dispose()
  const next = reload()
  expect(await next.ready()).toMatchObject({ status: 'authenticated', degraded: undefined })
  expect(callsTo('refresh')).toHaveLength(1)
  expect(browser.storedSession()).toBe('live')
})

it('clears the restore hint when the session ends', async () => {
  const { auth, server, browser, reload, callsTo, idle } = setUpClient({ restore: 'hint' })
  await auth.login(ada)
  await idle()
  server.endSessions()
  await auth.refresh().catch(() => {})
  await idle()
  expect(browser.storedSession()).toBe('ended')
  expect(reload().getState().status).toBe('unauthenticated')
  expect(callsTo('refresh')).toHaveLength(1)
})

it('restores nothing on page load if restore is `never`', async () => {
  const { auth, reload, callsTo } = setUpClient({ restore: 'never' })
  await auth.login(ada)
  expect(await reload().ready()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  expect(callsTo('refresh')).toHaveLength(0)
})

it('signs in with initialToken without a request', async () => {
  const { auth, reload, callsTo } = setUpClient()
  await auth.login(ada)
  const accessToken = await auth.getAccessToken()
  const next = reload({ restore: 'always', initialToken: { accessToken, expiresIn: 300 } })
  expect(next.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
  expect((await next.axios.get('/me')).data).toMatchObject({ email: ada.email })
  expect(callsTo('refresh')).toHaveLength(0)
})

it('throws if initialToken is not a token response', () => {
  const { browser, reload } = setUpClient()
  const listeners = browser.wakeListeners()
  expect(() => reload({ initialToken: { accessToken: '' } })).toThrow(
    expect.objectContaining({
      code: 'ERR_AUTH_INVALID_OPTIONS',
      message: expect.stringContaining('initialToken')
    })
  )
  expect(browser.wakeListeners()).toBe(listeners)
})

it('sends requests without a token if the restore has no answer within refreshTimeoutMs', async () => {
  const { auth, browser, clock, reload, callsTo } = setUpClient()
  await auth.login(ada)
  auth.dispose()
  const gate = browser.hold('/refresh')
  const next = reload({ restore: 'always' })
  const request = next.axios.get('/me')
  await gate.arrived(1)
  clock.tick(9_999)
  await browser.settle()
  expect(callsTo('me')).toHaveLength(0)
  clock.tick(1)
  await expect(request).rejects.toMatchObject({ response: { status: 401 } })
  expect(await next.ready()).toEqual({ status: 'unauthenticated', reason: 'unreachable' })
  gate.release()
})

it('keeps the restore hint if the cookie now belongs to another user', async () => {
  const { auth, browser, reload, idle } = setUpClient({ restore: 'hint' })
  await auth.login(ada)
  await browser.post('/login', { email: 'grace@example.com', password: 'hopper' })
  await auth.refresh().catch(() => {})
  await idle()
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'user-changed' })
  expect((await reload().ready()).status).toBe('authenticated')
})

it('sets the restore hint again with each new token', async () => {
  const { auth, browser } = setUpClient({ restore: 'hint' })
  await auth.login(ada)
  for (const key of browser.storage.entries.keys()) browser.storage.removeItem(key)
  await auth.refresh()
  expect(browser.storedSession()).toBe('live')
})
