// Option refreshTokenStore: keeps the refresh token across page loads, and no failure of the store
// affects a sign-in or a sign-out.
import { type AuthClient, type AuthClientOptions, AuthError, createAuthClient } from 'everbearer'
import type { WireResponse } from 'everbearer/mock'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createManualClock } from '../support/clocks/manual-clock.ts'
import { apiOrigin, createVirtualBrowser } from '../support/setups/virtual-browser.ts'

const credentials = { email: 'ada' }
const contract = { refresh: { credential: 'refresh-token' } } as const

type Store = NonNullable<AuthClientOptions['refreshTokenStore']>

/** A server that rotates its refresh token `r1`, `r2`, …, and accepts the last one only. */
function setUp(options: AuthClientOptions = {}, accessToken = (issued: number) => `t${issued}`) {
  const clock = createManualClock()
  const presented: unknown[] = []
  let issued = 0
  let isLive = false

  const respond = (status: number, body: unknown): WireResponse => ({
    status,
    headers: [],
    setCookies: [],
    body: JSON.stringify(body)
  })

  function issue(): WireResponse {
    issued += 1
    const tokens = { access_token: accessToken(issued), refresh_token: `r${issued}` }
    return respond(200, { ...tokens, expires_in: 300 })
  }

  const browser = createVirtualBrowser({
    owns: ({ url }) => !url.endsWith('/me'),
    async handle({ url, body }) {
      if (url.endsWith('/login')) {
        isLive = true
        return issue()
      }
      if (url.endsWith('/logout')) {
        isLive = false
        return respond(204, '')
      }
      const token = JSON.parse(String(body)).refresh_token
      presented.push(token)
      return isLive && token === `r${issued}` ? issue() : respond(401, {})
    },
    guard: async () => respond(200, {})
  })

  return {
    browser,
    clock,
    presented,
    endSession() {
      isLive = false
    },
    load(changed: AuthClientOptions = {}): AuthClient {
      const auth = createAuthClient({
        baseURL: apiOrigin,
        contract,
        spreadRefreshes: false,
        ...options,
        ...changed,
        platform: { ...clock.platform, ...browser.platform }
      })
      onTestFinished(auth.dispose)
      return auth
    }
  }
}

function createMemoryStore(token?: string): Store & { readonly calls: string[]; token(): unknown } {
  const calls: string[] = []
  let stored = token
  return {
    calls,
    token: () => stored,
    async get() {
      calls.push('get')
      return stored
    },
    async set(value) {
      calls.push(`set ${value}`)
      stored = value
    },
    async remove() {
      calls.push('remove')
      stored = undefined
    }
  }
}

it('restores the session on the next page load, and follows the rotation', async () => {
  const store = createMemoryStore()
  const { browser, load, presented } = setUp({ refreshTokenStore: store })
  const first = load()
  await first.ready()
  await first.login(credentials)
  await browser.idle()
  first.dispose()
  const second = load()
  expect(await second.ready()).toMatchObject({ status: 'authenticated' })
  await second.refresh()
  await browser.idle()
  second.dispose()
  expect(await load().ready()).toMatchObject({ status: 'authenticated' })
  await browser.idle()
  expect(presented).toEqual(['r1', 'r2', 'r3'])
  expect(store.token()).toBe('r4')
})

it('stores a rotated refresh token although the client was disposed of during the refresh', async () => {
  const store = createMemoryStore()
  const { browser, load } = setUp({ refreshTokenStore: store })
  const first = load()
  await first.login(credentials)
  await browser.idle()
  const gate = browser.hold('/refresh')
  first.refresh().catch(() => {})
  await gate.arrived(1)
  first.dispose()
  gate.release()
  await browser.idle()
  expect(store.token()).toBe('r2')
  expect(await load().ready()).toMatchObject({ status: 'authenticated' })
})

it('does not store a refresh token that arrives after a sign-out', async () => {
  const store = createMemoryStore()
  const { browser, load } = setUp({ refreshTokenStore: store })
  const auth = load()
  await auth.login(credentials)
  await browser.idle()
  const gate = browser.hold('/refresh')
  auth.refresh().catch(() => {})
  await gate.arrived(1)
  const signedOut = auth.logout()
  gate.release()
  await signedOut
  await browser.idle()
  expect(store.token()).toBe(undefined)
})

it('reads the store before each refresh, and writes only changes', async () => {
  const store = createMemoryStore('r0')
  const { browser, load } = setUp({ refreshTokenStore: store, restore: 'never' })
  const auth = load()
  await auth.login(credentials)
  await auth.refresh()
  await browser.idle()
  expect(store.calls).toEqual(['set r1', 'get', 'set r2'])
})

//  page load ── reads r1 ── refresh: r2, which the store does not keep ── refresh: r2
it.each([
  ['the token of a page load', (token: number) => `t${token}`],
  ['a repeated access token', () => 'same']
])('presents the token in memory if the store fails after %s', async (_, accessToken) => {
  const store = createMemoryStore()
  const { browser, load, presented } = setUp({ refreshTokenStore: store }, accessToken)
  const first = load({ restore: 'never' })
  await first.login(credentials)
  await browser.idle()
  first.dispose()
  const failing = {
    ...store,
    async set() {
      throw new Error('the keychain is locked')
    }
  }
  const second = load({ refreshTokenStore: failing })
  await second.ready()
  await second.refresh()
  await second.refresh()
  expect(presented).toEqual(['r1', 'r2', 'r3'])
})

it('keeps the token in the store if the server does not rotate it', async () => {
  const store = createMemoryStore('fixed')
  const { browser, load } = setUp({ refreshTokenStore: store })
  const response: WireResponse = {
    status: 200,
    headers: [],
    setCookies: [],
    body: '{"access_token":"t","expires_in":300}'
  }
  browser.intercept('/refresh', { kind: 'answer', response })
  await load().ready()
  await browser.idle()
  expect(store.calls).toEqual(['get'])
  expect(store.token()).toBe('fixed')
})

it.each([
  ['logout()', async (auth: AuthClient) => void (await auth.logout())],
  ['a rejected refresh', async (auth: AuthClient) => auth.refresh().catch(() => {})]
])('removes the token when the session ends by %s', async (_, end) => {
  const store = createMemoryStore()
  const { browser, load, endSession } = setUp({ refreshTokenStore: store })
  const auth = load()
  await auth.login(credentials)
  endSession()
  await end(auth)
  await browser.idle()
  expect(auth.getState().status).toBe('unauthenticated')
  expect(store.token()).toBe(undefined)
})

it('keeps a token that restore() presented and the server does not repeat', async () => {
  const store = createMemoryStore('fixed')
  const { browser, load } = setUp({ refreshTokenStore: store, restore: 'never' })
  const body = '{"access_token":"t","expires_in":300}'
  const response: WireResponse = { status: 200, headers: [], setCookies: [], body }
  browser.intercept('/refresh', { kind: 'answer', response }, 2)
  const auth = load()
  await auth.restore()
  await auth.refresh()
  await browser.idle()
  const refreshes = browser.requests.filter(({ url }) => url.endsWith('/refresh'))
  expect(refreshes.map(({ body: sent }) => JSON.parse(sent).refresh_token)).toEqual([
    'fixed',
    'fixed'
  ])
  expect(store.token()).toBe('fixed')
})

it('removes a stored token that the server rejects on page load', async () => {
  const store = createMemoryStore('stale')
  const { browser, load } = setUp({ refreshTokenStore: store })
  expect(await load().ready()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  await browser.idle()
  expect(store.token()).toBe(undefined)
})

it('removes the token of the former user after a sign-in without a refresh token', async () => {
  const store = createMemoryStore('r0')
  const { browser, load } = setUp({ refreshTokenStore: store, restore: 'never' })
  await load().login(async () => ({ access_token: 'a' }))
  await browser.idle()
  expect(store.token()).toBe(undefined)
})

it('keeps the newest token in the store if the session turns out to be of another user', async () => {
  const store = createMemoryStore()
  const { browser, load } = setUp({
    refreshTokenStore: store,
    contract: { ...contract, user: { id: { answer: 'user' } } }
  })
  const auth = load()
  await auth.login(async () => ({ access_token: 'a', refresh_token: 'r', user: 1 }))
  const body = '{"access_token":"b","refresh_token":"s","user":2}'
  const response: WireResponse = { status: 200, headers: [], setCookies: [], body }
  browser.intercept('/refresh', { kind: 'answer', response })
  await auth.refresh().catch(() => {})
  await browser.idle()
  expect(auth.getState()).toMatchObject({ reason: 'user-changed' })
  expect(store.token()).toBe('s')
})

it.each([
  ['rejects', () => Promise.reject(new Error('locked secret'))],
  [
    'throws',
    () => {
      throw new Error('locked secret')
    }
  ]
])('signs in and out if the store %s, and warns once for each method', async (_, fail) => {
  const { browser, load } = setUp({
    refreshTokenStore: { get: fail, set: fail, remove: fail },
    restore: 'never'
  })
  const auth = load()
  await auth.login(credentials)
  await auth.refresh()
  await auth.refresh()
  expect(await auth.logout()).toEqual({ confirmed: true })
  await browser.idle()
  expect(browser.warnings).toEqual([
    'everbearer: refreshTokenStore.set() failed or did not answer in time. The session goes on, but the next page load may not restore it.',
    'everbearer: refreshTokenStore.get() failed or did not answer in time. The session is kept. Without a refresh token in memory, the refresh will be retried.',
    'everbearer: refreshTokenStore.remove() failed or did not answer in time. The store may still hold the refresh token of an ended session.'
  ])
})

it('does not warn about a failing store in production', async () => {
  vi.stubEnv('NODE_ENV', 'production')
  onTestFinished(() => void vi.unstubAllEnvs())
  const fail = () => Promise.reject(new Error('locked'))
  const { browser, load } = setUp({ refreshTokenStore: { get: fail, set: fail, remove: fail } })
  const auth = load()
  await auth.ready()
  await auth.login(credentials)
  await auth.logout()
  await browser.idle()
  expect(browser.warnings).toEqual([])
})

it('keeps `initializing` and retries if the store cannot be read', async () => {
  const store = createMemoryStore('stale')
  let isLocked = true
  const { browser, clock, load, presented } = setUp({
    refreshTokenStore: {
      ...store,
      get: () => (isLocked ? Promise.reject(new Error('locked')) : store.get())
    }
  })
  const auth = load()
  expect(await auth.ready()).toMatchObject({
    status: 'initializing',
    degraded: { code: 'ERR_AUTH_STORE_FAILED' }
  })
  expect(presented).toEqual([])
  expect(browser.warnings).toHaveLength(1)
  isLocked = false
  clock.tick(1_000)
  await browser.idle()
  expect(presented).toEqual(['stale'])
})

it('keeps the session if a function of the store throws an error that would end one', async () => {
  const { load, presented } = setUp({
    refreshTokenStore: {
      ...createMemoryStore(),
      get() {
        throw new AuthError('ERR_AUTH_SESSION_EXPIRED', 'signed out')
      }
    }
  })
  const auth = load()
  expect(await auth.ready()).toMatchObject({
    status: 'initializing',
    degraded: { code: 'ERR_AUTH_STORE_FAILED' }
  })
  expect(presented).toEqual([])
})

const never = () => new Promise<never>(() => {})

it('abandons the read of a store that never answers, and retries later', async () => {
  let gets = 0
  const { browser, clock, load } = setUp({
    refreshTokenStore: {
      get() {
        gets += 1
        return never()
      },
      set: never,
      remove: never
    }
  })
  const auth = load()
  const state = auth.ready()
  await browser.idle()
  clock.tick(10_000)
  expect(await state).toEqual({ status: 'unauthenticated', reason: 'unreachable' })
  clock.tick(20_000)
  await browser.idle()
  clock.tick(1_000)
  await browser.idle()
  expect(gets).toBe(2)
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'unreachable' })
})

it.each<[string, (auth: AuthClient) => Promise<unknown>, string]>([
  ['a sign-in', (auth) => auth.login(credentials), 'authenticated'],
  [
    'a sign-in function',
    (auth) => auth.login(async () => ({ access_token: 'a', refresh_token: 'r' })),
    'authenticated'
  ],
  ['a sign-out', (auth) => auth.logout(), 'unauthenticated']
])('does not let %s wait for a store that never answers', async (_, call, status) => {
  const { browser, load } = setUp({
    refreshTokenStore: { get: never, set: never, remove: never }
  })
  const auth = load()
  await browser.idle()
  // No time passes.
  await call(auth)
  expect(auth.getState().status).toBe(status)
  await browser.idle()
  expect(auth.getState().status).toBe(status)
})

it('removes the token of a session that began and ended while the store was read', async () => {
  const store = createMemoryStore()
  let release = () => {}
  const { browser, load } = setUp({
    refreshTokenStore: {
      ...store,
      get: () =>
        new Promise((resolve) => {
          release = () => resolve(undefined)
        })
    }
  })
  const auth = load()
  await browser.idle()
  await auth.login(credentials)
  release()
  await auth.logout()
  await browser.idle()
  expect(store.calls).toEqual(['set r1', 'remove'])
})
