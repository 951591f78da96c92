// failNext: what the client receives through each adapter, what the server has done, and the call
// log.
import {
  createMockAuthServer,
  type MockAuthServer,
  type MockEndpoint,
  type MockFault
} from 'everbearer/mock'
import { createHandlers, protect } from 'everbearer/mock/msw'
import { listen } from 'everbearer/mock/node'
import { getResponse, HttpResponse, http } from 'msw'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  base,
  json,
  openBrowser,
  overWire,
  type Send
} from '../../support/setups/one-cookie-browser.ts'

interface Adapter {
  readonly name: string
  open(server: MockAuthServer): Promise<(request: Request) => Promise<Response>>
}

const adapters: readonly Adapter[] = [
  { name: 'fetch', open: async (server) => server.fetch },
  {
    name: 'msw',
    async open(server) {
      const handlers = createHandlers(server, { baseURL: base })
      return async (request) => {
        const response = (await getResponse(handlers, request)) ?? Response.error()
        // As the interceptor of msw does.
        if (response.type === 'error') throw new TypeError('Failed to fetch')
        return response
      }
    }
  },
  {
    name: 'node',
    async open(server) {
      const { url, close } = await listen(server)
      onTestFinished(close)
      return (request) => fetch(new Request(request.url.replace(base, url), request))
    }
  }
]

type Seen =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  | { readonly kind: 'cut'; readonly status: number }
  | { readonly kind: 'nothing' }

async function look(send: () => Promise<Response>): Promise<{ seen: Seen; cookie?: string }> {
  let response: Response
  try {
    response = await send()
  } catch {
    return { seen: { kind: 'nothing' } }
  }
  const { status } = response
  const [setCookie] = response.headers.getSetCookie()
  const cookie = /^refresh_token=([^;]+)/.exec(setCookie ?? '')?.[1]
  const seen = await response.text().then(
    (body): Seen => ({ kind: 'answer', status, body }),
    (): Seen => ({ kind: 'cut', status })
  )
  return cookie === undefined ? { seen } : { seen, cookie }
}

const login = JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
const post = (path: string, body: string, cookie?: string) =>
  new Request(base + path, {
    method: 'POST',
    body,
    headers: [json, ...(cookie === undefined ? [] : [['Cookie', `refresh_token=${cookie}`]])] as [
      string,
      string
    ][]
  })

const teapot = { status: 418, headers: { 'X-Pot': 'tea' }, body: { short: 'and stout' } }
const table: readonly [MockFault, Seen['kind'], number | undefined, string | undefined][] = [
  [503, 'answer', 503, '"error":"fault_injected"'],
  [401, 'answer', 401, '"error":"fault_injected"'],
  [teapot, 'answer', 418, '{"short":"and stout"}'],
  [{ status: 502, body: '<html>Bad Gateway</html>' }, 'answer', 502, '<html>Bad Gateway</html>'],
  [{ status: 204 }, 'answer', 204, ''],
  ['network', 'nothing', undefined, undefined],
  ['cut', 'cut', 200, undefined],
  ['malformed', 'answer', 200, '{"access_token":"']
]

describe.each(adapters)('the $name adapter', ({ open }) => {
  it.each(table)(
    'failNext(refresh, %j) fails one refresh before the server handles it',
    async (fault, kind, status, body) => {
      const server = createMockAuthServer({ cookies: 'headers' })
      const send = await open(server)
      const { cookie } = await look(() => send(post('/login', login)))
      server.failNext('refresh', fault)
      const { seen } = await look(() => send(post('/refresh', '{}', cookie)))

      expect(seen.kind).toBe(kind)
      if (seen.kind !== 'nothing') expect(seen.status).toBe(status)
      if (seen.kind === 'answer') expect(seen.body).toContain(body)
      expect(server.calls.refresh[0]).toMatchObject({ outcome: 'fault_injected' })
      // The server has done nothing: the cookie is still current, and the fault is used up.
      await look(() => send(post('/refresh', '{}', cookie)))
      expect(server.calls.refresh.map(({ outcome }) => outcome)).toEqual([
        'fault_injected',
        'rotated'
      ])
    }
  )

  it.each(table)(
    'failNext(refresh, %j, commit) fails one refresh after the server has rotated',
    async (fault, kind, status) => {
      const server = createMockAuthServer({ cookies: 'headers' })
      const send = await open(server)
      const { cookie } = await look(() => send(post('/login', login)))
      server.failNext('refresh', fault, { after: 'commit' })
      const { seen, cookie: next } = await look(() => send(post('/refresh', '{}', cookie)))

      expect(seen.kind).toBe(kind)
      if (seen.kind !== 'nothing') expect(seen.status).toBe(status)
      // The cookie is in the headers, which arrive if only the body is damaged.
      const isHeadGenuine = fault === 'cut' || fault === 'malformed'
      expect(next !== undefined).toBe(isHeadGenuine)
      const again = await look(() => send(post('/refresh', '{}', cookie)))
      expect(server.calls.refresh.map(({ outcome }) => outcome)).toEqual(['rotated', 'replayed'])
      expect(again.cookie).toMatch(/^rt_/)
    }
  )

  it('a hanging call stays open until a reset ends it', async () => {
    const server = createMockAuthServer({ cookies: 'headers' })
    const send = await open(server)
    server.failNext('login', 'hang')
    let isSettled = false
    const hanging = look(() => send(post('/login', login))).finally(() => {
      isSettled = true
    })
    await vi.waitFor(() => expect(server.calls.login).toHaveLength(1))
    await server.idle()
    expect([isSettled, server.calls.login[0]?.outcome]).toEqual([false, 'pending'])
    server.reset()

    expect((await hanging).seen).toEqual({ kind: 'nothing' })
  })
})

it('faults apply to a protected handler and its body', async () => {
  const server = createMockAuthServer({ cookies: 'headers' })
  const { token } = await openBrowser(overWire(server)).login()
  const ask = () => new Request(`${base}/todos`, { headers: { authorization: `Bearer ${token}` } })
  let served = 0
  const handler = server.protect(() => {
    served += 1
    return Response.json({ todos: ['a', 'b'] })
  })
  server.failNext('protected', 500)
  server.failNext('api', 'network', { after: 'commit' })
  server.failNext('protected', 'malformed', { after: 'commit' })
  server.failNext('protected', 'cut', { after: 'commit' })
  server.failNext('protected', teapot, { after: 'commit' })

  const seen = []
  for (let call = 0; call < 6; call += 1) seen.push((await look(() => handler(ask()))).seen)
  expect(seen).toEqual([
    { kind: 'answer', status: 500, body: expect.stringContaining('fault_injected') },
    { kind: 'nothing' },
    { kind: 'answer', status: 200, body: '{"todos":[' },
    { kind: 'cut', status: 200 },
    { kind: 'answer', status: 418, body: '{"short":"and stout"}' },
    { kind: 'answer', status: 200, body: '{"todos":["a","b"]}' }
  ])
  expect(served).toBe(5)
  expect(server.calls.api.map(({ outcome, fault }) => [outcome, fault])).toEqual([
    ['fault_injected', 'answer'],
    ['accepted', 'network'],
    ['accepted', 'malformed'],
    ['accepted', 'cut'],
    ['accepted', 'answer'],
    ['accepted', undefined]
  ])
})

it('faults apply to a protected resolver of msw', async () => {
  const server = createMockAuthServer()
  const { token } = await openBrowser(overWire(server)).login()
  const handler = http.get(
    `${base}/todos`,
    protect(server, () => HttpResponse.json([]))
  )
  const ask = () =>
    getResponse(
      [handler],
      new Request(`${base}/todos`, { headers: { authorization: `Bearer ${token}` } })
    )
  server.failNext('api', 'network')
  expect((await ask())?.type).toBe('error')
  expect(await (await ask())?.json()).toEqual([])
})

describe('a planned fault', () => {
  const ask = (send: Send, path: string) =>
    send({ method: 'POST', path, headers: [json], body: '{}' }).then(({ status }) => status)

  it('happens as many times as planned, before a later plan', async () => {
    const server = createMockAuthServer()
    const send = overWire(server)
    server.failNext('refresh', 503, { times: 2 })
    server.failNext('refresh', 500)
    const statuses = []
    for (let call = 0; call < 4; call += 1) statuses.push(await ask(send, '/refresh'))
    expect(statuses).toEqual([503, 503, 500, 401])
  })

  it('can be planned for every call, and cancelled', async () => {
    const server = createMockAuthServer()
    const send = overWire(server)
    const cancel = server.failNext('refresh', 503, { times: Infinity })
    for (let call = 0; call < 100; call += 1) expect(await ask(send, '/refresh')).toBe(503)
    cancel()
    expect(await ask(send, '/refresh')).toBe(401)
  })

  it('is cancelled by a reset', async () => {
    const server = createMockAuthServer()
    server.failNext('refresh', 503)
    server.reset()
    expect(await ask(overWire(server), '/refresh')).toBe(401)
  })

  it.each<[MockEndpoint, string, boolean]>([
    ['refresh', '/refresh', true],
    ['refresh', '/login', false],
    ['login', '/login', true],
    ['logout', '/logout', true],
    ['api', '/login', false]
  ])('for the endpoint %s applies to a call to %s: %s', async (endpoint, path, isMet) => {
    const server = createMockAuthServer()
    server.failNext(endpoint, 599)
    expect((await ask(overWire(server), path)) === 599).toBe(isMet)
  })

  it('for an endpoint does not fail its preflights, which are planned as preflight', async () => {
    const server = createMockAuthServer()
    const preflight = async () => {
      const headers: [string, string][] = [
        ['Origin', 'http://localhost:3000'],
        ['Access-Control-Request-Method', 'POST']
      ]
      return (await server.handle({ method: 'OPTIONS', url: `${base}/refresh`, headers })).status
    }
    server.failNext('refresh', 503)
    expect(await preflight()).toBe(204)
    server.failNext('preflight', 503)
    expect(await preflight()).toBe(503)
  })

  it('fails the first call to arrive, regardless of how long its body takes', async () => {
    const server = createMockAuthServer()
    let release = () => {}
    const slowBody = new Promise<string>((resolve) => {
      release = () => resolve('{}')
    })
    server.failNext('refresh', 503, { after: 'commit' })
    const request = { method: 'POST', url: `${base}/refresh`, headers: [json] }
    const first = server.handle({ ...request, body: () => slowBody })
    const second = await server.handle(request)
    release()
    expect([(await first).status, second.status]).toEqual([503, 401])
  })
})

const nonsense: [unknown[], string][] = [
  [['signin', 503], 'failNext(): endpoint: expected one of login, refresh, logout, me'],
  [['unknown', 503], 'received "unknown"'],
  [['refresh', 199], 'failNext(): fault: expected a status from 200 to 599'],
  [['refresh', 600], 'received 600'],
  [['refresh', 200.5], 'received 200.5'],
  [['refresh', 'explode'], 'received "explode"'],
  [['refresh', { body: 'x' }], 'received an object'],
  [['refresh', null], 'received null'],
  [['refresh', { status: 503, headers: { 'Retry After': '2' } }], 'received "Retry After"'],
  [['refresh', { status: 503, headers: { 'X-Reason': 'zażółć' } }], 'other characters in X-Reason'],
  [['refresh', { status: 503, body: () => 1 }], 'fault.body: expected a JSON-serialisable value'],
  [['refresh', { status: 503, body: Symbol('odd') }], 'received a symbol'],
  [
    ['refresh', 503, { times: 0 }],
    'failNext(): times: expected a whole number from 1, or Infinity'
  ],
  [['refresh', 503, { times: 1.5 }], 'received 1.5'],
  [['refresh', 503, { after: 'later' }], "failNext(): after: expected 'arrival' or 'commit'"]
]
it.each(nonsense)('failNext(%j) throws: %s', async (given, message) => {
  const server = createMockAuthServer()
  const plan = () => Reflect.apply(server.failNext, undefined, given)
  expect(plan).toThrow(TypeError)
  expect(plan).toThrow(message)
  expect((await openBrowser(overWire(server)).refresh()).status).toBe(401)
})

it.each<[string, () => unknown]>([
  ['a bigint', () => 1n],
  [
    'a cycle',
    () => {
      const cycle: unknown[] = []
      cycle.push(cycle)
      return cycle
    }
  ]
])('failNext throws if the body is not JSON-serialisable: %s', (_name, make) => {
  const { failNext } = createMockAuthServer()
  expect(() => failNext('me', { status: 500, body: make() })).toThrow(TypeError)
})

it('a port closes while a call hangs on it', async () => {
  const server = createMockAuthServer()
  const { url, close } = await listen(server)
  server.failNext('refresh', 'hang')
  const hanging = look(() =>
    fetch(`${url}/refresh`, { method: 'POST', headers: [json], body: '{}' })
  )
  await vi.waitFor(() => expect(server.calls.refresh).toHaveLength(1))
  await close()
  expect((await hanging).seen).toEqual({ kind: 'nothing' })
})

it('a client that gives up ends its hanging call, which is logged as abandoned', async () => {
  const server = createMockAuthServer()
  const { url, close } = await listen(server)
  onTestFinished(close)
  server.failNext('refresh', 'hang')
  const abort = new AbortController()
  const init = { method: 'POST', headers: [json], body: '{}', signal: abort.signal }
  const hanging = look(() => fetch(`${url}/refresh`, init))
  await vi.waitFor(() => expect(server.calls.refresh).toHaveLength(1))
  abort.abort()
  await hanging
  await vi.waitFor(() =>
    expect(server.calls.refresh[0]).toMatchObject({ status: 0, fault: 'hang', abandoned: true })
  )
})

describe('the option latencyMs', () => {
  afterEach(() => void vi.useRealTimers())

  it('delays a call in real time while timers are faked', async () => {
    const realNow = performance.now.bind(performance)
    vi.useFakeTimers()
    const server = createMockAuthServer({ latencyMs: 30 })
    const startedAtMs = realNow()
    await server.handle({ method: 'GET', url: `${base}/me`, headers: [] })
    expect(realNow() - startedAtMs).toBeGreaterThan(28)
  })
})
