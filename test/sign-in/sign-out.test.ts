// I11: sign-in and sign-out win over requests in flight.
import axios from 'axios'
import { expect, it } from 'vitest'
import { ada, grace, setUpClient } from '../support/setups/test-client.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'

it('stays signed out if a refresh was in flight', async () => {
  const { auth, browser, callsTo, idle, eventNames } = setUpClient()
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  const refreshing = auth.refresh()
  await gate.arrived(1)
  const signingOut = auth.logout()
  await expect(refreshing).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  gate.release()
  expect(await signingOut).toEqual({ confirmed: true })
  await idle()
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  expect(eventNames()).toEqual(['signed-in', 'refresh-started', 'signed-out', 'refresh-settled'])
  // The sign-out waited for the lock, so it cleared the refreshed cookie.
  expect(callsTo('logout').map((call) => call.outcome)).toEqual(['signed_out'])
  await expect(auth.getAccessToken()).rejects.toMatchObject({ code: 'ERR_AUTH_NOT_AUTHENTICATED' })
})

it('stays signed out after a reload if a refresh was in flight', async () => {
  const { auth, browser, reload, idle } = setUpClient()
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  auth.refresh().catch(() => {})
  await gate.arrived(1)
  const signingOut = auth.logout()
  gate.release()
  await signingOut
  await idle()
  expect(await reload({ restore: 'always' }).ready()).toEqual({
    status: 'unauthenticated',
    reason: 'no-session'
  })
})

it('rejects requests that wait for a token when the user signs out', async () => {
  const { auth, server, browser, callsTo, idle } = setUpClient()
  await auth.login(ada)
  server.revokeAccessTokens()
  const gate = browser.hold('/refresh')
  const waiting = Array.from({ length: 5 }, () => auth.axios.get('/me'))
  await gate.arrived(1)
  await browser.settle()
  const signingOut = auth.logout()
  for (const request of waiting) {
    await expect(request).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  }
  gate.release()
  await signingOut
  await idle()
  expect(callsTo('me').filter((call) => call.status === 200)).toHaveLength(0)
})

//  app      refresh() ──────────────────────── answered ── logout()
//  request  ── 401 ── (waits for the refresh) ─────────────────────── is not replayed
it('does not replay a request that waited for a refresh if the app signs out once it is answered', async () => {
  const { auth, server, browser } = setUpClient()
  await auth.login(ada)
  server.revokeAccessTokens()
  const gate = browser.hold('/refresh')
  const leaving = auth.refresh().then(() => auth.logout())
  const outcome = auth.axios.get('/me').catch((error: unknown) => error)
  await gate.arrived(1)
  await browser.turn()
  gate.release()
  await leaving
  expect(await outcome).toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  expect(browser.requests.filter(({ url }) => url.endsWith('/me'))).toHaveLength(1)
})

it('ignores a token that was re-issued before the sign-out', async () => {
  const { auth, server, browser } = setUpClient()
  await auth.login(ada)
  server.rotateKey()
  const gate = browser.hold('/me')
  const request = auth.axios.get('/me')
  await gate.arrived(1)
  await auth.logout()
  gate.release()
  await request
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
})

it('drops a sign-in that is answered after a sign-out', async () => {
  const { auth, browser, reload } = setUpClient()
  const gate = browser.hold('/login')
  const signingIn = auth.login(ada)
  await gate.arrived(1)
  const signingOut = auth.logout()
  gate.release()
  await expect(signingIn).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  await signingOut
  expect(auth.getState().status).toBe('unauthenticated')
  expect((await reload({ restore: 'always' }).ready()).status).toBe('unauthenticated')
})

it('lets the later of two sign-ins win', async () => {
  const { auth, browser } = setUpClient()
  const gate = browser.hold('/login')
  const first = auth.login(ada)
  await gate.arrived(1)
  const second = auth.login(grace)
  gate.release()
  await Promise.all([first, second])
  expect((await auth.axios.get('/me')).data).toMatchObject({ email: grace.email })
})

it('does not replay a refused request of the previous user with the next user’s token', async () => {
  const { auth, server, browser, callsTo } = setUpClient()
  await auth.login(ada)
  server.revokeAccessTokens()
  const gate = browser.hold('/me')
  const ofAda = auth.axios.get('/me')
  await gate.arrived(1)
  await auth.login(grace)
  gate.release()
  await expect(ofAda).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  expect(callsTo('me')).toHaveLength(1)
  expect(auth.getState().status).toBe('authenticated')
})

it('keeps the session if a sign-in as another user fails', async () => {
  const { auth } = setUpClient()
  await auth.login(ada)
  await expect(auth.login({ ...grace, password: 'wrong' })).rejects.toMatchObject({
    code: 'ERR_AUTH_LOGIN_REJECTED'
  })
  expect((await auth.axios.get('/me')).data).toMatchObject({ email: ada.email })
})

it('sends an unconfirmed sign-out again after a reload', async () => {
  const { auth, browser, reload, callsTo, idle } = setUpClient()
  await auth.login(ada)
  browser.intercept('/logout', { kind: 'unreachable' }, 4)
  expect(await auth.logout()).toEqual({ confirmed: false })
  auth.dispose()

  const next = reload({ restore: 'always' })
  expect(next.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  await idle()
  expect(callsTo('refresh')).toHaveLength(0)
  browser.wake('online')
  await idle()
  expect(callsTo('logout').map((call) => call.outcome)).toEqual(['signed_out'])
  expect(browser.storedSession()).toBe('ended')
  expect((await reload({ restore: 'always' }).ready()).status).toBe('unauthenticated')
})

it('forgets an unconfirmed sign-out when the user signs in again', async () => {
  const { auth, browser, reload, callsTo } = setUpClient()
  await auth.login(ada)
  browser.intercept('/logout', { kind: 'unreachable' }, 2)
  await auth.logout()
  await auth.login(ada)
  browser.wake('online')
  expect(browser.storedSession()).toBe('live')
  expect((await reload({ restore: 'always' }).ready()).status).toBe('authenticated')
  expect(callsTo('logout')).toHaveLength(0)
})

it('signs out if storage is blocked', async () => {
  const blocked = () => {
    throw new Error('blocked')
  }
  const storage = { getItem: blocked, setItem: blocked, removeItem: blocked }
  const { auth } = setUpClient({ platform: { storage } })
  await auth.login(ada)
  expect(await auth.logout()).toEqual({ confirmed: true })
})

it('does not end a session that began in another tab with an old sign-out', async () => {
  const { auth, browser, reload, idle } = setUpClient()
  await auth.login(ada)
  browser.intercept('/logout', { kind: 'unreachable' }, 2)
  await auth.logout()
  const otherTab = reload()
  await otherTab.login(ada)
  browser.wake('online')
  await idle()
  await otherTab.refresh()
  expect(otherTab.getState().status).toBe('authenticated')
})

it('signs out at the server if the app’s function returns a token after a sign-out', async () => {
  const { auth, browser, reload, idle } = setUpClient()
  let close = () => {}
  const popup = new Promise<void>((resolve) => {
    close = resolve
  })
  const signingIn = auth.login(async () => {
    await popup
    return JSON.parse((await browser.post('/login', ada)).body)
  })
  await auth.logout()
  close()
  await expect(signingIn).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  await idle()
  expect((await reload({ restore: 'always' }).ready()).status).toBe('unauthenticated')
})

it.each(['/refresh', '/logout'])(
  'calls the function given to login() only after %s is answered',
  async (path) => {
    const { auth, browser, idle } = setUpClient()
    await auth.login(ada)
    const gate = browser.hold(path)
    if (path === '/refresh') auth.refresh().catch(() => {})
    else void auth.logout()
    await gate.arrived(1)
    const signingIn = auth.login(async () => JSON.parse((await browser.post('/login', grace)).body))
    await browser.settle()
    gate.release()
    await signingIn
    await idle()
    await auth.refresh()
    expect((await auth.axios.get('/me')).data).toMatchObject({ email: grace.email })
  }
)

it('calls the function given to login() synchronously if nothing is in flight, so that it may open a popup', () => {
  const { auth } = setUpClient()
  let isCalled = false
  auth
    .login(async () => {
      isCalled = true
      return { access_token: 'a' }
    })
    .catch(() => {})
  expect(isCalled).toBe(true)
})

it('calls the function given to login() within a second while a refresh hangs', async () => {
  const { auth, browser, clock } = setUpClient()
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  auth.refresh().catch(() => {})
  await gate.arrived(1)
  let isCalled = false
  const signingIn = auth.login(async () => {
    isCalled = true
    return { access_token: 'popup' }
  })
  clock.tick(999)
  await browser.settle()
  expect(isCalled).toBe(false)
  clock.tick(1)
  await signingIn
  expect(await auth.getAccessToken()).toBe('popup')
  gate.release()
  await browser.idle()
  expect(await auth.getAccessToken()).toBe('popup')
})

it('resolves logout() within a second while a refresh hangs, and sends the sign-out later', async () => {
  const { auth, browser, clock, callsTo, idle } = setUpClient()
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  auth.refresh().catch(() => {})
  await gate.arrived(1)
  const signingOut = auth.logout()
  expect(auth.getState().status).toBe('unauthenticated')
  await browser.settle()
  clock.tick(1_000)
  expect(await signingOut).toEqual({ confirmed: false })
  expect(callsTo('logout')).toHaveLength(0)
  gate.release()
  await idle()
  expect(callsTo('logout')).toHaveLength(1)
  expect(browser.storedSession()).toBe('ended')
})

it('waits for the answer to its own sign-out as long as refreshTimeoutMs', async () => {
  const { auth, browser, clock } = setUpClient()
  await auth.login(ada)
  const gate = browser.hold('/logout')
  const signingOut = auth.logout()
  await gate.arrived(1)
  clock.tick(9_999)
  gate.release()
  expect(await signingOut).toEqual({ confirmed: true })
})

it('runs a logout() only after a sign-in that timed out has been answered', async () => {
  const { auth, browser, clock, reload, idle } = setUpClient({ refreshTimeoutMs: 1_000 })
  const gate = browser.hold('/login')
  const signingIn = auth.login(ada)
  await gate.arrived(1)
  clock.tick(1_000)
  await expect(signingIn).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
  const signingOut = auth.logout()
  await browser.settle()
  gate.release()
  expect(await signingOut).toEqual({ confirmed: true })
  await idle()
  expect((await reload({ restore: 'always' }).ready()).status).toBe('unauthenticated')
})

it('counts the deadline of login() from its call, including the wait for the lock', async () => {
  const { auth, browser, clock } = setUpClient({ refreshTimeoutMs: 1_000 })
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  auth.refresh().catch(() => {})
  await gate.arrived(1)
  const signingIn = auth.login(grace)
  clock.tick(1_000)
  await expect(signingIn).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
  gate.release()
})

it('sends each of two sign-outs to the server', async () => {
  const { auth, browser, callsTo, idle } = setUpClient()
  await auth.login(ada)
  const gate = browser.hold('/logout')
  const first = auth.logout()
  await gate.arrived(1)
  const signingIn = auth.login(async () => JSON.parse((await browser.post('/login', grace)).body))
  await browser.settle()
  gate.release()
  await Promise.all([first, signingIn])
  expect(await auth.logout()).toEqual({ confirmed: true })
  await idle()
  expect(callsTo('logout')).toHaveLength(2)
  expect(browser.storedSession()).toBe('ended')
})

it('rejects a request that the previous user began before another user signed in', async () => {
  const { auth, browser, callsTo } = setUpClient()
  const api = axios.create({ baseURL: apiOrigin, adapter: browser.adapter })
  let go = () => {}
  const slow = new Promise<void>((resolve) => {
    go = resolve
  })
  api.interceptors.request.use(async (config) => {
    await slow
    return config
  })
  auth.attach(api)
  await auth.login(ada)
  const ofAda = api.get('/me')
  await browser.settle()
  await auth.logout()
  await auth.login(grace)
  go()
  await expect(ofAda).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  expect(callsTo('me')).toHaveLength(0)
})

it('sends an unconfirmed sign-out instead of signing in with initialToken', async () => {
  const { auth, browser, reload, callsTo, idle } = setUpClient()
  await auth.login(ada)
  const accessToken = await auth.getAccessToken()
  browser.intercept('/logout', { kind: 'unreachable' }, 2)
  await auth.logout()
  auth.dispose()
  const next = reload({ initialToken: { accessToken, expiresIn: 300 } })
  await idle()
  expect(next.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  expect(callsTo('logout')).toHaveLength(1)
})

it('starts no proactive refresh while the app’s function signs in', async () => {
  const { auth, browser, clock, callsTo, idle } = setUpClient({}, { accessTokenSeconds: 300 })
  await auth.login(ada)
  clock.sleep(240_000)
  let close = () => {}
  const popup = new Promise<void>((resolve) => {
    close = resolve
  })
  const signingIn = auth.login(async () => {
    await popup
    return JSON.parse((await browser.post('/login', grace)).body)
  })
  expect((await auth.axios.get('/me')).status).toBe(200)
  expect(callsTo('refresh')).toHaveLength(0)
  close()
  await signingIn
  await idle()
  expect((await auth.axios.get('/me')).data).toMatchObject({ email: grace.email })
})

it('does not send an unconfirmed sign-out while the app’s function signs in', async () => {
  const { auth, browser, callsTo, idle } = setUpClient()
  await auth.login(ada)
  browser.intercept('/logout', { kind: 'unreachable' }, 2)
  await auth.logout()
  await auth.login(async () => {
    const { body } = await browser.post('/login', ada)
    browser.wake('online')
    await browser.settle()
    return JSON.parse(body)
  })
  await idle()
  expect(callsTo('logout')).toHaveLength(0)
  await auth.refresh()
  expect(auth.getState().status).toBe('authenticated')
})

it('refreshes on time if the function given to login() never settles', async () => {
  const { auth, clock, callsTo, idle } = setUpClient({}, { accessTokenSeconds: 300 })
  await auth.login(ada)
  auth.login(() => new Promise<never>(() => {})).catch(() => {})
  clock.tick(30_000)
  clock.tick(210_000)
  await idle()
  expect(callsTo('refresh')).toHaveLength(1)
})

it('does not call the function given to login() if logout() or dispose() comes first', async () => {
  for (const end of ['logout', 'dispose'] as const) {
    const { auth, browser, idle } = setUpClient()
    await auth.login(ada)
    const gate = browser.hold('/refresh')
    auth.refresh().catch(() => {})
    await gate.arrived(1)
    let isCalled = false
    const signingIn = auth.login(async () => {
      isCalled = true
      return { access_token: 'late' }
    })
    if (end === 'logout') void auth.logout()
    else auth.dispose()
    if (end === 'dispose')
      await expect(signingIn).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
    gate.release()
    await expect(signingIn).rejects.toMatchObject({ name: 'AuthError' })
    await idle()
    expect(isCalled).toBe(false)
  }
})
