// Cookie jar: keeps the cookies of in-process clients that keep none themselves.
import { createMockAuthServer, type MockAuthServerOptions } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { listen } from 'everbearer/mock/node'
import { getResponse } from 'msw'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { base, json } from '../../support/setups/one-cookie-browser.ts'

afterEach(() => void vi.useRealTimers())

const body = JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })

/** A client that keeps no cookies, and the outcomes of its refreshes. */
function setUp(options: MockAuthServerOptions = {}, origin = base) {
  const server = createMockAuthServer({ cookies: 'jar', ...options })
  const post = (path: string, init: RequestInit = {}) =>
    server.fetch(
      new Request(origin + path, {
        method: 'POST',
        body: '{}',
        ...init,
        headers: { 'content-type': 'application/json', ...init.headers }
      })
    )
  const login = (init: RequestInit = {}) => post('/login', { ...init, body })
  const outcomes = () => server.calls.refresh.map(({ outcome }) => outcome)
  return { server, post, login, outcomes }
}

it('the jar sends the rotated cookie with each refresh until the logout', async () => {
  const { post, login, outcomes } = setUp()
  await post('/refresh')
  await login()
  await post('/refresh')
  await post('/refresh')
  await post('/logout')
  await post('/refresh')
  expect(outcomes()).toEqual(['no_cookie', 'rotated', 'rotated', 'no_cookie'])
})

it('the jar is used by default in Node without a document, through msw too', async () => {
  const server = createMockAuthServer()
  const handlers = createHandlers(server, { baseURL: base })
  const post = (path: string, sent: string) =>
    getResponse(handlers, new Request(base + path, { method: 'POST', headers: [json], body: sent }))
  await post('/login', body)
  await post('/refresh', '{}')
  expect(server.calls.refresh[0]?.outcome).toBe('rotated')
})

it.each([
  ['with cookies: headers', { cookies: 'headers' }, {}, base],
  ['for a client that omits credentials', {}, { credentials: 'omit' }, base],
  [
    'for a page of another origin with credentials: same-origin',
    { pageOrigin: 'http://localhost:3000' },
    { credentials: 'same-origin' },
    base
  ],
  [
    'for a page of another site, because the cookie is SameSite=Strict',
    { pageOrigin: 'https://app.test', allowedOrigins: ['https://app.test'] },
    { credentials: 'include' },
    'https://api.example.com'
  ],
  [
    'for a page of the same host over another scheme',
    { pageOrigin: 'https://localhost' },
    { credentials: 'include' },
    base
  ]
] as const)('the jar keeps no cookie %s', async (_name, options, init, origin) => {
  const { post, login, outcomes } = setUp(options, origin)
  await login(init)
  await post('/refresh', init)
  expect(outcomes()).toEqual(['no_cookie'])
})

it.each([
  ['on another port', base, { pageOrigin: 'http://localhost:3000' }],
  [
    'on another host of the site',
    'https://api.example.com',
    { pageOrigin: 'https://app.example.com', allowedOrigins: ['https://app.example.com'] }
  ]
])('the jar sends the cookie for a page %s', async (_name, origin, options) => {
  const { post, login, outcomes } = setUp(options, origin)
  await login({ credentials: 'include' })
  await post('/refresh', { credentials: 'include' })
  expect(outcomes()).toEqual(['rotated'])
})

it('the jar does not send the cookies of one host to another', async () => {
  const { server, login } = setUp()
  await login()
  const request = new Request('http://other.test/refresh', { method: 'POST', headers: [json] })
  await server.fetch(request)
  expect(server.calls.refresh[0]?.outcome).toBe('no_cookie')
})

it('the jar sends a cookie with a Domain to the other hosts of the domain', async () => {
  const { server } = setUp({ cookie: { domain: 'example.com' } })
  const send = (url: string, sent: string) =>
    server.fetch(new Request(url, { method: 'POST', headers: [json], body: sent }))
  await send('https://login.example.com/login', body)
  await send('https://api.example.com/refresh', '{}')
  await send('https://api.badexample.com/refresh', '{}')
  expect(server.calls.refresh.map(({ outcome }) => outcome)).toEqual(['rotated', 'no_cookie'])
})

it('the jar sends a Secure cookie over https and to the loopback only', async () => {
  const { server } = setUp({ cookie: { secure: true } })
  const send = (url: string, sent: string) =>
    server.fetch(new Request(url, { method: 'POST', headers: [json], body: sent }))
  for (const origin of ['http://api.example.com', 'https://api.example.com', 'http://localhost']) {
    await send(`${origin}/login`, body)
    await send(`${origin}/refresh`, '{}')
  }
  const outcomes = server.calls.refresh.map(({ outcome }) => outcome)
  expect(outcomes).toEqual(['no_cookie', 'rotated', 'rotated'])
})

it.each([
  ['https://app.example.co.uk', 'https://api.example.co.uk', 'rotated'],
  ['https://app.co.uk', 'https://api.co.uk', 'no_cookie'],
  ['https://app.example.com', 'https://app.example.org', 'no_cookie'],
  ['http://127.0.0.1:3000', 'http://127.0.0.1:4000', 'rotated'],
  ['http://127.0.0.1:3000', 'http://localhost:4000', 'no_cookie']
])('the jar treats %s and %s by their sites: %s', async (pageOrigin, origin, outcome) => {
  const options = { pageOrigin, allowedOrigins: [pageOrigin] }
  const { post, login, outcomes } = setUp(options, origin)
  await login({ credentials: 'include' })
  await post('/refresh', { credentials: 'include' })
  expect(outcomes()).toEqual([outcome])
})

it('the jar drops a cookie after its Max-Age by the client’s clock', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { post, login, outcomes } = setUp({ sessionSeconds: 60 })
  await login()
  vi.setSystemTime(Date.now() + 59_000)
  await post('/refresh')
  vi.setSystemTime(Date.now() + 1_000)
  await post('/refresh')
  expect(outcomes()).toEqual(['rotated', 'no_cookie'])
})

it('the jar sends no cookie if the client sends a Cookie header', async () => {
  const { post, login, outcomes } = setUp()
  await login()
  await post('/refresh', { headers: { cookie: 'a=b' } })
  expect(outcomes()).toEqual(['no_cookie'])
})

it('the jar sends no cookie if the client sends Origin, as a page with its own cookies does', async () => {
  const { post, login, outcomes } = setUp()
  await login()
  await post('/refresh', { headers: { origin: base } })
  expect(outcomes()).toEqual(['no_cookie'])
})

it('the jar stores the cookies of a cut answer, but not those of a lost one', async () => {
  const { server, post, login, outcomes } = setUp()
  server.failNext('login', 'network', { after: 'commit' })
  await login().catch(() => {})
  await post('/refresh')
  server.failNext('login', 'cut', { after: 'commit' })
  await login()
  await post('/refresh')
  expect(outcomes()).toEqual(['no_cookie', 'rotated'])
})

it('the jar is emptied by reset()', async () => {
  const { server, post, login, outcomes } = setUp()
  await login()
  server.reset()
  await post('/refresh')
  expect(outcomes()).toEqual(['no_cookie'])
})

it('the jar is not used for clients of a port', async () => {
  const { server } = setUp()
  const { url, close } = await listen(server)
  onTestFinished(close)
  await fetch(`${url}/login`, { method: 'POST', headers: [json], body })
  await fetch(`${url}/refresh`, { method: 'POST', headers: [json], body: '{}' })
  expect(server.calls.refresh[0]?.outcome).toBe('no_cookie')
})

it('the jar holds the cookie of a session that signIn() created', async () => {
  const { server, post, outcomes } = setUp()
  await server.signIn()
  await post('/refresh')
  expect(outcomes()).toEqual(['rotated'])
})
