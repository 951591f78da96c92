// Emulated browser: preflights, blocked answers and hidden headers of cross-origin calls in
// process.
import { createMockAuthServer, type MockAuthServerOptions } from 'everbearer/mock'
import { createHandlers, protect } from 'everbearer/mock/msw'
import { listen } from 'everbearer/mock/node'
import { getResponse, HttpResponse, http } from 'msw'
import { describe, expect, it, onTestFinished } from 'vitest'
import { base, json, openBrowser, overWire } from '../../support/setups/one-cookie-browser.ts'

const page = 'http://localhost:3000'

async function setUp(options: MockAuthServerOptions = {}) {
  const server = createMockAuthServer({ cookies: 'headers', ...options })
  const { token } = await openBrowser(overWire(server)).login()
  const ask = (path: string, init: RequestInit = {}) =>
    new Request(base + path, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...init.headers }
    })
  return { server, token, ask }
}

const answering = (headers: Record<string, string>) => () =>
  new Response('{}', { headers: { 'Content-Type': 'application/json', ...headers } })

describe('a cross-origin page', () => {
  it.each([
    ['pageOrigin', { pageOrigin: page }, {}],
    ['its Origin header', {}, { origin: page }]
  ])(
    'known by %s reads only safelisted and exposed response headers',
    async (_n, options, headers) => {
      const { server, ask } = await setUp(options)
      const handler = server.protect(
        answering({
          'Access-Control-Expose-Headers': 'X-Total, x-page',
          'X-Total': '3',
          'X-Page': '1',
          'X-Secret': '7',
          ETag: '"1"',
          'Last-Modified': 'Mon, 01 Jan 2029 00:00:00 GMT'
        })
      )
      const response = await handler(ask('/todos', { headers }))

      expect(
        ['X-Total', 'X-Page', 'X-Secret', 'ETag', 'Last-Modified', 'Content-Type'].map((name) =>
          response.headers.get(name)
        )
      ).toEqual(['3', '1', null, null, 'Mon, 01 Jan 2029 00:00:00 GMT', 'application/json'])
    }
  )

  it('reads a re-issued token, because its header is exposed', async () => {
    const { server, ask } = await setUp({ pageOrigin: page })
    server.rotateKey()
    const response = await server.fetch(ask('/me'))
    expect(response.headers.get('authorization')).toMatch(/^Bearer /)
    server.assertNoViolations()
  })

  it('cannot read a token in a header that is not exposed, and the call log names the header', async () => {
    const { server, token, ask } = await setUp({ pageOrigin: page })
    const handler = server.protect(answering({ 'X-New-Token': `Bearer ${token}` }))
    expect((await handler(ask('/todos'))).headers.get('x-new-token')).toBeNull()
    expect(server.calls.api.at(-1)?.hiddenHeader?.toLowerCase()).toBe('x-new-token')
    expect(server.violations).toMatchObject([
      {
        rule: 'reissue-hidden',
        message: expect.stringContaining('Access-Control-Expose-Headers'),
        calls: [{ route: 'protected' }]
      }
    ])
  })

  it.each([
    ['Authorization', 'Bearer'],
    ['X-New-Token', '']
  ])(
    'cannot read a token that the server re-issues in %s without exposing it',
    async (header, scheme) => {
      const { server, ask } = await setUp({
        pageOrigin: page,
        contract: { reissue: { header, scheme } },
        reissue: { expose: false }
      })
      server.rotateKey()
      expect((await server.fetch(ask('/me'))).headers.get(header)).toBeNull()
      expect(server.violations).toMatchObject([
        { rule: 'reissue-hidden', message: expect.stringContaining(header) }
      ])
    }
  )

  it('reads the WWW-Authenticate challenge, because the server exposes it', async () => {
    const { server } = await setUp({ pageOrigin: page })
    const response = await server.fetch(new Request(`${base}/me`))
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    server.assertNoViolations()
  })

  it.each([
    ['include', null],
    ['same-origin', '7'],
    ['omit', '7']
  ] as const)(
    'with credentials %s and the wildcard * in expose-headers reads %j',
    async (credentials, expected) => {
      const { server, ask } = await setUp({ pageOrigin: page })
      const handler = server.protect(
        answering({ 'Access-Control-Expose-Headers': '*', 'X-Count': '7' })
      )
      const response = await handler(ask('/todos', { credentials }))
      expect(response.headers.get('x-count')).toBe(expected)
    }
  )

  it('that is not allowed gets no answer, and its request does not reach the handler', async () => {
    const { server, ask } = await setUp({ pageOrigin: 'https://evil.test' })
    let asked = 0
    const handler = server.protect(() => {
      asked += 1
      return new Response()
    })
    server.failNext('protected', 503)
    const gate = server.hold('protected')
    await expect(handler(ask('/todos'))).rejects.toThrow(TypeError)
    expect([asked, gate.arrivals]).toEqual([0, 0])
    expect(server.calls.api[0]).toMatchObject({ outcome: 'preflight_refused', status: 0 })
    expect(server.violations[0]).toMatchObject({ rule: 'cors-blocked' })
  })

  it('that is not allowed can send a request without a preflight, but not read the answer', async () => {
    const { server } = await setUp({ pageOrigin: 'https://evil.test' })
    const request = new Request(`${base}/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'x'
    })
    await expect(server.fetch(request)).rejects.toThrow(TypeError)
    expect(server.calls.refresh[0]).toMatchObject({
      outcome: 'cross_site',
      blocked: 'the answer does not allow the page https://evil.test'
    })
  })

  it.each([
    ['an allowed header', 'GET', { 'Idempotency-Key': 'a' }, 'ok'],
    ['another header', 'GET', { 'X-Client': 'a' }, 'blocked'],
    ['headers that clients in Node add', 'GET', { 'User-Agent': 'node', Pragma: 'x' }, 'ok'],
    ['another method', 'PROPFIND', {}, 'blocked'],
    ['an allowed method', 'DELETE', {}, 'ok']
  ])('sends %s: %s %o is %s', async (_name, method, headers, expected) => {
    const { server, ask } = await setUp({ pageOrigin: page })
    const handler = server.protect(() => new Response())
    const outcome = await handler(ask('/todos', { method, headers })).then(
      () => 'ok',
      () => 'blocked'
    )
    expect(outcome).toBe(expected)
    if (expected === 'blocked') expect(server.calls.api.at(-1)?.blocked).toContain(method)
  })

  it('can send the headers in allowedHeaders', async () => {
    const { server, ask } = await setUp({
      pageOrigin: page,
      allowedHeaders: ['Authorization', 'X-Client']
    })
    const handler = server.protect(() => new Response())
    expect((await handler(ask('/todos', { headers: { 'x-client': 'a' } }))).status).toBe(200)
    const headers: [string, string][] = [
      ['Origin', page],
      ['Access-Control-Request-Method', 'GET']
    ]
    const preflight = await server.handle({ method: 'OPTIONS', url: `${base}/me`, headers })
    expect(preflight.headers).toContainEqual([
      'Access-Control-Allow-Headers',
      'Authorization, X-Client'
    ])
  })

  it('receives the redirect of a protected handler with its Location', async () => {
    const { server, ask } = await setUp({ pageOrigin: page })
    const handler = server.protect(() => Response.redirect(`${base}/elsewhere`, 303))
    expect((await handler(ask('/todos'))).headers.get('location')).toBe(`${base}/elsewhere`)
  })
})

describe('no response header is hidden', () => {
  it.each([
    ['from a page of the same origin', { pageOrigin: base }],
    ['if no page is known', {}],
    ['with emulateCors: false', { pageOrigin: page, emulateCors: false }]
  ])('%s', async (_name, options) => {
    const { server, ask } = await setUp(options)
    const handler = server.protect(answering({ 'X-Secret': '7' }))
    const headers = { 'X-Client': 'a' }
    const response = await handler(ask('/todos', { method: 'PUT', headers }))
    expect(response.headers.get('x-secret')).toBe('7')
  })

  it('on a port, because a real browser hides headers itself', async () => {
    const server = createMockAuthServer()
    const { url, close } = await listen(server)
    onTestFinished(close)
    const response = await fetch(`${url}/me`, { headers: { origin: page } })
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
  })
})

describe('pageOrigin', () => {
  it('is added as Origin to cross-origin requests', async () => {
    const { server } = await setUp({ pageOrigin: page })
    await server.fetch(new Request(`${base}/refresh`, { method: 'POST', headers: [json] }))
    await server.fetch(new Request(`${base}/me`))
    expect(server.calls.slice(1).map(({ origin }) => origin)).toEqual([page, page])
  })

  it('is not added to a GET of the page’s own origin', async () => {
    const { server } = await setUp({ pageOrigin: base })
    await server.fetch(new Request(`${base}/refresh`, { method: 'POST', headers: [json] }))
    await server.fetch(new Request(`${base}/me`))
    expect(server.calls.slice(1).map(({ origin }) => origin)).toEqual([base, undefined])
  })

  it('applies to the resolvers of msw too', async () => {
    const { server, token } = await setUp({ pageOrigin: page })
    const handlers = [
      ...createHandlers(server, { baseURL: base }),
      http.get(
        `${base}/todos`,
        protect(server, () => HttpResponse.json([], { headers: { 'X-Secret': '7' } }))
      )
    ]
    const ask = (headers: Record<string, string>) =>
      getResponse(
        handlers,
        new Request(`${base}/todos`, { headers: { authorization: `Bearer ${token}`, ...headers } })
      )
    expect((await ask({}))?.headers.get('x-secret')).toBeNull()
    expect((await ask({ 'x-client': 'a' }))?.type).toBe('error')
  })
})
