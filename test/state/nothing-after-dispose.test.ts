// I9: a disposed client leaves nothing behind, and a client that is signed out runs no timer.
import axios from 'axios'
import type { AuthClient } from 'everbearer'
import { expect, it } from 'vitest'
import { range } from '../support/seeded-random.ts'
import { createSharedLocks } from '../support/setups/shared-locks.ts'
import { ada, setUpClient } from '../support/setups/test-client.ts'

it('leaves no timer, listener or interceptor behind after a thousand disposed clients', async () => {
  const { auth, browser, clock, reload, callsTo } = setUpClient()
  auth.dispose()
  const app = axios.create()
  const interceptors = () =>
    app.interceptors.request.handlers?.filter((handler) => handler !== null).length
  for (const nth of range(1_000)) {
    const next = reload()
    next.attach(app)
    await next.login(ada)
    expect(clock.pendingTimers()).toBe(1)
    expect(browser.wakeListeners()).toBe(1)
    // Some clients are disposed during a refresh.
    if (nth % 10 === 0) next.refresh().catch(() => {})
    next.dispose()
    expect(clock.pendingTimers()).toBe(0)
    expect(browser.wakeListeners()).toBe(0)
    expect(interceptors()).toBe(0)
  }
  await browser.idle()
  expect(callsTo('login')).toHaveLength(1_000)
  expect(clock.pendingTimers()).toBe(0)
  clock.tick(3_600_000)
  await browser.idle()
  expect(browser.requests.length).toBeLessThanOrEqual(1_000 + 100)
})

it('runs no timer while signed out, over a hundred sign-ins and sign-outs of one client', async () => {
  const { auth, browser, clock } = setUpClient()
  for (const nth of range(100)) {
    await auth.login(ada)
    expect(clock.pendingTimers()).toBe(1)
    const refreshing = nth % 3 === 0 ? auth.refresh() : Promise.resolve()
    refreshing.catch(() => {})
    await auth.logout()
    await browser.idle()
    expect(clock.pendingTimers()).toBe(0)
    expect(browser.wakeListeners()).toBe(1)
  }
  expect(browser.storedSession()).toBe('ended')
})

it('runs no timer after the server has ended the session, while requests continue', async () => {
  const { auth, server, browser, clock, callsTo } = setUpClient()
  for (const _ of range(100)) {
    await auth.login(ada)
    server.endSessions()
    const requests = await Promise.allSettled(range(3).map(() => auth.axios.get('/me')))
    expect(requests.map(({ status }) => status)).toEqual(Array(3).fill('rejected'))
    await browser.idle()
    expect(clock.pendingTimers()).toBe(0)
  }
  expect(callsTo('refresh')).toHaveLength(100)
})

it('rejects requests of auth.axios after dispose(), and sends none of them', async () => {
  const { auth, browser } = setUpClient()
  await auth.login(ada)
  auth.dispose()
  const before = browser.requests.length
  const seen: unknown[] = []
  auth.axios.interceptors.response.use(undefined, (error) => {
    seen.push(error.code)
    throw error
  })
  for (const url of ['/me', 'https://elsewhere.example/']) {
    await expect(auth.axios.get(url)).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
  }
  expect(seen).toEqual(['ERR_AUTH_DISPOSED', 'ERR_AUTH_DISPOSED'])
  expect(browser.requests).toHaveLength(before)
})

it('lets an attached instance continue without the token after dispose()', async () => {
  const { auth, browser } = setUpClient()
  await auth.login(ada)
  const api = axios.create({ baseURL: 'https://api.app.example', adapter: browser.adapter })
  auth.attach(api)
  auth.dispose()
  await expect(api.get('/me')).rejects.toMatchObject({ response: { status: 401 } })
  expect(browser.requests.at(-1)?.headers).not.toHaveProperty('Authorization')
})

it('releases its Web Lock at once, although the server has not answered the refresh', async () => {
  const shared = createSharedLocks()
  const { locks } = shared.forTab()
  let name = ''
  const { auth, browser } = setUpClient({
    platform: {
      locks: {
        request(asked, options, task) {
          name = asked
          return locks.request(asked, options, task)
        }
      }
    }
  })
  const isFree = () =>
    shared.forTab().locks.request(name, { ifAvailable: true }, async (lock) => lock !== null)
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  const refreshing = auth.refresh()
  await gate.arrived(1)
  expect(await isFree()).toBe(false)
  auth.dispose()
  await expect(refreshing).rejects.toMatchObject({ code: 'ERR_AUTH_DISPOSED' })
  expect(await isFree()).toBe(true)
  gate.release()
  await browser.idle()
})

const never = () => new Promise<never>(() => {})

it.each<[string, (auth: AuthClient) => Promise<unknown>]>([
  ['login() with credentials', (auth) => auth.login(ada)],
  ['login() with a function', (auth) => auth.login(never)],
  ['restore()', (auth) => auth.restore()],
  ['refresh()', (auth) => auth.refresh()],
  ['logout()', (auth) => auth.logout()]
])('rejects %s at once if the client is disposed while it waits', async (_, call) => {
  const { auth, browser, clock } = setUpClient({
    contract: { login: never, refresh: never, logout: never }
  })
  await auth.login(async () => ({ access_token: 'a' }))
  const code = call(auth).catch((error) => error.code)
  await browser.settle()
  auth.dispose()
  expect(clock.pendingTimers()).toBe(0)
  expect(await code).toBe('ERR_AUTH_DISPOSED')
})
