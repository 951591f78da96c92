// Node middleware: the mock inside an Express app and behind a plain `node:http` server.
import { createMockAuthServer, type MockAuthServer } from 'everbearer/mock'
import { middleware, protect } from 'everbearer/mock/node'
import express, { type Response as Answer, type Request as Asked } from 'express'
import { describe, expect, it } from 'vitest'
import { json, openBrowser, overWire } from '../../support/setups/one-cookie-browser.ts'
import { serve } from './listen-on-a-port.ts'

const login = {
  method: 'POST',
  headers: [json],
  body: JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
}
const tokenOf = async (server: MockAuthServer) =>
  (await openBrowser(overWire(server)).login()).token
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

describe('the middleware in Express', () => {
  it('answers its routes and leaves other requests to the app', async () => {
    const server = createMockAuthServer({ basePath: '/auth' })
    const app = express()
    app.use(middleware(server))
    app.get('/hello', (_asked, answer) => void answer.send('hello'))
    const url = await serve(app)

    expect((await fetch(`${url}/auth/login`, login)).status).toBe(200)
    expect(await (await fetch(`${url}/hello`)).text()).toBe('hello')
    expect((await fetch(`${url}/nowhere`)).status).toBe(404)
    expect(server.calls.map(({ route }) => route)).toEqual(['login'])
  })

  it('works when it is mounted on a path', async () => {
    const app = express()
    app.use('/auth', middleware(createMockAuthServer()))
    const url = await serve(app)
    expect((await fetch(`${url}/auth/login`, login)).status).toBe(200)
    expect((await fetch(`${url}/login`, login)).status).toBe(404)
  })

  it.each([
    ['JSON', express.json()],
    ['text', express.text({ type: '*/*' })],
    ['bytes', express.raw({ type: '*/*' })]
  ])('reads a body that a body parser has already read as %s', async (_name, parser) => {
    const app = express()
    app.use(parser, middleware(createMockAuthServer()))
    expect((await fetch(`${await serve(app)}/login`, login)).status).toBe(200)
  })
})

describe('protect() of the Node adapter', () => {
  async function setUp(
    listener: Parameters<typeof protect<Asked, Answer>>[1] = (_asked, answer, { claims }) =>
      answer.json([claims.sub])
  ) {
    const server = createMockAuthServer()
    const app = express()
    app.all('/todos', protect(server, listener))
    app.use((error: Error, _asked: Asked, answer: Answer, _next: unknown) => {
      answer.status(501).send(error.message)
    })
    return { server, url: `${await serve(app)}/todos`, token: await tokenOf(server) }
  }

  it('calls the listener with the session, and logs the status that was sent', async () => {
    const { server, url, token } = await setUp((_asked, answer, { claims: { sub }, kid }) =>
      answer.status(201).json([sub, kid])
    )
    const response = await fetch(url, bearer(token))
    expect([response.status, await response.json()]).toEqual([201, ['user-1', server.keys[0]?.kid]])
    await server.idle()
    expect(server.calls.api).toMatchObject([
      { adapter: 'node', route: 'protected', path: '/todos', status: 201, outcome: 'accepted' }
    ])
  })

  it('does not call the listener without a valid token', async () => {
    const { server, url, token } = await setUp(() => {
      throw new Error('called')
    })
    expect((await fetch(url)).status).toBe(401)
    server.revokeAccessTokens()
    expect((await fetch(url, bearer(token))).status).toBe(401)
  })

  it('adds the re-issued token and the CORS headers to the response', async () => {
    const { server, url, token } = await setUp()
    server.rotateKey()
    const headers = { authorization: `Bearer ${token}`, origin: 'http://localhost:3000' }
    const response = await fetch(url, { headers })
    const header = (name: string) => response.headers.get(name)
    expect(header('authorization')).toMatch(/^Bearer /)
    expect(header('access-control-expose-headers')).toBe('Authorization')
    expect(header('access-control-allow-origin')).toBe('http://localhost:3000')
    expect(header('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual(['user-1'])
  })

  type Writer = Parameters<typeof protect<Asked, Answer>>[1]
  const exposing = { 'Access-Control-Expose-Headers': 'X-Total', Vary: 'Accept', 'X-Total': '1' }
  const writers: [string, Writer][] = [
    ['set() sets', (_asked, answer) => answer.set(exposing).json([])],
    ['writeHead() sets', (_asked, answer) => answer.writeHead(200, exposing).end('[]')],
    [
      'writeHead() sets after a status message',
      (_asked, answer) => answer.writeHead(200, 'Fine', exposing).end('[]')
    ],
    [
      'writeHead() sets as an array',
      (_asked, answer) => answer.writeHead(200, Object.entries(exposing).flat()).end('[]')
    ]
  ]
  it.each(writers)('adds its values to the headers that %s', async (_name, writer) => {
    const { server, url, token } = await setUp(writer)
    server.rotateKey()
    const headers = { authorization: `Bearer ${token}`, origin: 'http://localhost:3000' }
    const response = await fetch(url, { headers })
    expect(response.headers.get('access-control-expose-headers')).toBe('X-Total, Authorization')
    expect(response.headers.get('vary')).toBe('Accept, Authorization, Origin')
    expect(response.headers.get('x-total')).toBe('1')
    expect(response.headers.get('authorization')).toMatch(/^Bearer /)
    expect(await response.text()).toBe('[]')
  })

  it('replaces the allowed origin that the listener sets', async () => {
    const { url, token } = await setUp((_asked, answer) =>
      answer.set({ 'Access-Control-Allow-Origin': '*', 'Access-Control-Max-Age': '1' }).json([])
    )
    const see = async (origin: string) => {
      const { headers } = await fetch(url, {
        headers: { authorization: `Bearer ${token}`, origin }
      })
      return [headers.get('access-control-allow-origin'), headers.get('access-control-max-age')]
    }
    expect(await see('http://localhost:3000')).toEqual(['http://localhost:3000', '1'])
    expect(await see('https://evil.test')).toEqual([null, null])
  })

  it('answers preflights', async () => {
    const { url } = await setUp()
    const headers = { origin: 'http://localhost:3000', 'access-control-request-method': 'PUT' }
    expect((await fetch(url, { method: 'OPTIONS', headers })).status).toBe(204)
  })

  it.each([
    ['the listener throws', () => Promise.reject(new Error('mistake'))],
    [
      'the listener passes to next()',
      (_a: Asked, _b: Answer, _c: unknown, next: (error: Error) => void) =>
        next(new Error('mistake'))
    ]
  ])('leaves an error that %s to the error handler of the app', async (_name, listener) => {
    const { server, url, token } = await setUp(listener)
    const response = await fetch(url, bearer(token))
    expect([response.status, await response.text()]).toEqual([501, 'mistake'])
    await server.idle()
    expect(server.calls.api[0]).toMatchObject({ status: 501, outcome: 'failed' })
  })

  it('runs the next handler if the listener calls next()', async () => {
    const server = createMockAuthServer()
    const app = express()
    app.use(protect<Asked, Answer>(server, (_asked, _answer, _session, next) => next()))
    app.get('/todos', (_asked, answer) => void answer.send('guarded'))
    const url = await serve(app)
    expect((await fetch(`${url}/todos`)).status).toBe(401)
    const response = await fetch(`${url}/todos`, bearer(await tokenOf(server)))
    expect(await response.text()).toBe('guarded')
    await server.idle()
    expect(server.calls.api.at(-1)?.outcome).toBe('accepted')
  })

  it('applies faults and gates', async () => {
    const { server, url, token } = await setUp()
    server.failNext('protected', 503)
    server.failNext('protected', 'network')
    const gate = server.hold('api')
    const first = fetch(url, bearer(token))
    await gate.arrived()
    gate.release()
    expect((await first).status).toBe(503)
    await expect(fetch(url, bearer(token))).rejects.toThrow()
    expect((await fetch(url, bearer(token))).status).toBe(200)
  })

  it('works without a framework', async () => {
    const server = createMockAuthServer()
    const token = await tokenOf(server)
    const url = await serve(
      protect(server, (asked, answer, { claims }, next) => {
        if (asked.url === '/lost') return next()
        if (asked.url === '/broken') throw new Error('canary')
        return answer.end(String(claims.sub))
      })
    )
    const see = async (path: string) => {
      const response = await fetch(url + path, bearer(token))
      return [response.status, await response.text()]
    }
    expect(await see('/')).toEqual([200, 'user-1'])
    expect(await see('/lost')).toEqual([404, expect.stringContaining('not_found')])
    expect(await see('/broken')).toEqual([500, expect.not.stringContaining('canary')])
    await server.idle()
    expect(server.calls.api.at(-1)).toMatchObject({ status: 500, outcome: 'failed' })
  })
})
