// Forged tokens: each kind is refused for its own reason, by every algorithm and adapter.
import {
  createMockAuthServer,
  forgeries,
  type MockAlgorithm,
  type MockAuthServer,
  type MockForgery,
  tokenRefusals
} from 'everbearer/mock'
import { protect } from 'everbearer/mock/msw'
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { getResponse, HttpResponse, http } from 'msw'
import { describe, expect, it } from 'vitest'
import {
  base,
  createServerWithClock,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

const kinds = Object.entries(forgeries) as [MockForgery, string][]
const algorithms: readonly MockAlgorithm[] = ['HS256', 'RS256', 'ES256', 'EdDSA']

describe.each(algorithms)('a server that signs with %s', (alg) => {
  const fitting = kinds.filter(([kind]) => alg !== 'HS256' || kind !== 'public-key-as-secret')
  it.each(fitting)('refuses a token forged as %s: %s', async (forgery, reason) => {
    const { server } = createServerWithClock({ alg })
    const answer = await openBrowser(overWire(server)).me(await server.mint({ forgery }))

    expect([answer.status, outcome(server)]).toEqual([401, reason])
    expect(answer.header('www-authenticate')).toContain('error="invalid_token"')
    expect(answer.header('authorization')).toBeNull()
  })

  it('accepts a minted token without a forgery', async () => {
    const { server } = createServerWithClock({ alg })
    expect((await openBrowser(overWire(server)).me(await server.mint())).status).toBe(200)
  })
})

describe('a minted token', () => {
  it('is accepted with a given jti, and refused after revoke() of it', async () => {
    const { server } = createServerWithClock()
    const token = await server.mint({ claims: { jti: 'known-to-my-test' } })
    await openBrowser(overWire(server)).me(token)
    expect(outcome(server)).toBe('accepted')
    server.revoke('known-to-my-test')
    await openBrowser(overWire(server)).me(token)
    expect(outcome(server)).toBe('token_revoked')
  })

  it('is accepted until its given exp, even if other tokens are issued in between', async () => {
    const { server, clock } = createServerWithClock()
    const token = await server.mint({ claims: { exp: clock.nowMs / 1000 + 3600 } })
    const ada = openBrowser(overWire(server))
    for (const seconds of [301, 3298]) {
      clock.advanceSeconds(seconds)
      await ada.login()
      await ada.me(token)
      expect(outcome(server)).toBe('accepted')
    }
    clock.advanceSeconds(1)
    await ada.me(token)
    expect(outcome(server)).toBe('token_expired')
  })
})

it('the forgeries cover every refusal reason except missing_token', () => {
  const named = new Set<string>(['missing_token', ...Object.values(forgeries)])
  expect(tokenRefusals.filter((reason) => !named.has(reason))).toEqual([])
})

const adapters: readonly [string, (server: MockAuthServer, token: string) => Promise<number>][] = [
  [
    'guard()',
    async (server, token) =>
      (
        await server.guard(
          { method: 'GET', url: `${base}/x`, headers: [['Authorization', `Bearer ${token}`]] },
          () => ({ status: 200, headers: [], setCookies: [], body: '' })
        )
      ).status
  ],
  [
    'protect() of the fetch adapter',
    async (server, token) => (await server.protect(() => new Response())(requestWith(token))).status
  ],
  [
    'protect() of the msw adapter',
    async (server, token) => {
      const handler = http.get(
        `${base}/x`,
        protect(server, () => HttpResponse.json({}))
      )
      return (await getResponse([handler], requestWith(token)))?.status ?? 0
    }
  ]
]

describe.each(adapters)('the adapter %s', (_name, ask) => {
  it.each(kinds)('refuses a token forged as %s: %s', async (forgery, reason) => {
    const server = createMockAuthServer({ alg: 'ES256' })
    expect(await ask(server, await server.mint({ forgery }))).toBe(401)
    expect(outcome(server)).toBe(reason)
    expect(await ask(server, await server.mint())).toBe(200)
  })
})

describe('a leaked key', () => {
  it('signs accepted tokens until emergencyRotate() retires it', async () => {
    const { server } = createServerWithClock()
    const leaked = server.keys[0]?.kid ?? ''
    const thief = openBrowser(overWire(server))
    server.rotateKey()
    const forged = await server.mint({ kid: leaked, claims: { role: 'admin' } })
    expect((await thief.me(forged)).status).toBe(200)
    server.emergencyRotate()
    const answer = await thief.me(forged)
    expect([answer.status, outcome(server)]).toEqual([401, 'retired_key'])
    expect(answer.header('authorization')).toBeNull()

    const later = await server.mint({ kid: leaked })
    expect((await thief.me(later)).status).toBe(401)
  })
})

describe('server.mint()', () => {
  it('makes a token like that of a login, for the given user', async () => {
    const { server, clock } = createServerWithClock({
      users: [
        { email: 'ada@example.com', password: 'lovelace' },
        { email: 'bob@example.com', password: 'b', claims: { role: 'admin' } }
      ]
    })
    const nowSeconds = clock.nowMs / 1000
    const token = await server.mint({ user: 'bob@example.com' })
    expect(decodeJwt(token)).toEqual({
      iss: 'https://mock.everbearer.test',
      aud: 'api',
      sub: 'user-2',
      sid: expect.any(String),
      jti: expect.any(String),
      role: 'admin',
      auth_time: nowSeconds,
      iat: nowSeconds,
      exp: nowSeconds + 300
    })
    const { sid } = await openBrowser(overWire(server))
      .me(token)
      .then(() => server.calls[0] ?? { sid: '' })
    expect(server.sessions.map(({ sid, sub }) => [sid, sub])).toEqual([[sid, 'user-2']])
  })

  it('makes a token for a given session', async () => {
    const { server } = createServerWithClock()
    const { sid } = await server.signIn()
    expect(decodeJwt(await server.mint({ sid })).sid).toBe(sid)
    expect(server.sessions).toHaveLength(1)
  })

  it('signs the given header and claims, and leaves out those that are undefined', async () => {
    const secret = 'a secret that the test knows as well'
    const { server, clock } = createServerWithClock({ keys: [{ kid: 'k', secret }] })
    const token = await server.mint({
      header: { typ: undefined, 'x-extra': 1 },
      claims: { sid: undefined, scope: 'read' }
    })
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', kid: 'k', 'x-extra': 1 })
    const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
      currentDate: new Date(clock.nowMs)
    })
    expect(payload).toMatchObject({ scope: 'read', sub: 'user-1' })
    expect(payload).not.toHaveProperty('sid')
  })

  it.each([
    ['an unknown user', { user: 'eve' }, 'unknown_user'],
    ['an unknown session', { sid: 'nowhere' }, 'unknown_session'],
    ['an unknown key', { kid: 'unknown' }, 'unknown_key'],
    ['a key that cannot sign', { kid: 'public' }, 'cannot_sign'],
    [
      'the forgery public-key-as-secret if all keys are symmetric',
      { forgery: 'public-key-as-secret' },
      'no_public_key'
    ]
  ] as const)('refuses %s', async (_name, order, code) => {
    const { server } = createServerWithClock()
    if ('kid' in order && order.kid === 'public') {
      const pair = createMockAuthServer({ alg: 'ES256' })
      const url = `${base}/.well-known/jwks.json`
      const { body } = await pair.handle({ method: 'GET', url, headers: [] })
      const { kid: _kid, ...jwk } = JSON.parse(body).keys[0]
      await server.registerKey(() => ({ kid: 'public', jwk }))
    }
    await expect(server.mint(order)).rejects.toEqual(expect.objectContaining({ code }))
  })

  it('throws a TypeError for an unknown forgery or option', async () => {
    const { server } = createServerWithClock()
    const order = (value: object) => server.mint(value)
    await expect(order({ forgery: 'clever' })).rejects.toThrow('mint(): forgery: expected one of')
    await expect(order({ expired: true })).rejects.toThrow(
      'mint(): expired: no such option; the options are user,'
    )
    await expect(order([])).rejects.toThrow(
      'mint(): order: expected an object; received an array of length 0'
    )
  })
})

it('verifies a signature with WebCrypto, which takes constant time', async () => {
  const { server } = createServerWithClock()
  const seen: string[] = []
  const { verify } = crypto.subtle
  try {
    crypto.subtle.verify = (...parts) => {
      const [algorithm] = parts
      seen.push(typeof algorithm === 'string' ? algorithm : algorithm.name)
      return verify.apply(crypto.subtle, parts)
    }
    await openBrowser(overWire(server)).me(await server.mint({ forgery: 'foreign-signature' }))
  } finally {
    crypto.subtle.verify = verify
  }
  expect(seen).toEqual(['HMAC'])
})

function requestWith(token: string): Request {
  return new Request(`${base}/x`, { headers: { Authorization: `Bearer ${token}` } })
}
