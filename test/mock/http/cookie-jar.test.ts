// The virtual browser's cookies: for clients that have none, and by a browser's rules.
import { createMockAuthServer, type MockAuthServerOptions } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { listen } from 'everbearer/mock/node'
import { getResponse } from 'msw'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { base, json } from '../../support/worlds/one-cookie-browser.ts'

afterEach(() => void vi.useRealTimers())

const body = JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })

/** A client without cookies, and what the server made of its refreshes. */
function arrange(options: MockAuthServerOptions = {}, origin = base) {
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

it('brings the cookie back with each refresh, rotated, until the logout', async () => {
  const { post, login, outcomes } = arrange()
  await post('/refresh')
  await login()
  await post('/refresh')
  await post('/refresh')
  await post('/logout')
  await post('/refresh')
  expect(outcomes()).toEqual(['no_cookie', 'rotated', 'rotated', 'no_cookie'])
})

it('is what plain Node has by default, through msw too', async () => {
  const server = createMockAuthServer()
  const handlers = createHandlers(server, { baseURL: base })
  const post = (path: string, sent: string) =>
    getResponse(handlers, new Request(base + path, { method: 'POST', headers: [json], body: sent }))
  await post('/login', body)
  await post('/refresh', '{}')
  expect(server.calls.refresh[0]?.outcome).toBe('rotated')
})

it.each([
  ['in wire mode', { cookies: 'headers' }, {}, base],
  ['for a client that omits credentials', {}, { credentials: 'omit' }, base],
  [
    'for a page of another origin that does not include them',
    { pageOrigin: 'http://localhost:3000' },
    { credentials: 'same-origin' },
    base
  ],
  [
    'for a page on another site, since the cookie is SameSite=Strict',
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
] as const)('stays empty %s', async (_name, options, init, origin) => {
  const { post, login, outcomes } = arrange(options, origin)
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
])('serves a page %s', async (_name, origin, options) => {
  const { post, login, outcomes } = arrange(options, origin)
  await login({ credentials: 'include' })
  await post('/refresh', { credentials: 'include' })
  expect(outcomes()).toEqual(['rotated'])
})

it('gives no host the cookies of another', async () => {
  const { server, login } = arrange()
  await login()
  const request = new Request('http://other.test/refresh', { method: 'POST', headers: [json] })
  await server.fetch(request)
  expect(server.calls.refresh[0]?.outcome).toBe('no_cookie')
})

it('lets a cookie die at its Max-Age by the client’s clock', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { post, login, outcomes } = arrange({ sessionSeconds: 60 })
  await login()
  vi.setSystemTime(Date.now() + 59_000)
  await post('/refresh')
  vi.setSystemTime(Date.now() + 1_000)
  await post('/refresh')
  expect(outcomes()).toEqual(['rotated', 'no_cookie'])
})

it('stands back behind a cookie that the client shows itself', async () => {
  const { post, login, outcomes } = arrange()
  await login()
  await post('/refresh', { headers: { cookie: 'a=b' } })
  expect(outcomes()).toEqual(['no_cookie'])
})

it('stands back for a page, which has a jar of its own', async () => {
  const { post, login, outcomes } = arrange()
  await login()
  await post('/refresh', { headers: { origin: base } })
  expect(outcomes()).toEqual(['no_cookie'])
})

it('keeps nothing of an answer that was lost, and everything of one that was cut', async () => {
  const { server, post, login, outcomes } = arrange()
  server.failNext('login', 'network', { after: 'commit' })
  await login().catch(() => {})
  await post('/refresh')
  server.failNext('login', 'cut', { after: 'commit' })
  await login()
  await post('/refresh')
  expect(outcomes()).toEqual(['no_cookie', 'rotated'])
})

it('is emptied by a reset', async () => {
  const { server, post, login, outcomes } = arrange()
  await login()
  server.reset()
  await post('/refresh')
  expect(outcomes()).toEqual(['no_cookie'])
})

it('never stands in for a client on a port', async () => {
  const { server } = arrange()
  const { url, close } = await listen(server)
  onTestFinished(close)
  await fetch(`${url}/login`, { method: 'POST', headers: [json], body })
  await fetch(`${url}/refresh`, { method: 'POST', headers: [json], body: '{}' })
  expect(server.calls.refresh[0]?.outcome).toBe('no_cookie')
})

it('has the cookie of somebody who was signed in without a request', async () => {
  const { server, post, outcomes } = arrange()
  await server.signIn()
  await post('/refresh')
  expect(outcomes()).toEqual(['rotated'])
})
