// CORS: which pages may read an answer, and what a preflight allows.

import type { WireResponse } from 'everbearer/mock'
import { describe, expect, it } from 'vitest'
import {
  base,
  createServerWithClock,
  json,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

type Rows = [string, string][]

function header(answer: WireResponse, name: string): string | undefined {
  return answer.headers.find(([key]) => key.toLowerCase() === name)?.[1]
}

function corsRows(answer: WireResponse): Rows {
  return answer.headers.filter(([name]) => name.toLowerCase().startsWith('access-control-'))
}

const loopback = [
  'http://localhost',
  'http://localhost:3000',
  'https://localhost:8443',
  'http://app.localhost:3000',
  'http://a.b.localhost',
  'http://127.0.0.1:5173',
  'http://127.255.0.9',
  'http://[::1]:3000'
]
const foreign = [
  'null',
  '',
  '*',
  'https://evil.test',
  'http://localhost.evil.test',
  'http://evil-localhost',
  'http://notlocalhost:3000',
  'http://.localhost',
  'http://128.0.0.1',
  'http://127.0.0.1.evil.test',
  'http://127.1',
  'http://[::2]',
  'http://0.0.0.0',
  'http://192.168.0.1',
  'http://LOCALHOST',
  'http://localhost:3000/',
  'http://localhost:3000/path',
  'http://user@localhost',
  'http://localhost, http://evil.test',
  'file://localhost',
  'ws://localhost'
]

describe('CORS by default', () => {
  it.each(loopback)('allows the loopback origin %s by its exact name', async (origin) => {
    const { server } = createServerWithClock()
    const answer = await server.handle({
      method: 'GET',
      url: `${base}/me`,
      headers: [['Origin', origin]]
    })

    expect(answer.status).toBe(401)
    expect(corsRows(answer)).toEqual([
      ['Access-Control-Expose-Headers', 'WWW-Authenticate'],
      ['Access-Control-Allow-Origin', origin],
      ['Access-Control-Allow-Credentials', 'true']
    ])
    expect(header(answer, 'vary')).toBe('Origin')
  })

  it.each(foreign)('sends no CORS headers to the origin %j', async (origin) => {
    const { server } = createServerWithClock()
    for (const [method, path] of [
      ['GET', '/me'],
      ['POST', '/refresh'],
      ['GET', '/nowhere']
    ] as const) {
      const answer = await server.handle({
        method,
        url: base + path,
        headers: [['Origin', origin]]
      })
      expect(corsRows(answer)).toEqual([])
      expect(header(answer, 'vary')).toBe('Origin')
    }
    const asked = await preflight(server, '/me', origin, 'GET')
    expect([asked.status, corsRows(asked)]).toEqual([204, []])
    expect(outcome(server)).toBe('preflight_refused')
  })
})

it('allows only the listed origins if allowedOrigins is a list', async () => {
  const { server } = createServerWithClock({ allowedOrigins: ['https://app.example.com'] })
  const allowed = async (origin: string) =>
    corsRows(
      await server.handle({ method: 'GET', url: `${base}/me`, headers: [['Origin', origin]] })
    ).length > 0

  expect(await allowed('https://app.example.com')).toBe(true)
  expect(await allowed('https://app.example.com:444')).toBe(false)
  expect(await allowed('http://localhost:3000')).toBe(false)
})

function preflight(
  server: ReturnType<typeof createServerWithClock>['server'],
  path: string,
  origin: string,
  method: string,
  requested?: string
) {
  const rows: Rows = [
    ['Origin', origin],
    ['Access-Control-Request-Method', method]
  ]
  if (requested !== undefined) rows.push(['access-control-request-headers', requested])
  return server.handle({ method: 'OPTIONS', url: base + path, headers: rows })
}

describe('a preflight', () => {
  it.each([
    ['/login', 'POST', 'POST'],
    ['/refresh', 'POST', 'POST'],
    ['/logout', 'POST', 'POST'],
    ['/me', 'GET', 'GET, HEAD']
  ])('to %s is answered with the allowed methods and headers', async (path, method, methods) => {
    const { server } = createServerWithClock()
    const answer = await preflight(
      server,
      path,
      'http://localhost:3000',
      method,
      'authorization,CONTENT-TYPE, idempotency-key'
    )

    expect(answer.status).toBe(204)
    expect(answer.body).toBe('')
    expect(answer.headers).toEqual([
      ['Access-Control-Allow-Methods', methods],
      ['Access-Control-Allow-Headers', 'Authorization, Content-Type, Idempotency-Key'],
      ['Access-Control-Max-Age', '600'],
      ['Access-Control-Allow-Origin', 'http://localhost:3000'],
      ['Access-Control-Allow-Credentials', 'true'],
      ['Vary', 'Origin']
    ])
    expect(server.calls.at(-1)).toMatchObject({ route: 'preflight', outcome: 'accepted' })
  })

  it('with a method or header that is not allowed is logged as preflight_refused', async () => {
    const { server } = createServerWithClock()
    await preflight(server, '/me', 'http://localhost:3000', 'DELETE')
    expect(outcome(server)).toBe('preflight_refused')
    await preflight(server, '/me', 'http://localhost:3000', 'GET', 'x-custom')
    expect(outcome(server)).toBe('preflight_refused')
  })

  it('to a protected route is answered without calling its handler', async () => {
    const { server } = createServerWithClock()
    const headers: Rows = [
      ['Origin', 'http://localhost:3000'],
      ['Access-Control-Request-Method', 'PATCH']
    ]
    const answer = await server.guard({ method: 'OPTIONS', url: `${base}/api`, headers }, () => {
      throw new Error('called')
    })

    expect(answer.status).toBe(204)
    expect(header(answer, 'access-control-allow-methods')).toBe(
      'GET, HEAD, POST, PUT, PATCH, DELETE'
    )
  })
})

it('lets a page of another origin read the 404 of an unknown path', async () => {
  const { server } = createServerWithClock()
  const asked = await preflight(server, '/nowhere', 'http://localhost:3000', 'PUT', 'content-type')
  expect([asked.status, header(asked, 'access-control-allow-origin')]).toEqual([
    204,
    'http://localhost:3000'
  ])
  expect(server.calls.at(-1)).toMatchObject({ route: 'preflight', outcome: 'accepted' })
  const answer = await server.handle({
    method: 'PUT',
    url: `${base}/nowhere`,
    headers: [json, ['Origin', 'http://localhost:3000']]
  })
  expect([answer.status, header(answer, 'access-control-allow-origin')]).toEqual([
    404,
    'http://localhost:3000'
  ])
})

it.each<[string, Rows, string | undefined]>([
  ['Retry-After', [['Retry-After', '8']], 'Retry-After'],
  ['WWW-Authenticate', [['WWW-Authenticate', 'Bearer']], 'WWW-Authenticate'],
  [
    'both, beside the headers of the handler',
    [
      ['retry-after', '8'],
      ['www-authenticate', 'Basic'],
      ['access-control-expose-headers', 'X-Page']
    ],
    'X-Page, Retry-After, WWW-Authenticate'
  ],
  ['no header if the answer has none of them', [], undefined]
])('exposes to a page of another origin %s', async (_, headers, exposed) => {
  const { server } = createServerWithClock()
  server.failNext('refresh', { status: 429, headers: Object.fromEntries(headers) })
  const ask = (origin: string) =>
    server.handle({ method: 'POST', url: `${base}/refresh`, headers: [json, ['Origin', origin]] })
  const answer = await ask('http://localhost:3000')
  expect(header(answer, 'access-control-expose-headers')).toBe(exposed)
})

it('answers OPTIONS without Access-Control-Request-Method with the allowed methods', async () => {
  const { server } = createServerWithClock()
  const answer = await server.handle({ method: 'OPTIONS', url: `${base}/me`, headers: [] })
  expect([answer.status, header(answer, 'allow')]).toEqual([204, 'OPTIONS, GET, HEAD'])
})

it('replaces the CORS headers of a protected handler by those of the server', async () => {
  const { server } = createServerWithClock()
  const { token } = await openBrowser(overWire(server)).login()
  const ask = (origin: string) =>
    server.guard(
      {
        method: 'GET',
        url: `${base}/api`,
        headers: [
          ['Origin', origin],
          ['Authorization', `Bearer ${token}`]
        ]
      },
      () => ({
        status: 200,
        headers: [['Access-Control-Allow-Origin', '*']],
        setCookies: ['a=b'],
        body: 'x'
      })
    )

  const allowed = await ask('http://localhost:3000')
  expect(header(allowed, 'access-control-allow-origin')).toBe('http://localhost:3000')
  expect([allowed.body, allowed.setCookies]).toEqual(['x', ['a=b']])
  server.rotateKey()
  expect(corsRows(await ask('https://evil.test'))).toEqual([])
})

it('answers a login from an allowed page with CORS headers and the cookie', async () => {
  const { server } = createServerWithClock()
  const answer = await server.handle({
    method: 'POST',
    url: `${base}/login`,
    headers: [json, ['Origin', 'http://localhost:3000']],
    body: JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
  })
  expect(header(answer, 'access-control-allow-origin')).toBe('http://localhost:3000')
  expect(answer.setCookies).toHaveLength(1)
})
