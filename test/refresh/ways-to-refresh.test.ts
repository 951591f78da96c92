// Contract.refresh: the credentials with which the session is refreshed.
import { AuthError, type RefreshContext } from 'everbearer'
import type { WireResponse } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { byAccessToken, byRefreshToken } from '../support/setups/contracts.ts'
import { ada, type ClientSetup, setUpClient } from '../support/setups/test-client.ts'

function respond({ browser }: ClientSetup, path: string, status: number, body: unknown): void {
  const response: WireResponse = { status, headers: [], setCookies: [], body: JSON.stringify(body) }
  browser.intercept(path, { kind: 'answer', response })
}

const refreshesOf = ({ browser }: ClientSetup) =>
  browser.requests.filter(({ url }) => url.endsWith('/refresh'))

const lastRequest = ({ browser }: ClientSetup) => browser.requests.at(-1)

it('refreshes with the current access token as the credential', async () => {
  const setup = setUpClient({
    contract: { refresh: { ...byAccessToken.refresh, path: '/refresh-token' } }
  })
  await setup.auth.login(ada)
  const old = await setup.auth.getAccessToken()
  respond(setup, '/refresh-token', 200, { access_token: 'next', expires_in: 300 })
  await setup.auth.refresh()
  expect(lastRequest(setup)).toMatchObject({
    method: 'POST',
    headers: { Authorization: `Bearer ${old}`, 'Content-Type': 'application/json' }
  })
  expect(await setup.auth.getAccessToken()).toBe('next')
})

it.each([
  ['sends it to the logout endpoint', '/logout', true],
  [
    'does not send it to a logout endpoint of an untrusted origin',
    'https://elsewhere.example/logout',
    false
  ]
])('with the access token as the credential, %s', async (_, logout, isNamed) => {
  const setup = setUpClient({ contract: { ...byAccessToken, logout } })
  await setup.auth.login(ada)
  const token = await setup.auth.getAccessToken()
  await setup.auth.logout()
  expect(lastRequest(setup)?.url).toContain('/logout')
  expect(lastRequest(setup)?.headers.Authorization).toBe(isNamed ? `Bearer ${token}` : undefined)
})

it('restores nothing on page load if the access token is the credential', async () => {
  const { auth, browser } = setUpClient({ contract: byAccessToken, restore: undefined })
  expect(await auth.ready()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  expect(browser.requests).toEqual([])
})

it('refreshes by the OAuth 2 form and follows a rotating refresh token', async () => {
  const setup = setUpClient({
    contract: { refresh: { ...byRefreshToken.refresh, path: '/oauth/token' } }
  })
  respond(setup, '/login', 200, { access_token: 'a1', expires_in: 300, refresh_token: 'r 1&' })
  await setup.auth.login(ada)
  respond(setup, '/oauth/token', 200, { access_token: 'a2', expires_in: 300, refresh_token: 'r2' })
  await setup.auth.refresh()
  expect(lastRequest(setup)).toMatchObject({
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=refresh_token&refresh_token=r+1%26'
  })
  respond(setup, '/oauth/token', 200, { access_token: 'a3', expires_in: 300 })
  await setup.auth.refresh()
  expect(lastRequest(setup)?.body).toBe('grant_type=refresh_token&refresh_token=r2')
  respond(setup, '/oauth/token', 200, { access_token: 'a4', expires_in: 300 })
  await setup.auth.refresh()
  expect(lastRequest(setup)?.body).toBe('grant_type=refresh_token&refresh_token=r2')
})

it('sends no refresh without a refresh token if the contract presents one', async () => {
  const setup = setUpClient({ contract: byRefreshToken })
  respond(setup, '/login', 200, { access_token: 'a1', expires_in: 300 })
  await setup.auth.login(ada)
  await expect(setup.auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_INVALID_OPTIONS' })
  expect(setup.auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
  setup.clock.tick(299_999)
  await setup.idle()
  expect(setup.auth.getState().status).toBe('authenticated')
  setup.clock.tick(1)
  await setup.idle()
  expect(setup.auth.getState()).toMatchObject({ reason: 'session-expired' })
  expect(refreshesOf(setup)).toEqual([])
  expect(setup.eventNames()).toEqual(['signed-in', 'signed-out'])
})

it('forgets the refresh token when its session ends', async () => {
  const setup = setUpClient({ contract: byRefreshToken })
  respond(setup, '/login', 200, { access_token: 'a1', refresh_token: 'r1' })
  await setup.auth.login(ada)
  await setup.auth.logout()
  expect(lastRequest(setup)?.body).toBe('{"refresh_token":"r1"}')
  respond(setup, '/login', 200, { access_token: 'b1' })
  await setup.auth.login(ada)
  await expect(setup.auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_INVALID_OPTIONS' })
  expect(refreshesOf(setup)).toEqual([])
})

it('refreshes by a function of the app', async () => {
  const contexts: RefreshContext[] = []
  const { auth, browser } = setUpClient({
    contract: {
      refresh: async (context) => {
        contexts.push(context)
        return { accessToken: `token-${contexts.length}`, expiresIn: 300 }
      }
    }
  })
  await auth.login(async () => ({ accessToken: 'first' }))
  await Promise.all([auth.refresh(), auth.refresh()])
  expect(contexts).toMatchObject([{ accessToken: 'first', idempotencyKey: expect.any(String) }])
  expect(await auth.getAccessToken()).toBe('token-1')
  expect(browser.requests).toEqual([])
})

it('ends the session if the app’s refresh function throws ERR_AUTH_SESSION_EXPIRED', async () => {
  const { auth } = setUpClient({
    contract: { refresh: () => Promise.reject(new AuthError('ERR_AUTH_SESSION_EXPIRED', 'Over.')) }
  })
  await auth.login(async () => ({ accessToken: 'first' }))
  await expect(auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_EXPIRED' })
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'session-expired' })
})

it.each([
  ['throws', () => Promise.reject(new Error('secret-canary')), 'ERR_AUTH_SERVER_ERROR'],
  [
    'throws synchronously',
    () => {
      throw new TypeError('secret-canary')
    },
    'ERR_AUTH_SERVER_ERROR'
  ],
  ['returns undefined', async () => undefined as never, 'ERR_AUTH_RESPONSE_MALFORMED'],
  [
    'returns an object without a token',
    async () => ({ token: 1 }) as never,
    'ERR_AUTH_RESPONSE_MALFORMED'
  ]
])('keeps the session if the app’s refresh function %s', async (_, refresh, code) => {
  const { auth } = setUpClient({ contract: { refresh } })
  await auth.login(async () => ({ accessToken: 'first' }))
  const error = await auth.refresh().catch((reason) => reason)
  expect(error).toMatchObject({ code })
  expect(String(error)).not.toContain('secret-canary')
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: { code } })
})

it('abandons an app’s refresh function that never settles', async () => {
  const { auth, clock, idle } = setUpClient({
    contract: { refresh: () => new Promise(() => {}) }
  })
  await auth.login(async () => ({ accessToken: 'first' }))
  const refreshing = auth.refresh()
  await idle()
  clock.tick(10_000)
  await expect(refreshing).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
  clock.tick(20_000)
  await idle()
  expect(auth.getRefreshStatus()).toMatchObject({
    isRefreshing: false,
    lastOutcome: { kind: 'transient', code: 'ERR_AUTH_TIMEOUT' }
  })
})

it.each([
  ['OAuth names', { access_token: 't', token_type: 'bearer', expires_in: 60 }],
  ['camelCase', { accessToken: 't', tokenType: 'BEARER', expiresIn: 60 }],
  ['a lifetime as a string', { access_token: 't', expires_in: '60' }],
  ['no lifetime', { access_token: 't' }]
])('reads a token response with %s', async (_, body) => {
  const setup = setUpClient()
  respond(setup, '/login', 200, body)
  await setup.auth.login(ada)
  expect(await setup.auth.getAccessToken()).toBe('t')
})

it('reads other answers with a function in contract.tokens', async () => {
  const setup = setUpClient({
    contract: {
      tokens({ body }) {
        const { data } = body as { data: { jwt: string; ttl: number } }
        return { accessToken: data.jwt, expiresIn: data.ttl }
      }
    }
  })
  respond(setup, '/login', 200, { data: { jwt: 'a', ttl: 60 } })
  await setup.auth.login(ada)
  respond(setup, '/refresh', 200, { data: { jwt: 'b', ttl: 60 } })
  await setup.auth.refresh()
  expect(await setup.auth.getAccessToken()).toBe('b')
  respond(setup, '/refresh', 200, { error: 'secret-canary' })
  const error = await setup.auth.refresh().catch((reason) => reason)
  expect(error).toMatchObject({ code: 'ERR_AUTH_RESPONSE_MALFORMED' })
  expect(String(error)).not.toContain('secret-canary')
  expect(setup.auth.getState().status).toBe('authenticated')
})

const refreshTokensSent = (setup: ClientSetup) =>
  refreshesOf(setup).map(({ body }) => new URLSearchParams(body).get('refresh_token'))

it.each([
  [
    'a function',
    async (setup: ClientSetup) =>
      setup.auth.login(async () => ({ access_token: 'g1', refresh_token: 'GRACE' })),
    ['GRACE']
  ],
  [
    'credentials',
    async (setup: ClientSetup) => {
      respond(setup, '/login', 200, { access_token: 'g1' })
      await setup.auth.login(ada)
    },
    []
  ]
])(
  'does not send the previous session’s refresh token after a sign-in by %s',
  async (_, signIn, expected) => {
    const setup = setUpClient({ contract: byRefreshToken })
    respond(setup, '/login', 200, { access_token: 'a1', refresh_token: 'ADA' })
    await setup.auth.login(ada)
    await signIn(setup)
    respond(setup, '/refresh', 200, { access_token: 'g2' })
    await setup.auth.refresh().catch(() => {})
    expect(refreshTokensSent(setup)).toEqual(expected)
  }
)

it('forgets a refresh token that the server rejected', async () => {
  const setup = setUpClient({ contract: byRefreshToken })
  respond(setup, '/login', 200, { access_token: 'a1', refresh_token: 'ADA' })
  await setup.auth.login(ada)
  respond(setup, '/refresh', 400, { error: 'invalid_grant' })
  await setup.auth.refresh().catch(() => {})
  await setup.auth.login(async () => ({ access_token: 'a2' }))
  await setup.auth.refresh().catch(() => {})
  expect(refreshTokensSent(setup)).toEqual(['ADA'])
})

it('sends the refresh token of initialToken with the first refresh', async () => {
  const initialToken = { access_token: 'a1', refresh_token: 'ADA' }
  const setup = setUpClient({ contract: byRefreshToken, initialToken })
  respond(setup, '/refresh', 200, { access_token: 'a2' })
  await setup.auth.refresh()
  expect(refreshTokensSent(setup)).toEqual(['ADA'])
})

it('sends the ended session’s refresh token with a sign-out that is delivered late', async () => {
  const setup = setUpClient({ contract: byRefreshToken })
  respond(setup, '/login', 200, { access_token: 'a1', refresh_token: 'ADA' })
  await setup.auth.login(ada)
  setup.browser.intercept('/logout', { kind: 'unreachable' }, 2)
  expect(await setup.auth.logout()).toEqual({ confirmed: false })
  setup.browser.wake('online')
  await setup.idle()
  expect(lastRequest(setup)).toMatchObject({ body: '{"refresh_token":"ADA"}' })
})

it('restores nothing on page load, without a request, if no refresh token is stored', async () => {
  const { auth, browser, idle, eventNames } = setUpClient({
    contract: byRefreshToken,
    restore: undefined
  })
  expect(auth.getState().status).toBe('initializing')
  expect(await auth.ready()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  await idle()
  expect(browser.requests).toEqual([])
  expect(eventNames()).toEqual([])
})

it('rejects an answer with throwing properties as malformed, once per back-off', async () => {
  let answers = 0
  const trap = {
    get accessToken(): string {
      throw new TypeError('secret-canary')
    }
  }
  const setup = setUpClient(
    {
      contract: {
        tokens({ body }) {
          answers += 1
          return answers === 1 ? (body as never) : trap
        }
      }
    },
    { accessTokenSeconds: 300 }
  )
  await setup.auth.login(ada)
  setup.clock.tick(240_000)
  await setup.idle()
  expect(answers).toBe(2)
  expect(setup.auth.getState()).toMatchObject({ degraded: { code: 'ERR_AUTH_RESPONSE_MALFORMED' } })
})

it.each([
  ['refresh_token_not_found', 'ERR_AUTH_SERVER_ERROR'],
  ['ERR_AUTH_INVALID_OPTIONS', 'ERR_AUTH_SERVER_ERROR'],
  ['ERR_AUTH_SESSION_CHANGED', 'ERR_AUTH_SERVER_ERROR'],
  ['ERR_AUTH_DISPOSED', 'ERR_AUTH_SERVER_ERROR']
])(
  'replaces an error %s of the app’s refresh function by its own, and retries',
  async (code, own) => {
    const foreign = Object.assign(new Error('secret-canary'), { name: 'AuthError', code })
    const { auth, clock, idle, events } = setUpClient({
      contract: { refresh: () => Promise.reject(foreign) }
    })
    await auth.login(async () => ({ accessToken: 'first' }))
    const error = await auth.refresh().catch((reason) => reason)
    expect(error).toMatchObject({ code: own })
    expect(String(error)).not.toContain('secret-canary')
    clock.tick(1_000)
    await idle()
    const settled = events.filter(({ name }) => name === 'refresh-settled')
    expect(settled).toHaveLength(2)
    expect(settled[0]).toMatchObject({ event: { kind: 'transient', code: own } })
  }
)

it('aborts the signal of the app’s refresh function when its result is no longer needed', async () => {
  const signals: AbortSignal[] = []
  const { auth, idle } = setUpClient({
    contract: {
      refresh: ({ signal }) => {
        signals.push(signal)
        return new Promise(() => {})
      }
    }
  })
  await auth.login(async () => ({ accessToken: 'first' }))
  auth.refresh().catch(() => {})
  await idle()
  auth.dispose()
  expect(signals.map(({ aborted }) => aborted)).toEqual([true])
})

it('does not send the access token to a refresh endpoint of an untrusted origin', async () => {
  const { auth, browser } = setUpClient({
    contract: {
      refresh: { ...byAccessToken.refresh, path: 'https://elsewhere.example/refresh' }
    }
  })
  await auth.login(ada)
  await expect(auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_INVALID_OPTIONS' })
  expect(browser.requests.map(({ url }) => url)).not.toContain('https://elsewhere.example/refresh')
})
