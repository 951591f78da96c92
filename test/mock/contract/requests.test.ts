// Requests by contract: paths, methods, bodies, constants and credentials that the mock requires.
import type { AuthContract } from 'everbearer'
import { describe, expect, it } from 'vitest'
import { createCaller, credentials } from './caller.ts'

type Fields = Record<string, string>

const form = (fields: Fields) => new URLSearchParams(fields)

/** Sends the login in the given way, and returns status and outcome. */
async function trying(contract: AuthContract, ...call: Parameters<Caller['call']>) {
  const caller = createCaller(contract)
  const { status, body } = await caller.call(...call)
  const { error } = (body ?? {}) as { error?: string }
  return [status, caller.outcomes().at(-1), error]
}
type Caller = ReturnType<typeof createCaller>

const signedIn = [200, 'signed_in', undefined]
const badRequest = [400, 'bad_request', 'invalid_request']

describe('the path', () => {
  it.each([
    ['/auth/login', 'POST /auth/login', 200],
    ['auth/login', 'POST /auth/login', 200],
    ['/api/token/refresh/', 'POST /api/token/refresh/', 200],
    ['/api/token/refresh/', 'POST /api/token/refresh', 404],
    ['/login', 'POST /login/', 404],
    ['/v1/accounts:signIn', 'POST /v1/accounts:signIn', 200],
    ['/v1/accounts:signIn', 'POST /v1/accountsX', 404],
    ['/a b'.replace(' ', '%20'), 'POST /a%20b', 200],
    ['https://auth.example.com/token', 'POST /token', 200],
    ['/login', 'PUT /login', 405]
  ])('%s answers %s with %i', async (path, target, status) => {
    expect((await trying({ login: path }, target, { body: credentials }))[0]).toBe(status)
  })

  it('is below basePath unless it is absolute', async () => {
    const contract = { login: 'login', refresh: 'https://auth.example.com/refresh' }
    const { server } = createCaller(contract, { basePath: '/v1' })
    expect(server.routes.slice(0, 3)).toEqual([
      { route: 'login', path: '/v1/login', methods: ['POST'] },
      {
        route: 'refresh',
        path: '/refresh',
        methods: ['POST'],
        origin: 'https://auth.example.com'
      },
      { route: 'logout', path: '/v1/logout', methods: ['POST'] }
    ])
  })

  it.each([
    ['POST /login?v=2', 200],
    ['POST /login?lang=en&v=2', 200],
    ['POST /login?v=1', 400],
    ['POST /login', 400]
  ])('requires the query of the contract: %s answers %i', async (target, status) => {
    expect((await trying({ login: '/login?v=2' }, target, { body: credentials }))[0]).toBe(status)
  })

  it('of an endpoint that the backend does not have answers 404', async () => {
    const contract = { login: false, refresh: false, logout: false } as const
    const { server, call } = createCaller(contract)
    for (const path of ['/login', '/refresh', '/logout']) {
      expect((await call(`POST ${path}`, { body: {} })).status).toBe(404)
    }
    expect(server.routes.map(({ route }) => route)).toEqual(['me', 'jwks'])
    expect(() => server.failNext('login', 503)).toThrow('expected one of me, jwks, protected')
    expect((await server.signIn()).accessToken).toMatch(/^eyJ/)
  })
})

describe('the method', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const)(
    '%s is the only one that the endpoint accepts, and preflights name it',
    async (method) => {
      const { call } = createCaller({ logout: { path: '/session', method } })
      const other = method === 'PUT' ? 'PATCH' : 'PUT'
      const sent = method === 'GET' ? {} : { body: {} }
      expect((await call(`${method} /session`, sent)).status).toBe(204)
      const refused = await call(`${other} /session`, { body: {} })
      expect([refused.status, refused.header('allow')]).toEqual([405, `${method}, OPTIONS`])
      const preflight = await call('OPTIONS /session', {
        headers: { Origin: 'http://localhost:3000', 'Access-Control-Request-Method': method }
      })
      expect(preflight.header('access-control-allow-methods')).toBe(method)
    }
  )

  it('distinguishes endpoints that share a path', async () => {
    const { call, outcomes } = createCaller({
      login: '/session',
      refresh: { path: '/session', method: 'PUT', credential: 'access-token' },
      logout: { path: '/session', method: 'DELETE' }
    })
    const { body } = await call('POST /session', { body: credentials })
    const { access_token: token } = body as { access_token: string }
    const headers = { Authorization: `Bearer ${token}` }
    await call('PUT /session', { headers, body: {} })
    await call('DELETE /session', { headers, body: {} })
    const refused = await call('PATCH /session', { body: {} })
    expect(refused.header('allow')).toBe('POST, PUT, DELETE, OPTIONS')
    expect(outcomes()).toEqual(['signed_in', 'refreshed', 'signed_out', 'method_not_allowed'])
  })
})

describe('the fields of a login', () => {
  it.each<[string, AuthContract, object | URLSearchParams, number]>([
    [
      'may replace the value of a constant field',
      { login: { fields: { remember: false } } },
      { ...credentials, remember: true },
      200
    ],
    ['must include a constant field', { login: { fields: { remember: false } } }, credentials, 400],
    [
      'are read at their paths in JSON',
      { login: { credentials: { name: 'user.email', password: 'user.password' } } },
      { user: credentials },
      200
    ],
    [
      'are read by their names in brackets in a form',
      {
        login: { body: 'form', credentials: { name: 'user.email', password: 'user.password' } }
      },
      new URLSearchParams({
        'user[email]': credentials.email,
        'user[password]': credentials.password
      }),
      200
    ]
  ])('%s', async (_, contract, body, status) => {
    expect((await createCaller(contract).call('POST /login', { body })).status).toBe(status)
  })

  it('have the media type of the contract', async () => {
    const type = 'application/vnd.api+json; charset=utf-8'
    const { call } = createCaller({ login: { headers: { 'Content-Type': type } } })
    expect((await call('POST /login', { body: credentials })).status).toBe(415)
  })
})

describe('endpoints that share path and method', () => {
  const password = { username: credentials.email, password: credentials.password }
  const refresh = { credential: 'refresh-token' } as const
  it.each<[string, AuthContract, (grant: string, fields: Fields) => [path: string, body: object]]>([
    [
      'a constant field',
      {
        login: {
          path: '/token',
          body: 'form',
          fields: { grant_type: 'password' },
          credentials: { name: 'username' }
        },
        refresh: {
          ...refresh,
          path: '/token',
          body: 'form',
          fields: { grant_type: 'refresh_token' }
        }
      },
      (grant_type, fields) => ['/token', form({ grant_type, ...fields })]
    ],
    [
      'the query',
      {
        login: { path: '/token?grant_type=password', credentials: { name: 'username' } },
        refresh: { ...refresh, path: '/token?grant_type=refresh_token' }
      },
      (grant, fields) => [`/token?grant_type=${grant}`, fields]
    ]
  ])('are distinguished by %s', async (_name, contract, request) => {
    const { call, server } = createCaller(contract)
    const send = async (grant: string, fields: Fields) => {
      const [path, body] = request(grant, fields)
      const answer = await call(`POST ${path}`, { body })
      return answer.body as { refresh_token: string; error?: string }
    }
    const { refresh_token } = await send('password', password)
    await send('refresh_token', { refresh_token })
    await send('unknown', { refresh_token })
    expect(server.calls.map(({ route, outcome }) => [route, outcome])).toEqual([
      ['login', 'signed_in'],
      ['refresh', 'rotated'],
      ['login', 'bad_request']
    ])
  })
})

describe('the body', () => {
  it.each<[AuthContract['login'], object, unknown[]]>([
    [{}, credentials, signedIn],
    [{}, form(credentials), [415, 'unsupported_media_type', 'invalid_request']],
    [{ body: 'form' }, form(credentials), signedIn],
    [{ body: 'form' }, credentials, [415, 'unsupported_media_type', 'invalid_request']],
    [
      { body: 'form', credentials: { name: 'username', password: 'secret' } },
      form({ username: credentials.email, secret: credentials.password }),
      signedIn
    ],
    [{ credentials: { name: 'username' } }, credentials, badRequest],
    [
      { credentials: { name: 'user.name', password: 'user.password' } },
      { user: { name: credentials.email, password: credentials.password } },
      signedIn
    ]
  ])('with the login %j, %j is answered %j', async (login, body, expected) => {
    expect(await trying({ login }, 'POST /login', { body })).toEqual(expected)
  })

  it('of a form must not repeat a field', async () => {
    const body = new URLSearchParams([...form(credentials), ['email', 'grace@example.com']])
    const contract = { login: { body: 'form' } } as const
    expect(await trying(contract, 'POST /login', { body })).toEqual(badRequest)
  })

  it('may be missing from a refresh by GET or with the body none', async () => {
    for (const method of ['GET', 'POST'] as const) {
      const { call, outcomes, server } = createCaller({ refresh: { method, body: 'none' } })
      const { refreshToken } = await server.signIn()
      const headers = { Cookie: `refresh_token=${refreshToken}` }
      await call(`${method} /refresh`, { headers })
      expect(outcomes()).toEqual(['rotated'])
    }
  })
})

describe('constants', () => {
  const fields = { client_id: 'spa', version: 2, remember: true }
  it.each<[string, AuthContract['login'], object, unknown[]]>([
    ['JSON', { fields }, { ...credentials, ...fields }, signedIn],
    ['JSON without one', { fields }, { ...credentials, client_id: 'spa' }, badRequest],
    ['JSON with text', { fields }, { ...credentials, ...fields, version: '2' }, badRequest],
    [
      'a form',
      { fields, body: 'form' },
      form({ ...credentials, client_id: 'spa', version: '2', remember: 'true' }),
      signedIn
    ],
    ['a form without them', { fields, body: 'form' }, form(credentials), badRequest]
  ])('of %s', async (_name, login, body, expected) => {
    expect(await trying({ login }, 'POST /login', { body })).toEqual(expected)
  })

  it('another grant type has an error code of OAuth 2', async () => {
    const login = { fields: { grant_type: 'password' } }
    const body = { ...credentials, grant_type: 'magic' }
    const expected = [400, 'bad_request', 'unsupported_grant_type']
    expect(await trying({ login }, 'POST /login', { body })).toEqual(expected)
  })

  it.each([
    ['GET /refresh?client_id=spa', 401],
    ['GET /refresh?client_id=other', 400],
    ['GET /refresh', 400]
  ])('of a request without a body are in the query: %s answers %i', async (target, status) => {
    const refresh = { method: 'GET', fields: { client_id: 'spa' } } as const
    expect((await trying({ refresh }, target))[0]).toBe(status)
  })

  it.each([
    [{ 'X-Client': 'spa' }, signedIn],
    [{ 'x-client': 'spa' }, signedIn],
    [{ 'X-Client': 'app' }, badRequest],
    [{}, badRequest]
  ])('in headers: %j', async (headers, expected) => {
    const login = { headers: { 'X-Client': 'spa' } }
    const answer = await trying({ login }, 'POST /login', { headers, body: credentials })
    expect(answer).toEqual(expected)
  })
})

describe('the refresh token', () => {
  it.each<[AuthContract['refresh'], (token: string) => Parameters<Caller['call']>[1]]>([
    [{}, (refresh_token) => ({ body: { refresh_token } })],
    [{ refreshToken: 'refreshToken' }, (refreshToken) => ({ body: { refreshToken } })],
    [{ body: 'form', refreshToken: 'token' }, (token) => ({ body: form({ token }) })],
    [
      { refreshToken: { header: 'X-Refresh', scheme: '' } },
      (token) => ({ body: {}, headers: { 'X-Refresh': token } })
    ],
    [
      { refreshToken: {}, method: 'GET' },
      (token) => ({ headers: { Authorization: `Bearer ${token}` } })
    ]
  ])('is presented as %j says, and in no other way', async (refresh, present) => {
    const contract = { refresh: { ...(refresh as object), credential: 'refresh-token' } } as const
    const { call, outcomes, server } = createCaller(contract)
    const { methods } = server.routes[1] ?? { methods: [] }
    const { refreshToken } = await server.signIn()
    await call(`${methods[0]} /refresh`, present(refreshToken))
    const nothing = present('')
    await call(`${methods[0]} /refresh`, {
      ...nothing,
      headers: { Cookie: `refresh_token=${refreshToken}` }
    })
    expect(outcomes()).toEqual(['rotated', 'no_cookie'])
  })
})

describe('the access token', () => {
  it.each([
    [{}, { Authorization: 'Bearer TOKEN' }, 'accepted'],
    [{}, { Authorization: 'Token TOKEN' }, 'missing_token'],
    [{ scheme: 'Token' }, { Authorization: 'token TOKEN' }, 'accepted'],
    [{ scheme: 'Token' }, { Authorization: 'Bearer TOKEN' }, 'missing_token'],
    [{ scheme: 'Token' }, { Authorization: 'Token' }, 'malformed_token'],
    [{ header: 'X-Auth-Token', scheme: '' }, { 'X-Auth-Token': 'TOKEN' }, 'accepted'],
    [{ header: 'X-Auth-Token', scheme: '' }, { 'X-Auth-Token': 'a b' }, 'malformed_token'],
    [{ header: 'X-Auth-Token', scheme: '' }, { Authorization: 'Bearer TOKEN' }, 'missing_token'],
    [{ scheme: 'a.b' }, { Authorization: 'aXb TOKEN' }, 'missing_token']
  ])('with %j and the header %j is %s', async (attach, headers, expected) => {
    const { call, outcomes, server } = createCaller({ attach })
    const { accessToken } = await server.signIn()
    const sent = Object.entries(headers).map(([name, value]) => [
      name,
      value.replace('TOKEN', accessToken)
    ])
    await call('GET /me', { headers: Object.fromEntries(sent) })
    expect(outcomes()).toEqual([expected])
  })
})

it.each<[AuthContract, string]>([
  [{}, 'Authorization, Content-Type, Idempotency-Key'],
  [{ refresh: { idempotencyKey: 'never' } }, 'Authorization, Content-Type'],
  [
    {
      attach: { header: 'X-Auth-Token', scheme: '' },
      login: { headers: { 'X-Client': 'spa' }, csrf: { cookie: 'c', header: 'X-CSRF' } },
      refresh: { credential: 'refresh-token', refreshToken: { header: 'X-Refresh' } },
      logout: { headers: { 'x-client': 'spa' } }
    },
    'X-Auth-Token, Content-Type, Idempotency-Key, X-Client, X-CSRF, X-Refresh'
  ]
])('allows pages of other origins to send the headers of %j', async (contract, expected) => {
  const { call } = createCaller(contract)
  const preflight = await call('OPTIONS /me', {
    headers: { Origin: 'http://localhost:3000', 'Access-Control-Request-Method': 'GET' }
  })
  expect(preflight.header('access-control-allow-headers')).toBe(expected)
})
