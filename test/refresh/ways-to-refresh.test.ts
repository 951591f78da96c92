// Option refreshWith: the credentials with which the session is refreshed.
import { AuthError, type RefreshContext } from 'everbearer'
import type { WireResponse } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { ada, createTestBed, type TestBed } from '../support/worlds/test-client.ts'

function respond({ browser }: TestBed, path: string, status: number, body: unknown): void {
  const response: WireResponse = { status, headers: [], setCookies: [], body: JSON.stringify(body) }
  browser.trouble(path, { kind: 'answer', response })
}

const lastRequest = ({ browser }: TestBed) => browser.requests.at(-1)

it('refreshes with the current access token as the credential', async () => {
  const bed = createTestBed({ refreshWith: 'access-token', paths: { refresh: '/refresh-token' } })
  await bed.auth.login(ada)
  const old = await bed.auth.getAccessToken()
  respond(bed, '/refresh-token', 200, { access_token: 'next', expires_in: 300 })
  await bed.auth.refresh()
  expect(lastRequest(bed)).toMatchObject({
    method: 'POST',
    headers: { Authorization: `Bearer ${old}`, 'Content-Type': 'application/json' }
  })
  expect(await bed.auth.getAccessToken()).toBe('next')
})

it.each([
  ['sends it to the logout endpoint', '/logout', true],
  [
    'does not send it to a logout endpoint of an untrusted origin',
    'https://elsewhere.example/logout',
    false
  ]
])('with the access token as the credential, %s', async (_, logout, isNamed) => {
  const bed = createTestBed({ refreshWith: 'access-token', paths: { logout } })
  await bed.auth.login(ada)
  const token = await bed.auth.getAccessToken()
  await bed.auth.logout()
  expect(lastRequest(bed)?.url).toContain('/logout')
  expect(lastRequest(bed)?.headers.Authorization).toBe(isNamed ? `Bearer ${token}` : undefined)
})

it('restores nothing on page load if the access token is the credential', async () => {
  const { auth, browser } = createTestBed({ refreshWith: 'access-token', restore: undefined })
  expect(await auth.ready()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  expect(browser.requests).toEqual([])
})

it('refreshes by the OAuth 2 form and follows a rotating refresh token', async () => {
  const bed = createTestBed({ refreshWith: 'refresh-token', paths: { refresh: '/oauth/token' } })
  respond(bed, '/login', 200, { access_token: 'a1', expires_in: 300, refresh_token: 'r 1&' })
  await bed.auth.login(ada)
  respond(bed, '/oauth/token', 200, { access_token: 'a2', expires_in: 300, refresh_token: 'r2' })
  await bed.auth.refresh()
  expect(lastRequest(bed)).toMatchObject({
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=refresh_token&refresh_token=r+1%26'
  })
  respond(bed, '/oauth/token', 200, { access_token: 'a3', expires_in: 300 })
  await bed.auth.refresh()
  expect(lastRequest(bed)?.body).toBe('grant_type=refresh_token&refresh_token=r2')
  respond(bed, '/oauth/token', 200, { access_token: 'a4', expires_in: 300 })
  await bed.auth.refresh()
  expect(lastRequest(bed)?.body).toBe('grant_type=refresh_token&refresh_token=r2')
})

it('sends the OAuth 2 form with the cookie alone if there is no refresh token', async () => {
  const bed = createTestBed({ refreshWith: 'refresh-token' })
  await bed.auth.login(ada)
  respond(bed, '/refresh', 200, { access_token: 'a2' })
  await bed.auth.refresh()
  expect(lastRequest(bed)?.body).toBe('grant_type=refresh_token')
})

it('forgets the refresh token when its session ends', async () => {
  const bed = createTestBed({ refreshWith: 'refresh-token' })
  respond(bed, '/login', 200, { access_token: 'a1', refresh_token: 'r1' })
  await bed.auth.login(ada)
  await bed.auth.logout()
  expect(lastRequest(bed)?.body).toBe('{"refresh_token":"r1"}')
  respond(bed, '/login', 200, { access_token: 'b1' })
  await bed.auth.login(ada)
  respond(bed, '/refresh', 200, { access_token: 'b2' })
  await bed.auth.refresh()
  expect(lastRequest(bed)?.body).toBe('grant_type=refresh_token')
})

it('refreshes by a function of the app', async () => {
  const contexts: RefreshContext[] = []
  const { auth, browser } = createTestBed({
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
  const { auth } = createTestBed({
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
  const { auth } = createTestBed({ refreshWith })
  await auth.login(async () => ({ accessToken: 'first' }))
  const error = await auth.refresh().catch((reason) => reason)
  expect(error).toMatchObject({ code })
  expect(String(error)).not.toContain('secret-canary')
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: { code } })
})

it('abandons an app’s refresh function that never settles', async () => {
  const { auth, clock, idle } = createTestBed({ refreshWith: () => new Promise(() => {}) })
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
  const bed = createTestBed()
  respond(bed, '/login', 200, body)
  await bed.auth.login(ada)
  expect(await bed.auth.getAccessToken()).toBe('t')
})

it('reads other answers with parseTokenResponse', async () => {
  const bed = createTestBed({
    parseTokenResponse: (body) => {
      const { data } = body as { data: { jwt: string; ttl: number } }
      return { accessToken: data.jwt, expiresIn: data.ttl }
    }
  })
  respond(bed, '/login', 200, { data: { jwt: 'a', ttl: 60 } })
  await bed.auth.login(ada)
  respond(bed, '/refresh', 200, { data: { jwt: 'b', ttl: 60 } })
  await bed.auth.refresh()
  expect(await bed.auth.getAccessToken()).toBe('b')
  respond(bed, '/refresh', 200, { error: 'secret-canary' })
  const error = await bed.auth.refresh().catch((reason) => reason)
  expect(error).toMatchObject({ code: 'ERR_AUTH_RESPONSE_MALFORMED' })
  expect(String(error)).not.toContain('secret-canary')
  expect(bed.auth.getState().status).toBe('authenticated')
})

const refreshTokenSent = (bed: TestBed) =>
  new URLSearchParams(lastRequest(bed)?.body).get('refresh_token')

it.each([
  [
    'a function',
    async (bed: TestBed) =>
      bed.auth.login(async () => ({ access_token: 'g1', refresh_token: 'GRACE' })),
    'GRACE'
  ],
  [
    'credentials',
    async (bed: TestBed) => {
      respond(bed, '/login', 200, { access_token: 'g1' })
      await bed.auth.login(ada)
    },
    null
  ]
])(
  'does not send the previous session’s refresh token after a sign-in by %s',
  async (_, signIn, expected) => {
    const bed = createTestBed({ refreshWith: 'refresh-token' })
    respond(bed, '/login', 200, { access_token: 'a1', refresh_token: 'ADA' })
    await bed.auth.login(ada)
    await signIn(bed)
    respond(bed, '/refresh', 200, { access_token: 'g2' })
    await bed.auth.refresh()
    expect(refreshTokenSent(bed)).toBe(expected)
  }
)

it('forgets a refresh token that the server rejected', async () => {
  const bed = createTestBed({ refreshWith: 'refresh-token' })
  respond(bed, '/login', 200, { access_token: 'a1', refresh_token: 'ADA' })
  await bed.auth.login(ada)
  respond(bed, '/refresh', 400, { error: 'invalid_grant' })
  await bed.auth.refresh().catch(() => {})
  await bed.auth.login(async () => ({ access_token: 'a2' }))
  respond(bed, '/refresh', 200, { access_token: 'a3' })
  await bed.auth.refresh()
  expect(refreshTokenSent(bed)).toBe(null)
})

it('sends the refresh token of initialToken with the first refresh', async () => {
  const initialToken = { access_token: 'a1', refresh_token: 'ADA' }
  const bed = createTestBed({ refreshWith: 'refresh-token', initialToken })
  respond(bed, '/refresh', 200, { access_token: 'a2' })
  await bed.auth.refresh()
  expect(refreshTokenSent(bed)).toBe('ADA')
})

it('sends the ended session’s refresh token with a sign-out that is delivered late', async () => {
  const bed = createTestBed({ refreshWith: 'refresh-token' })
  respond(bed, '/login', 200, { access_token: 'a1', refresh_token: 'ADA' })
  await bed.auth.login(ada)
  bed.browser.trouble('/logout', { kind: 'unreachable' })
  expect(await bed.auth.logout()).toEqual({ confirmed: false })
  bed.browser.wake('online')
  await bed.idle()
  expect(lastRequest(bed)).toMatchObject({ body: '{"refresh_token":"ADA"}' })
})

it('treats 400 invalid_request as "not signed in" if there is no refresh token', async () => {
  const bed = createTestBed()
  respond(bed, '/refresh', 400, { error: 'invalid_request' })
  const next = bed.reload({ refreshWith: 'refresh-token', restore: undefined })
  expect(await next.ready()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
})

it('rejects an answer with throwing properties as malformed, once per back-off', async () => {
  let answers = 0
  const trap = {
    get accessToken(): string {
      throw new TypeError('secret-canary')
    }
  }
  const bed = createTestBed(
    {
      parseTokenResponse: (body) => {
        answers += 1
        return answers === 1 ? (body as never) : trap
      }
    },
    { accessTokenSeconds: 300 }
  )
  await bed.auth.login(ada)
  bed.clock.tick(240_000)
  await bed.idle()
  expect(answers).toBe(2)
  expect(bed.auth.getState()).toMatchObject({ degraded: { code: 'ERR_AUTH_RESPONSE_MALFORMED' } })
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
    const { auth, clock, idle, events } = createTestBed({
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
  const { auth, idle } = createTestBed({
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
  const { auth, browser } = createTestBed({
    refreshWith: 'access-token',
    paths: { refresh: 'https://elsewhere.example/refresh' }
  })
  await auth.login(ada)
  await expect(auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_INVALID_OPTIONS' })
  expect(browser.requests.map(({ url }) => url)).not.toContain('https://elsewhere.example/refresh')
})
