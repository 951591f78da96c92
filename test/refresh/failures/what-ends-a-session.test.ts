// I4: only an explicit rejection ends the session. Network and server failures and wrong URLs do
// not.
import type { WireResponse } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../../support/setups/test-client.ts'

function answer(status: number, body: unknown, headers: Record<string, string> = {}): WireResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const all = {
    'Content-Type': typeof body === 'string' ? 'text/html' : 'application/json',
    ...headers
  }
  return { status, headers: Object.entries(all), setCookies: [], body: text }
}

const html = '<!doctype html><title>Sign in to the Wi-Fi</title>'
const invalidGrant = { error: 'invalid_grant' }

const rejections: readonly [string, WireResponse][] = [
  ['400 invalid_grant', answer(400, invalidGrant)],
  ['401', answer(401, {})],
  ['400 invalid_request', answer(400, { error: 'invalid_request' })],
  ['401 invalid_grant', answer(401, invalidGrant)],
  ['403 invalid_grant', answer(403, invalidGrant)]
]

it.each(rejections)('ends the session if the refresh endpoint answers %s', async (_, response) => {
  const { auth, browser, eventNames, callsTo } = setUpClient()
  await auth.login(ada)
  browser.intercept('/refresh', { kind: 'answer', response })
  await expect(auth.refresh()).rejects.toMatchObject({
    code: 'ERR_AUTH_SESSION_EXPIRED',
    status: response.status
  })
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'session-expired' })
  expect(eventNames().filter((name) => name === 'signed-out')).toHaveLength(1)
  // A client without a session sends no refresh.
  await expect(auth.axios.get('/me')).rejects.toMatchObject({ response: { status: 401 } })
  expect(callsTo('refresh')).toHaveLength(0)
})

const failures: readonly [string, WireResponse, string][] = [
  ['200 in HTML', answer(200, html), 'ERR_AUTH_RESPONSE_MALFORMED'],
  ['200 with an empty body', answer(200, ''), 'ERR_AUTH_RESPONSE_MALFORMED'],
  ['200 with null', answer(200, null), 'ERR_AUTH_RESPONSE_MALFORMED'],
  ['200 with an array', answer(200, []), 'ERR_AUTH_RESPONSE_MALFORMED'],
  ['200 without a token', answer(200, { expires_in: 300 }), 'ERR_AUTH_RESPONSE_MALFORMED'],
  [
    '200 with a malformed token',
    answer(200, { access_token: 'a b\r\nX: 1' }),
    'ERR_AUTH_RESPONSE_MALFORMED'
  ],
  [
    '200 with a number for a token',
    answer(200, { access_token: 42 }),
    'ERR_AUTH_RESPONSE_MALFORMED'
  ],
  ['204', answer(204, ''), 'ERR_AUTH_RESPONSE_MALFORMED'],
  ['400 without a reason', answer(400, {}), 'ERR_AUTH_SERVER_ERROR'],
  ['401 in HTML', answer(401, html), 'ERR_AUTH_SERVER_ERROR'],
  [
    '401 with the challenge of another scheme',
    answer(401, {}, { 'WWW-Authenticate': 'Basic realm="proxy"' }),
    'ERR_AUTH_SERVER_ERROR'
  ],
  ['403', answer(403, {}), 'ERR_AUTH_SERVER_ERROR'],
  [
    '403 without a body',
    answer(403, '', { 'Content-Type': 'text/plain' }),
    'ERR_AUTH_SERVER_ERROR'
  ],
  ['403 in HTML', answer(403, html), 'ERR_AUTH_SERVER_ERROR'],
  ['404', answer(404, html), 'ERR_AUTH_SERVER_ERROR'],
  ['408', answer(408, {}), 'ERR_AUTH_SERVER_ERROR'],
  ['425', answer(425, {}), 'ERR_AUTH_SERVER_ERROR'],
  ['429', answer(429, invalidGrant), 'ERR_AUTH_SERVER_ERROR'],
  ['500', answer(500, invalidGrant), 'ERR_AUTH_SERVER_ERROR'],
  ['502 in HTML', answer(502, html), 'ERR_AUTH_SERVER_ERROR'],
  ['503', answer(503, {}), 'ERR_AUTH_SERVER_ERROR'],
  ['511', answer(511, html), 'ERR_AUTH_SERVER_ERROR']
]

it.each(failures)(
  'keeps the session as degraded and retries if the refresh endpoint answers %s',
  async (_, response, code) => {
    const { auth, browser, clock, idle, callsTo, eventNames } = setUpClient()
    await auth.login(ada)
    browser.intercept('/refresh', { kind: 'answer', response })
    await expect(auth.refresh()).rejects.toMatchObject({ name: 'AuthError', code })
    expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: { code } })
    // The token is still valid, so requests succeed.
    expect((await auth.axios.get('/me')).status).toBe(200)
    clock.tick(1_000)
    await idle()
    expect(callsTo('refresh')).toHaveLength(1)
    expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
    expect(eventNames()).toEqual([
      'signed-in',
      'refresh-started',
      'refresh-settled',
      'refresh-started',
      'refreshed',
      'refresh-settled'
    ])
  }
)

it.each([
  ['another token type', { access_token: 'a', token_type: 'DPoP' }],
  ['a lifetime of 0', { access_token: 'a', expires_in: 0 }],
  ['a negative lifetime', { access_token: 'a', expires_in: -60 }],
  ['an unreadable lifetime', { access_token: 'a', expires_in: 'soon' }]
])('takes the token of a refresh answer with %s', async (_, body) => {
  const { auth, browser } = setUpClient()
  await auth.login(ada)
  browser.intercept('/refresh', { kind: 'answer', response: answer(200, body) })
  await auth.refresh()
  expect(await auth.getAccessToken()).toBe('a')
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
})

it.each(['unreachable', 'lost'] as const)(
  'keeps the session and retries if the refresh answer is %s',
  async (kind) => {
    const { auth, browser, clock, idle } = setUpClient()
    await auth.login(ada)
    browser.intercept('/refresh', { kind })
    await expect(auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
    expect(auth.getState()).toMatchObject({ status: 'authenticated' })
    clock.tick(1_000)
    await idle()
    expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
    expect((await auth.axios.get('/me')).status).toBe(200)
  }
)

it('retries a refresh no earlier than Retry-After allows', async () => {
  const { auth, browser, clock, idle, callsTo } = setUpClient()
  await auth.login(ada)
  browser.intercept('/refresh', {
    kind: 'answer',
    response: answer(429, {}, { 'Retry-After': '30' })
  })
  await expect(auth.refresh()).rejects.toMatchObject({ retryAfterMs: 30_000 })
  await expect(auth.refresh()).rejects.toMatchObject({ status: 429 })
  clock.tick(29_999)
  await idle()
  expect(callsTo('refresh')).toHaveLength(0)
  // Half a second of jitter keeps clients that were throttled together apart.
  clock.tick(501)
  await idle()
  expect(callsTo('refresh')).toHaveLength(1)
})

it('retries a refresh soon after the network is back, however long the back-off is', async () => {
  const { auth, browser, clock, idle, callsTo } = setUpClient()
  await auth.login(ada)
  browser.intercept('/refresh', { kind: 'unreachable' }, 2)
  await auth.refresh().catch(() => {})
  clock.tick(1_000)
  await idle()
  // The token is valid for minutes, so the third attempt may wait.
  clock.tick(1_000)
  await idle()
  expect(auth.getState()).toMatchObject({ degraded: { code: 'ERR_AUTH_NETWORK' } })
  expect(callsTo('refresh')).toHaveLength(0)
  browser.wake('online')
  await idle()
  expect(callsTo('refresh')).toHaveLength(1)
})

it('sends few refreshes while the network keeps going away and coming back', async () => {
  const { auth, browser, clock, idle } = setUpClient()
  await auth.login(ada)
  browser.intercept('/refresh', { kind: 'unreachable' }, 100)
  await auth.refresh().catch(() => {})
  const before = browser.requests.length
  for (let time = 0; time < 50; time += 1) {
    browser.wake('online')
    clock.tick(100)
    await idle()
  }
  expect(browser.requests.length - before).toBeLessThanOrEqual(10)
})

it('rejects requests with the reason while an expired token cannot be refreshed, and recovers', async () => {
  const { auth, browser, clock, idle } = setUpClient({}, { accessTokenSeconds: 60 })
  await auth.login(ada)
  browser.intercept('/refresh', { kind: 'unreachable' }, 1)
  clock.sleep(61_000)
  await expect(auth.axios.get('/me')).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
  expect(auth.getState().status).toBe('authenticated')
  clock.tick(1_000)
  await idle()
  expect((await auth.axios.get('/me')).status).toBe(200)
})

it('stays in `initializing` while the restore cannot reach the server, and restores later', async () => {
  const { auth, browser, reload, clock, idle } = setUpClient()
  await auth.login(ada)
  auth.dispose()
  browser.intercept('/refresh', { kind: 'unreachable' })
  const next = reload({ restore: 'always' })
  expect(await next.ready()).toMatchObject({
    status: 'initializing',
    degraded: { code: 'ERR_AUTH_NETWORK' }
  })
  const request = next.axios.get('/me')
  clock.tick(1_000)
  await idle()
  expect(next.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
  expect((await request).status).toBe(200)
})

it('asks a second time if a token is re-issued during a refresh that the server rejects', async () => {
  const { auth, server, browser, idle } = setUpClient()
  await auth.login(ada)
  server.rotateKey()
  browser.intercept('/refresh', { kind: 'answer', response: answer(401, invalidGrant) })
  const gate = browser.hold('/refresh')
  const refreshing = auth.refresh()
  await gate.arrived(1)
  await auth.axios.get('/me')
  gate.release()
  await refreshing
  await idle()
  expect(auth.getState().status).toBe('authenticated')
})

it('returns the server’s 401 to the caller if the session has ended', async () => {
  const { auth, server, callsTo } = setUpClient()
  await auth.login(ada)
  server.endSessions()
  const requests = await Promise.allSettled(Array.from({ length: 20 }, () => auth.axios.get('/me')))
  for (const request of requests) {
    expect(request).toMatchObject({ status: 'rejected', reason: { response: { status: 401 } } })
  }
  expect(callsTo('refresh')).toHaveLength(1)
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'session-expired' })
})

it('ends the session as user-changed if the refresh returns a token of another user', async () => {
  const { auth, server, browser, idle } = setUpClient()
  await auth.login(ada)
  // Another tab signs in: same cookie jar.
  const { status } = await browser.post('/login', {
    email: 'grace@example.com',
    password: 'hopper'
  })
  expect(status).toBe(200)
  await expect(auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  await idle()
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'user-changed' })
  expect(server.calls.at(-1)).toMatchObject({ route: 'refresh', outcome: 'rotated' })
})

it.each([
  ['a wrong password', 401, answer(401, invalidGrant), 'ERR_AUTH_LOGIN_REJECTED'],
  ['a locked account', 403, answer(403, {}), 'ERR_AUTH_LOGIN_REJECTED'],
  ['a body that the server refuses', 422, answer(422, {}), 'ERR_AUTH_LOGIN_REJECTED'],
  ['too many tries', 429, answer(429, {}), 'ERR_AUTH_SERVER_ERROR'],
  ['a wrong path', 404, answer(404, html), 'ERR_AUTH_SERVER_ERROR'],
  ['a broken server', 500, answer(500, {}), 'ERR_AUTH_SERVER_ERROR'],
  ['a page instead of a token', 200, answer(200, html), 'ERR_AUTH_RESPONSE_MALFORMED']
])('rejects login() with a typed error on %s', async (_, __, response, code) => {
  const { auth, browser } = setUpClient()
  browser.intercept('/login', { kind: 'answer', response })
  await expect(auth.login(ada)).rejects.toMatchObject({ name: 'AuthError', code })
  expect(auth.getState().status).toBe('unauthenticated')
})

it('rejects login() with an error that names the URL and CORS if the server is unreachable', async () => {
  const { auth, browser } = setUpClient()
  browser.intercept('/login', { kind: 'unreachable' })
  await expect(auth.login(ada)).rejects.toMatchObject({
    code: 'ERR_AUTH_NETWORK',
    message: expect.stringMatching(/api\.app\.example\/login.*CORS/)
  })
})

it('keeps the session if a token is re-issued during both of two rejected refreshes', async () => {
  const { auth, server, browser, clock, idle } = setUpClient()
  await auth.login(ada)
  browser.intercept('/refresh', { kind: 'answer', response: answer(401, invalidGrant) }, 2)
  const first = browser.hold('/refresh')
  const refreshing = auth.refresh()
  await first.arrived(1)
  server.rotateKey()
  await auth.axios.get('/me')
  first.release()
  const second = browser.hold('/refresh')
  await second.arrived(1)
  clock.tick(1_000)
  server.rotateKey()
  await auth.axios.get('/me')
  second.release()
  await expect(refreshing).rejects.toMatchObject({ code: 'ERR_AUTH_SERVER_ERROR', status: 401 })
  await idle()
  expect(auth.getState()).toMatchObject({ status: 'authenticated' })
})

it('keeps the idempotency key of a refresh with a lost answer when an earlier refresh settles', async () => {
  const { auth, browser, clock, callsTo, idle } = setUpClient({
    lockTimeoutMs: 100,
    contract: { refresh: { idempotencyKey: 'always' } }
  })
  await auth.login(ada)
  const gate = browser.hold('/refresh')
  auth.refresh().catch(() => {})
  await gate.arrived(1)
  const signingIn = auth.login(ada)
  clock.tick(100)
  await signingIn
  browser.intercept('/refresh', { kind: 'lost' })
  const lost = auth.refresh()
  clock.tick(100)
  await gate.arrived(2)
  gate.release()
  await expect(lost).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
  await idle()
  clock.tick(1_000)
  await idle()
  const [, second, third] = callsTo('refresh').map((call) => call.idempotencyKey)
  expect(third).toBe(second)
})
