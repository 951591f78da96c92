// msw adapter in Node: protected resolvers, preflights and the base URL.
import { createMockAuthServer, type MockFaultAnswer } from 'everbearer/mock'
import { createHandlers, protect } from 'everbearer/mock/msw'
import { getResponse, type HttpHandler, HttpResponse, http, passthrough } from 'msw'
import { describe, expect, it } from 'vitest'
import {
  createServerWithClock,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

const api = 'https://api.example.com'

async function setUp() {
  const { server } = createServerWithClock()
  const { token } = await openBrowser(overWire(server, api)).login()
  const ask = async (handlers: HttpHandler[], path: string, init: RequestInit = {}) => {
    const headers = {
      authorization: `Bearer ${token}`,
      origin: 'http://localhost:3000',
      ...init.headers
    }
    return getResponse(handlers, new Request(api + path, { ...init, headers }))
  }
  return { server, ask }
}

describe('createHandlers()', () => {
  it('sends Content-Length, so that the connection can be reused', async () => {
    const { server, ask } = await setUp()
    const handlers = createHandlers(server, { baseURL: api })
    const answers: MockFaultAnswer[] = [
      { status: 200, body: { name: 'Zoë 🔑' } },
      { status: 500, body: 'Größe' },
      { status: 200, headers: { 'content-length': '5' }, body: 'whole' }
    ]
    for (const answer of answers) {
      server.failNext('me', answer)
      const response = await ask(handlers, '/me')
      const bytes = await response?.clone().arrayBuffer()
      expect(response?.headers.get('content-length')).toBe(String(bytes?.byteLength))
    }
    const own = await ask(handlers, '/me')
    expect(own?.headers.get('content-length')).toBe(String((await own?.text())?.length))
    server.failNext('me', 204)
    expect((await ask(handlers, '/me'))?.headers.has('content-length')).toBe(false)
  })
})

describe('createHandlers()', () => {
  it('separates the cookies of a Cookie header that msw 2 has joined with commas', async () => {
    const { server, ask } = await setUp()
    const { refreshToken, sid } = await server.signIn(undefined, api)
    await ask(createHandlers(server, { baseURL: api }), '/refresh', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        cookie: `a=b, __Host-refresh_token=${refreshToken}; Path=/`
      },
      body: '{}'
    })
    expect(server.calls.at(-1)).toMatchObject({ outcome: 'rotated', sid: sid })
  })
})

describe('protect() of the msw adapter', () => {
  it('calls the resolver with the argument of msw and the verified session', async () => {
    const { server, ask } = await setUp()
    const handler = http.post(
      `${api}/todos/:id`,
      protect(server, async ({ params: { id }, request, claims: { sub }, kid, reissued }) =>
        HttpResponse.json([id, await request.text(), sub, kid, reissued], {
          status: 201
        })
      )
    )
    const response = await ask([handler], '/todos/7', { method: 'POST', body: 'hello' })

    expect(response?.status).toBe(201)
    expect(await response?.json()).toEqual(['7', 'hello', 'user-1', server.keys[0]?.kid, false])
    expect(server.calls.at(-1)).toMatchObject({
      adapter: 'msw',
      route: 'protected',
      path: '/todos/7'
    })
  })

  it('re-issues a token on a returned and on a thrown response', async () => {
    const { server, ask } = await setUp()
    server.rotateKey()
    const teapot = () => {
      throw HttpResponse.text('short and stout', { status: 418 })
    }
    for (const resolver of [teapot, () => HttpResponse.text('ok')]) {
      const response = await ask([http.get(`${api}/tea`, protect(server, resolver))], '/tea')
      expect(response?.headers.get('authorization')).toMatch(/^Bearer /)
      expect(response?.headers.get('access-control-expose-headers')).toBe('Authorization')
    }
  })

  it('refuses a revoked token and does not call the resolver', async () => {
    const { server, ask } = await setUp()
    server.revokeAccessTokens()
    const handler = http.get(
      `${api}/todos`,
      protect(server, () => HttpResponse.error())
    )
    const response = await ask([handler], '/todos')

    expect([response?.status, outcome(server)]).toEqual([401, 'token_revoked'])
  })

  it('calls the next handler if the resolver returns undefined', async () => {
    const { server, ask } = await setUp()
    const handlers = [
      http.get(
        `${api}/todos`,
        protect(server, () => undefined)
      ),
      http.get(`${api}/todos`, () => HttpResponse.text('next'))
    ]
    expect(await (await ask(handlers, '/todos'))?.text()).toBe('next')
  })

  it.each([
    ['the next handler', () => undefined],
    ['the network', () => passthrough()]
  ])(
    'does not re-issue a token if the resolver leaves the request to %s',
    async (_name, resolver) => {
      const { server, ask } = await setUp()
      server.rotateKey()
      const handlers = [http.get(`${api}/todos`, protect(server, resolver))]
      for (let call = 0; call < 2; call += 1) {
        const response = await ask(handlers, '/todos')
        expect([...(response?.headers ?? [])]).toEqual([...(resolver()?.headers ?? [])])
        expect(server.calls.at(-1)).toMatchObject({
          outcome: 'accepted',
          status: 0,
          reissued: false
        })
      }
      server.assertNoViolations({ inFlightSeconds: 0 })
    }
  )

  it('does not write the re-issued token into a response object that the resolver reuses', async () => {
    const { server, ask } = await setUp()
    const done = new HttpResponse(null, { status: 204 })
    const handlers = [
      http.get(
        `${api}/done`,
        protect(server, () => done)
      )
    ]
    server.rotateKey()
    expect((await ask(handlers, '/done'))?.headers.has('authorization')).toBe(true)
    expect(done.headers.has('authorization')).toBe(false)
  })

  it('does not change the cookies of the resolver', async () => {
    const { server, ask } = await setUp()
    const resolver = protect(
      server,
      () =>
        new HttpResponse(null, {
          headers: [
            ['Set-Cookie', 'a=1'],
            ['Set-Cookie', 'b=2']
          ]
        })
    )
    const response = await ask([http.get(`${api}/todos`, resolver)], '/todos')

    expect(response?.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  })
})

describe('createHandlers()', () => {
  it('answers every preflight to the origin of an absolute baseURL', async () => {
    const { server, ask } = await setUp()
    const response = await ask(createHandlers(server, { baseURL: api }), '/todos/7', {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': 'DELETE' }
    })

    expect(response?.status).toBe(204)
    expect(response?.headers.get('access-control-allow-origin')).toBe('http://localhost:3000')
  })

  it('leaves requests to other paths and origins to other handlers', async () => {
    const { server, ask } = await setUp()
    expect(await ask(createHandlers(server, { baseURL: api }), '/todos')).toBeUndefined()
    expect(
      await ask(createHandlers(server, { baseURL: 'https://other.test' }), '/me')
    ).toBeUndefined()
  })

  it.each(['https://api.example.com/v1', 'api.example.com', '/v1', 'file:///x'])(
    'rejects the baseURL %s and names the option for a path',
    (baseURL) => {
      const create = () => createHandlers(createMockAuthServer(), { baseURL })
      expect(create).toThrow(TypeError)
      expect(create).toThrow(
        `(for a path, set basePath of createMockAuthServer); received "${baseURL}"`
      )
    }
  )

  it('accepts a baseURL with a trailing slash', async () => {
    const { server, ask } = await setUp()
    expect((await ask(createHandlers(server, { baseURL: `${api}/` }), '/me'))?.status).toBe(200)
  })
})
