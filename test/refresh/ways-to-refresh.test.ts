// Option refreshWith: the credentials with which the session is refreshed.
import { AuthError, type RefreshContext } from 'everbearer'
import type { WireResponse } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { ada, type ClientSetup, setUpClient } from '../support/setups/test-client.ts'

function respond({ browser }: ClientSetup, path: string, status: number, body: unknown): void {
  const response: WireResponse = { status, headers: [], setCookies: [], body: JSON.stringify(body) }
  browser.intercept(path, { kind: 'answer', response })
}

const lastRequest = ({ browser }: ClientSetup) => browser.requests.at(-1)

it('refreshes with the current access token as the credential', async () => {
  const setup = setUpClient({ refreshWith: 'access-token', paths: { refresh: '/refresh-token' } })
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
  const setup = setUpClient({ refreshWith: 'access-token', paths: { logout } })
  await setup.auth.login(ada)
  const token = await setup.auth.getAccessToken()
  await setup.auth.logout()
  expect(lastRequest(setup)?.url).toContain('/logout')
  expect(lastRequest(setup)?.headers.Authorization).toBe(isNamed ? `Bearer ${token}` : undefined)
})

it('restores nothing on page load if the access token is the credential', async () => {
  const { auth, browser } = setUpClient({ refreshWith: 'access-token', restore: undefined })
  expect(await auth.ready()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  expect(browser.requests).toEqual([])
})

it('refreshes by the OAuth 2 form and follows a rotating refresh token', async () => {
  const setup = setUpClient({ refreshWith: 'refresh-token', paths: { refresh: '/oauth/token' } })
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

it('sends the OAuth 2 form with the cookie alone if there is no refresh token', async () => {
  const setup = setUpClient({ refreshWith: 'refresh-token' })
  await setup.auth.login(ada)
  respond(setup, '/refresh', 200, { access_token: 'a2' })
  await setup.auth.refresh()
  expect(lastRequest(setup)?.body).toBe('grant_type=refresh_token')
})

it('forgets the refresh token when its session ends', async () => {
  const setup = setUpClient({ refreshWith: 'refresh-token' })
  respond(setup, '/login', 200, { access_token: 'a1', refresh_token: 'r1' })
  await setup.auth.login(ada)
  await setup.auth.logout()
  expect(lastRequest(setup)?.body).toBe('{"refresh_token":"r1"}')
  respond(setup, '/login', 200, { access_token: 'b1' })
  await setup.auth.login(ada)
  respond(setup, '/refresh', 200, { access_token: 'b2' })
  await setup.auth.refresh()
  expect(lastRequest(setup)?.body).toBe('grant_type=refresh_token')
})

it('refreshes by a function of the app', async () => {
  const contexts: RefreshContext[] = []
  const { auth, browser } = setUpClient({
    refreshWith: async (context) => {
      contexts.push(context)
      return { accessToken: `token-${contexts.length}`, expiresIn: 300 }
    }
  })
  await auth.login(async () => ({ accessToken: 'first' }))
  await Promise.all([auth.refresh(), auth.refresh()])
  expect(contexts).toMatchObject([{ accessToken: 'first', attempt: expect.any(String) }])
  expect(await auth.getAccessToken()).toBe('token-1')
  expect(browser.requests).toEqual([])
})

it('ends the session if the app’s refresh function throws ERR_AUTH_SESSION_EXPIRED', async () => {
  const { auth } = setUpClient({
    refreshWith: () => Promise.reject(new AuthError('ERR_AUTH_SESSION_EXPIRED', 'Over.'))
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
])('keeps the session if the app’s refresh function %s', async (_, refreshWith, code) => {
  const { auth } = setUpClient({ refreshWith })
  await auth.login(async () => ({ accessToken: 'first' }))
  const error = await auth.refresh().catch((reason) => reason)
  expect(error).toMatchObject({ code })
  expect(String(error)).not.toContain('secret-canary')
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: { code } })
})

it('abandons an app’s refresh function that never settles', async () => {
  const { auth, clock, idle } = setUpClient({ refreshWith: () => new Promise(() => {}) })
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

it('reads other answers with parseTokenResponse', async () => {
  const setup = setUpClient({
    parseTokenResponse: (body) => {
      const { data } = body as { data: { jwt: string; ttl: number } }
      return { accessToken: data.jwt, expiresIn: data.ttl }
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

const refreshTokenSent = (setup: ClientSetup) =>
  new URLSearchParams(lastRequest(setup)?.body).get('refresh_token')

it.each([
  [
    'a function',
    async (setup: ClientSetup) =>
      setup.auth.login(async () => ({ access_token: 'g1', refresh_token: 'GRACE' })),
    'GRACE'
  ],
  [
    'credentials',
    async (setup: ClientSetup) => {
      respond(setup, '/login', 200, { access_token: 'g1' })
      await setup.auth.login(ada)
    },
    null
  ]
])(
  'does not send the previous session’s refresh token after a sign-in by %s',
  async (_, signIn, expected) => {
    const setup = setUpClient({ refreshWith: 'refresh-token' })
    respond(setup, '/login', 200, { access_token: 'a1', refresh_token: 'ADA' })
    await setup.auth.login(ada)
    await signIn(setup)
    respond(setup, '/refresh', 200, { access_token: 'g2' })
    await setup.auth.refresh()
    expect(refreshTokenSent(setup)).toBe(expected)
  }
)

it('forgets a refresh token that the server rejected', async () => {
  const setup = setUpClient({ refreshWith: 'refresh-token' })
  respond(setup, '/login', 200, { access_token: 'a1', refresh_token: 'ADA' })
  await setup.auth.login(ada)
  respond(setup, '/refresh', 400, { error: 'invalid_grant' })
  await setup.auth.refresh().catch(() => {})
  await setup.auth.login(async () => ({ access_token: 'a2' }))
  respond(setup, '/refresh', 200, { access_token: 'a3' })
  await setup.auth.refresh()
  expect(refreshTokenSent(setup)).toBe(null)
})

it('sends the refresh token of initialToken with the first refresh', async () => {
  const initialToken = { access_token: 'a1', refresh_token: 'ADA' }
  const setup = setUpClient({ refreshWith: 'refresh-token', initialToken })
  respond(setup, '/refresh', 200, { access_token: 'a2' })
  await setup.auth.refresh()
  expect(refreshTokenSent(setup)).toBe('ADA')
})

it('sends the ended session’s refresh token with a sign-out that is delivered late', async () => {
  const setup = setUpClient({ refreshWith: 'refresh-token' })
  respond(setup, '/login', 200, { access_token: 'a1', refresh_token: 'ADA' })
  await setup.auth.login(ada)
  setup.browser.intercept('/logout', { kind: 'unreachable' })
  expect(await setup.auth.logout()).toEqual({ confirmed: false })
  setup.browser.wake('online')
  await setup.idle()
  expect(lastRequest(setup)).toMatchObject({ body: '{"refresh_token":"ADA"}' })
})

it('treats 400 invalid_request as "not signed in" if there is no refresh token', async () => {
  const setup = setUpClient()
  respond(setup, '/refresh', 400, { error: 'invalid_request' })
  const next = setup.reload({ refreshWith: 'refresh-token', restore: undefined })
  expect(await next.ready()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
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
      parseTokenResponse: (body) => {
        answers += 1
        return answers === 1 ? (body as never) : trap
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
      refreshWith: () => Promise.reject(foreign)
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
    refreshWith: ({ signal }) => {
      signals.push(signal)
      return new Promise(() => {})
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
    refreshWith: 'access-token',
    paths: { refresh: 'https://elsewhere.example/refresh' }
  })
  await auth.login(ada)
  await expect(auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_INVALID_OPTIONS' })
  expect(browser.requests.map(({ url }) => url)).not.toContain('https://elsewhere.example/refresh')
})
