// Sign-out behind the access token, without an endpoint, and without WebCrypto.

import type { AuthClient, AuthClientOptions } from 'everbearer'
import { createAuthClient } from 'everbearer'
import type { WireResponse } from 'everbearer/mock'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createManualClock } from '../support/clocks/manual-clock.ts'
import { byRefreshToken } from '../support/setups/contracts.ts'
import { ada, setUpClient } from '../support/setups/test-client.ts'
import { createVirtualBrowser } from '../support/setups/virtual-browser.ts'

const baseURL = 'https://api.app.example'

interface Guarded {
  readonly browser: ReturnType<typeof createVirtualBrowser>
  readonly clock: ReturnType<typeof createManualClock>
  readonly accepted: Set<string>
  hasSession(): boolean
  endSession(): void
  load(options?: AuthClientOptions): AuthClient
  /** The tokens that `/logout` received, in order; `-` without one. */
  logouts(): string[]
}

/** A server with a /logout that needs a valid access token and ends the session of the cookie. */
function setUpGuarded(): Guarded {
  const clock = createManualClock()
  const accepted = new Set<string>()
  let issued = 0
  let isLive = false
  const bearer = (headers: readonly (readonly [string, string])[]) =>
    headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1].slice(7) ?? '-'

  function respond(status: number, body: unknown = {}): WireResponse {
    return { status, headers: [], setCookies: [], body: JSON.stringify(body) }
  }

  function issue(): WireResponse {
    issued += 1
    accepted.add(`t${issued}`)
    return respond(200, { access_token: `t${issued}`, expires_in: 300 })
  }

  const browser = createVirtualBrowser({
    owns: () => true,
    async handle({ url, headers }) {
      const { pathname } = new URL(url)
      if (pathname === '/login') {
        isLive = true
        return issue()
      }
      if (pathname === '/refresh') return isLive ? issue() : respond(401)
      if (!accepted.has(bearer(headers))) return respond(401)
      isLive = false
      return respond(204, '')
    },
    guard: async () => respond(200)
  })

  return {
    browser,
    clock,
    accepted,
    hasSession: () => isLive,
    endSession() {
      isLive = false
    },
    load(options) {
      const auth = createAuthClient({
        baseURL,
        restore: 'never',
        spreadRefreshes: false,
        ...options,
        platform: { ...clock.platform, ...browser.platform }
      })
      onTestFinished(auth.dispose)
      return auth
    },
    logouts: () =>
      browser.requests
        .filter(({ url }) => url.endsWith('/logout'))
        .map(({ headers }) => bearer(Object.entries(headers)))
  }
}

it('sends the access token to the logout endpoint, so that a guarded one ends the session', async () => {
  const { load, logouts, hasSession } = setUpGuarded()
  const auth = load()
  await auth.login(ada)
  expect(await auth.logout()).toEqual({ confirmed: true })
  expect(logouts()).toEqual(['t1'])
  expect(hasSession()).toBe(false)
})

it('refreshes once for a guarded logout if its token has expired, and stays signed out', async () => {
  const { load, logouts, hasSession, accepted, browser } = setUpGuarded()
  const auth = load()
  await auth.login(ada)
  accepted.clear()
  const leaving = auth.logout()
  expect(auth.getState().status).toBe('unauthenticated')
  expect(await leaving).toEqual({ confirmed: true })
  expect(logouts()).toEqual(['t1', 't2'])
  expect(hasSession()).toBe(false)
  await browser.idle()
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  await expect(auth.getAccessToken()).rejects.toMatchObject({ code: 'ERR_AUTH_NOT_AUTHENTICATED' })
})

it('signs out of a guarded backend on the next page load, although no token is left', async () => {
  const { load, logouts, hasSession, browser } = setUpGuarded()
  const first = load()
  await first.login(ada)
  browser.intercept('/logout', { kind: 'unreachable' }, 2)
  expect(await first.logout()).toEqual({ confirmed: false })
  first.dispose()
  const second = load({ restore: 'always' })
  await browser.idle()
  expect(logouts().slice(-2)).toEqual(['-', 't2'])
  expect(hasSession()).toBe(false)
  expect(second.getState().status).toBe('unauthenticated')
  expect(browser.storedSession()).toBe('ended')
})

it('counts the sign-out as confirmed if the server rejects the refresh for it', async () => {
  const { load, accepted, endSession, browser } = setUpGuarded()
  const auth = load()
  await auth.login(ada)
  accepted.clear()
  endSession()
  expect(await auth.logout()).toEqual({ confirmed: true })
  expect(browser.storedSession()).toBe('ended')
})

it('does not confirm a sign-out on 401 if the refresh for it gets no answer', async () => {
  const { load, accepted, browser } = setUpGuarded()
  const auth = load()
  await auth.login(ada)
  accepted.clear()
  browser.intercept('/refresh', { kind: 'unreachable' })
  expect(await auth.logout()).toEqual({ confirmed: false })
  browser.wake('online')
  await browser.idle()
  expect(browser.storedSession()).toBe('ended')
})

it('confirms a sign-out at once, and notes nothing, without a logout endpoint', async () => {
  const { auth, browser, reload } = setUpClient({ contract: { ...byRefreshToken, logout: false } })
  await auth.login(ada)
  const before = browser.requests.length
  expect(await auth.logout()).toEqual({ confirmed: true })
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  expect(browser.requests).toHaveLength(before)
  expect(browser.storedSession()).toBe('ended')
  auth.dispose()
  expect((await reload({ restore: 'always' }).ready()).status).toBe('unauthenticated')
})

it('does not restore the session of a cookie after a sign-out without a logout endpoint', async () => {
  const contract = { logout: false } as const
  const { auth, reload } = setUpClient({ contract }, { contract })
  await auth.login(ada)
  expect(await auth.logout()).toEqual({ confirmed: true })
  auth.dispose()
  for (let load = 0; load < 2; load += 1) {
    const next = reload({ restore: 'always' })
    expect((await next.ready()).status).toBe('unauthenticated')
    next.dispose()
  }
  const next = reload()
  await next.login(ada)
  next.dispose()
  expect((await reload({ restore: 'always' }).ready()).status).toBe('authenticated')
})

it('sends a sign-out before a sign-in function that is called directly after it', async () => {
  const { load, logouts } = setUpGuarded()
  const auth = load()
  await auth.login(ada)
  const leaving = auth.logout()
  await auth.login(async () => ({ access_token: 'next', expires_in: 300 }))
  expect(await leaving).toEqual({ confirmed: true })
  expect(logouts()).toEqual(['t1'])
  expect(await auth.getAccessToken()).toBe('next')
})

it('signs in and out without WebCrypto', async () => {
  const { load, logouts, hasSession } = setUpGuarded()
  vi.stubGlobal('crypto', undefined)
  try {
    const auth = load()
    await auth.login(ada)
    await auth.refresh()
    const leaving = auth.logout()
    expect(auth.getState().status).toBe('unauthenticated')
    expect(await leaving).toEqual({ confirmed: true })
  } finally {
    vi.unstubAllGlobals()
  }
  expect(logouts()).toEqual(['t2'])
  expect(hasSession()).toBe(false)
})

it('signs out locally although the platform cannot make an ID', async () => {
  let isBroken = false
  const { auth } = setUpClient({
    platform: {
      randomId() {
        if (isBroken) throw new Error('no IDs')
        return 'id'
      }
    }
  })
  await auth.login(ada)
  isBroken = true
  await auth.logout().catch(() => {})
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  await expect(auth.getAccessToken()).rejects.toMatchObject({ code: 'ERR_AUTH_NOT_AUTHENTICATED' })
})
