// Answers by contract: the places of tokens, lifetimes and the user in the answers of the mock.
import type { AuthContract, LifetimePlace } from 'everbearer'
import { expect, it } from 'vitest'
import { claimsOf } from '../../support/setups/one-cookie-browser.ts'
import { type Answer, type Caller, createCaller, credentials } from './caller.ts'

const token = expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/)
const refreshToken = expect.stringMatching(/^rt_[\w-]+$/)
const byBody = { credential: 'refresh-token' } as const

async function signIn(contract: AuthContract<unknown>): Promise<Answer & Pick<Caller, 'call'>> {
  const { call } = createCaller(contract)
  return { ...(await call('POST /login', { body: credentials })), call }
}

const usual = { access_token: token, token_type: 'Bearer', expires_in: 300 }

it.each<[string, AuthContract, unknown]>([
  ['the default', {}, usual],
  [
    'the first path of a list',
    { tokens: { accessToken: ['jwt', 'token'] } },
    { jwt: token, expires_in: 300 }
  ],
  [
    'nested objects',
    { tokens: { accessToken: 'data.token', expiresIn: 'data.expires' } },
    { data: { token, expires: 300 } }
  ],
  [
    'arrays',
    { tokens: { accessToken: 'tokens.1.value', expiresIn: false } },
    { tokens: [null, { value: token }] }
  ],
  [
    'an index too large for an array',
    { tokens: { accessToken: 'tokens.1000', expiresIn: false } },
    { tokens: { 1000: token } }
  ],
  ['no lifetime', { tokens: { expiresIn: false } }, { access_token: token, token_type: 'Bearer' }],
  ['milliseconds', { tokens: { expiresIn: { unit: 'ms' } } }, { ...usual, expires_in: 300_000 }],
  ['a duration', { tokens: { expiresIn: { unit: 'duration' } } }, { ...usual, expires_in: '5m' }],
  [
    'a date',
    { tokens: { expiresIn: { at: 'expires_at', unit: 'date' } } },
    { access_token: token, token_type: 'Bearer', expires_at: '2030-01-01T00:05:00.000Z' }
  ],
  [
    'the type that requests use',
    { attach: { scheme: 'Token' } },
    { ...usual, token_type: 'Token' }
  ],
  ['a refresh token', { refresh: byBody }, { ...usual, refresh_token: refreshToken }],
  [
    'a refresh token in another place',
    { refresh: byBody, tokens: { accessToken: 'a.b', refreshToken: 'a.c', expiresIn: false } },
    { a: { b: token, c: refreshToken } }
  ],
  [
    'an id in the answer',
    { user: { id: { answer: 'user.id' } } },
    { ...usual, user: { id: 'user-1' } }
  ],
  [
    'a profile around the token and the id',
    {
      tokens: { accessToken: 'data.token', expiresIn: false },
      user: { id: { answer: 'data.uid' }, profile: 'data' }
    },
    { data: { id: 'user-1', email: 'ada@example.com', uid: 'user-1', token } }
  ],
  [
    'a name that is special in JavaScript',
    { tokens: { accessToken: '__proto__.token', expiresIn: false } },
    JSON.parse('{"__proto__":{"token":0}}')
  ]
])('writes %s', async (name, contract, body) => {
  const answer = await signIn(contract)
  expect(answer.status).toBe(200)
  if (name.startsWith('a name')) expect(answer.text).toMatch(/^\{"__proto__":\{"token":"eyJ/)
  else expect(answer.body).toEqual(body)
})

it('sends the answer of the default contract without a change', async () => {
  const { text, header } = await signIn({})
  const jwt = /eyJ[\w.-]+/.exec(text)?.[0]
  expect(text).toBe(`{"access_token":"${jwt}","token_type":"Bearer","expires_in":300}`)
  expect(header('access-control-expose-headers')).toBeUndefined()
})

it.each<[AuthContract['tokens'], string, RegExp]>([
  [{ accessToken: { header: 'X-Auth-Token', scheme: '' } }, 'x-auth-token', /^eyJ[\w.-]+$/],
  [{ accessToken: {} }, 'authorization', /^Bearer eyJ[\w.-]+$/],
  [{ accessToken: { scheme: 'JWT' } }, 'authorization', /^JWT eyJ[\w.-]+$/]
])('writes the token %j into a header, and exposes it', async (tokens, name, value) => {
  const { body, header } = await signIn({ tokens })
  expect(header(name)).toMatch(value)
  expect(header('access-control-expose-headers')?.toLowerCase()).toBe(name)
  expect(body).toEqual({ expires_in: 300 })
})

it('writes both tokens into headers, and exposes both', async () => {
  const { header } = await signIn({
    refresh: byBody,
    tokens: {
      accessToken: { header: 'X-Access', scheme: '' },
      refreshToken: { header: 'X-Refresh', scheme: '' }
    }
  })
  expect(header('x-refresh')).toEqual(refreshToken)
  expect(header('access-control-expose-headers')).toBe('X-Access, X-Refresh')
})

it.each<[LifetimePlace, string | RegExp]>([
  [{ header: 'X-Expires-In' }, '300'],
  [{ header: 'X-Expires-In', unit: 'ms' }, '300000'],
  [{ header: 'X-Expires-In', unit: 'duration' }, '5m'],
  [{ header: 'X-Expires-In', unit: 'date' }, /^\d{4}-\d\d-\d\dT[\d:]+\.000Z$/]
])('writes the lifetime %j into the header, and exposes it', async (expiresIn, value) => {
  const { body, header } = await signIn({ tokens: { expiresIn } })
  expect(header('x-expires-in')).toMatch(value)
  expect(header('access-control-expose-headers')).toBe('X-Expires-In')
  expect(body).toEqual({ access_token: token, token_type: 'Bearer' })
})

it('writes the lifetime of one endpoint into the body instead of the shared header', async () => {
  const tokens = { expiresIn: { header: 'X-Expires-In' } }
  const { body, header } = await signIn({ tokens, login: { tokens: { expiresIn: { at: 'ttl' } } } })
  expect(header('x-expires-in')).toBeUndefined()
  expect(body).toMatchObject({ ttl: 300 })
})

it('writes the lifetime into a header beside a token that is the whole body', async () => {
  const tokens = { accessToken: { body: 'text' }, expiresIn: { header: 'X-Expires-In' } } as const
  const { text, header } = await signIn({ tokens })
  expect(header('x-expires-in')).toBe('300')
  expect(text).toMatch(/^eyJ/)
})

it('sends the token as the whole body', async () => {
  const { text, header } = await signIn({
    tokens: { accessToken: { body: 'text' } },
    user: { profile: 'user' }
  })
  expect(text).toEqual(token)
  expect(header('content-type')).toBe('text/plain;charset=utf-8')
})

it('writes the answers of login and refresh each in its places', async () => {
  const contract: AuthContract = {
    tokens: { accessToken: 'token', expiresIn: false },
    login: { tokens: { accessToken: 'session.token' } },
    refresh: { credential: 'access-token', tokens: { expiresIn: { at: 'ttl', unit: 'ms' } } }
  }
  const login = await signIn(contract)
  expect(login.body).toEqual({ session: { token } })
  const { session } = login.body as { session: { token: string } }
  const headers = { Authorization: `Bearer ${session.token}` }
  const refresh = await login.call('POST /refresh', { headers, body: {} })
  expect(refresh.body).toEqual({ token, ttl: 300_000 })
})

it.each<[AuthContract['user'], string | number, object]>([
  [{}, 'ada', { sub: 'ada' }],
  [{}, 7, { sub: 7 }],
  [{ id: 'user_id' }, 7, { sub: 7, user_id: 7 }],
  [{ id: ['uid', 'user_id'] }, 'ada', { sub: 'ada', uid: 'ada' }],
  [{ id: 'info.name' }, 'ada', { sub: 'ada', info: { name: 'ada' } }],
  [{ id: 'email' }, 'ada', { sub: 'ada', email: 'ada@example.com' }],
  [{ id: { answer: 'user.id' } }, 7, { sub: 7 }],
  [{ id: false }, 7, { sub: 7 }]
])('with %j, the token of user %j has the claims %j', async (user, sub, claims) => {
  const { call } = createCaller({ user }, { users: [{ ...credentials, sub }] })
  const { body } = await call('POST /login', { body: credentials })
  const { access_token: jwt } = body as { access_token: string }
  expect(claimsOf(jwt)).toMatchObject(claims)
  const headers = { Authorization: `Bearer ${jwt}` }
  expect(await call('GET /me', { headers })).toMatchObject({ status: 200, body: claims })
})

it('keeps a claim of the user that has the name of the id', async () => {
  const users = [{ ...credentials, claims: { user_id: 41 } }]
  const { call } = createCaller({ user: { id: 'user_id' } }, { users })
  const { body } = await call('POST /login', { body: credentials })
  expect(claimsOf((body as { access_token: string }).access_token)).toMatchObject({ user_id: 41 })
})

it('adds the id to a claim of the user that is an object', async () => {
  const users = [{ ...credentials, claims: { info: { roles: ['admin'] } } }]
  const { call } = createCaller({ user: { id: 'info.name' } }, { users })
  const { body } = await call('POST /login', { body: credentials })
  expect(claimsOf((body as { access_token: string }).access_token)).toMatchObject({
    info: { name: 'user-1', roles: ['admin'] }
  })
})

it('knows a user with a number by its text in the controls', async () => {
  const { server } = createCaller({}, { users: [{ ...credentials, sub: 7 }] })
  const { sub, accessToken } = await server.signIn('7')
  expect([sub, claimsOf(accessToken).sub, server.sessions[0]?.sub]).toEqual(['7', 7, '7'])
  expect(server.bumpTokenVersion('7')).toBe(1)
})

it('writes the user with its claims into the answer', async () => {
  const users = [{ ...credentials, sub: 7, claims: { roles: ['admin'] } }]
  const { call } = createCaller({ user: { profile: 'user' } }, { users })
  const { body } = await call('POST /login', { body: credentials })
  expect(body).toMatchObject({ user: { id: 7, email: 'ada@example.com', roles: ['admin'] } })
})

it('revokes the earlier tokens of the session at a refresh if the contract says so', async () => {
  const { call } = createCaller({
    refresh: { credential: 'access-token', invalidatesPrevious: true }
  })
  const login = async () => {
    const { body } = await call('POST /login', { body: credentials })
    return { Authorization: `Bearer ${(body as { access_token: string }).access_token}` }
  }
  const [first, other] = [await login(), await login()]
  const { body } = await call('POST /refresh', { headers: first, body: {} })
  const next = { Authorization: `Bearer ${(body as { access_token: string }).access_token}` }
  const statuses: number[] = []
  for (const headers of [first, next, other]) {
    statuses.push((await call('GET /me', { headers })).status)
  }
  expect(statuses).toEqual([401, 200, 200])
})

it('leaves one valid token after two parallel refreshes that revoke earlier tokens', async () => {
  const { call, server } = createCaller({
    refresh: { credential: 'refresh-token', invalidatesPrevious: true }
  })
  const { body } = await call('POST /login', { body: credentials })
  const { refresh_token } = body as { refresh_token: string }
  const answers = await Promise.all([
    call('POST /refresh', { body: { refresh_token } }),
    call('POST /refresh', { body: { refresh_token } })
  ])
  const statuses = await Promise.all(
    answers.map(async (answer) => {
      const { access_token: jwt } = answer.body as { access_token: string }
      return (await call('GET /me', { headers: { Authorization: `Bearer ${jwt}` } })).status
    })
  )
  expect(statuses.sort()).toEqual([200, 401])
  expect(server.sessions).toHaveLength(1)
})
