// Re-issued tokens: their claims, when they are sent, their header, and servers that do it wrong.
import type { AuthContract } from 'everbearer'
import type {
  MockAuthServer,
  MockAuthServerOptions,
  MockReissue,
  WireResponse
} from 'everbearer/mock'
import { describe, expect, it } from 'vitest'
import {
  base,
  claimsOf,
  createServerWithClock,
  kidOf,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

const roles = {
  role: 'admin',
  scope: 'read write',
  groups: ['a', 'b'],
  token_version: 3,
  deep: { x: 1 }
}
const users = [
  { email: 'ada@example.com', password: 'lovelace', claims: roles },
  { email: 'bob@example.com', password: 'b' }
]

async function signedIn(options: MockAuthServerOptions = {}) {
  const { server, clock } = createServerWithClock({ users, ...options })
  const ada = openBrowser(overWire(server))
  const { token } = await ada.login()
  return { server, clock, ada, token }
}

async function guarded(
  server: MockAuthServer,
  token: string,
  headers: [string, string][] = []
): Promise<WireResponse> {
  const request = {
    method: 'GET',
    url: `${base}/api`,
    headers: [['Authorization', `Bearer ${token}`]] as [string, string][]
  }
  return server.guard(request, () => ({ status: 200, headers, setCookies: [], body: 'mine' }))
}

const valuesOf = ({ headers }: WireResponse, name: string) =>
  headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
const bearerOf = (answer: WireResponse) => valuesOf(answer, 'authorization')[0]?.slice(7) ?? ''

describe('a chain of re-issues', () => {
  it('keeps every claim of the first token except iat, exp and jti, over several algorithms', async () => {
    const { server, clock, token } = await signedIn()
    const before = claimsOf(token)
    let current = token
    for (const alg of ['ES256', 'HS256', 'EdDSA', 'RS256'] as const) {
      const { kid } = server.rotateKey({ alg })
      clock.advanceSeconds(100)
      current = bearerOf(await guarded(server, current))
      expect(kidOf(current)).toBe(kid)
    }
    const after = claimsOf(current)
    expect(after).toEqual({
      ...before,
      iat: Number(before.iat) + 400,
      exp: Number(before.exp) + 400,
      jti: after.jti
    })
    expect(after).toMatchObject({ ...roles, auth_time: before.iat })
    expect(after.jti).not.toBe(before.jti)
  })

  it('keeps the claims of a minted token instead of those of the user', async () => {
    const { server } = await signedIn()
    const token = await server.mint({ claims: { scope: 'one call only', act: { sub: 'support' } } })
    server.rotateKey()
    expect(claimsOf(bearerOf(await guarded(server, token)))).toMatchObject({
      scope: 'one call only',
      act: { sub: 'support' }
    })
  })

  it.each([
    ['absolute', { sessionSeconds: 1000 }],
    ['idle', { refreshIdleSeconds: 1000 }]
  ])('ends at the %s end of the session', async (_name, options) => {
    const { server, clock, ada, token } = await signedIn(options)
    const end = Number(claimsOf(token).auth_time) + 1000
    let current = token
    for (let step = 0; step < 4; step += 1) {
      server.rotateKey()
      clock.advanceSeconds(240)
      current = bearerOf(await guarded(server, current))
      expect(Number(claimsOf(current).exp)).toBeLessThanOrEqual(end)
    }
    expect(Number(claimsOf(current).exp)).toBe(end)
    clock.advanceSeconds(40)
    server.rotateKey()
    const answer = await ada.me(current)
    expect([answer.status, answer.header('authorization')]).toEqual([401, null])
  })

  it('ends with emergencyRotate(), also for a token forged with the leaked key', async () => {
    const { server, ada, token } = await signedIn()
    const leaked = server.keys[0]?.kid ?? ''
    const { sid = '' } = claimsOf(token)
    const forged = await server.mint({ sid, kid: leaked, claims: { role: 'root' } })
    server.emergencyRotate()
    for (const each of [token, forged]) {
      const answer = await ada.me(each)
      expect([answer.status, answer.header('authorization')]).toEqual([401, null])
    }
    expect(outcome(server)).toBe('retired_key')
  })

  it.each([
    ['the session ended', (server: MockAuthServer) => server.endSessions()],
    ['the session expired', (server: MockAuthServer, sid: string) => server.expireSession(sid)],
    [
      'the token was revoked',
      (server: MockAuthServer, _sid: string, jti: string) => server.revoke(jti)
    ],
    ['the token was expired by the test', (server: MockAuthServer) => server.expireAccessTokens()],
    ['the token version was raised', (server: MockAuthServer) => server.bumpTokenVersion()]
  ])('adds no token to an answer if, during the handler, %s', async (_name, change) => {
    const { server, token } = await signedIn()
    const { sid = '', jti = '' } = claimsOf(token)
    server.rotateKey()
    const request = {
      method: 'GET',
      url: `${base}/api`,
      headers: [['Authorization', `Bearer ${token}`]] as [string, string][]
    }
    const answer = await server.guard(request, ({ reissued }) => {
      expect(reissued).toBe(true)
      change(server, sid, jti)
      return { status: 200, headers: [], setCookies: [], body: '' }
    })
    expect(valuesOf(answer, 'authorization')).toEqual([])
    expect(server.calls.at(-1)).toMatchObject({ outcome: 'accepted', reissued: false })
  })
})

describe('the option reissue.when', () => {
  const keysOf = async (when: MockReissue['when']) => {
    const { server, token } = await signedIn({ reissue: when === undefined ? {} : { when } })
    const current = await guarded(server, token)
    server.rotateKey()
    const old = await guarded(server, token)
    return [current, old].map((answer) => valuesOf(answer, 'authorization').length)
  }

  it('re-issues tokens of an old key by default', async () => {
    expect(await keysOf(undefined)).toEqual([0, 1])
    expect(await keysOf('old-key')).toEqual([0, 1])
  })

  it('re-issues always or never, if set so', async () => {
    expect(await keysOf('always')).toEqual([1, 1])
    expect(await keysOf('never')).toEqual([0, 0])
  })

  it('does not re-issue while a new key is only published', async () => {
    const { server, token } = await signedIn()
    server.publishKey()
    expect(valuesOf(await guarded(server, token), 'authorization')).toEqual([])
  })
})

describe('the re-issue header', () => {
  const shown = async (
    reissue: MockReissue,
    headers: [string, string][] = [],
    contract: AuthContract = {}
  ) => {
    const { server, token } = await signedIn({ reissue, contract })
    server.rotateKey()
    return guarded(server, token, headers)
  }
  const jwt = expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/)
  const odd = (value: string) => (token: string) => value.replaceAll('TOKEN', token)

  it.each([['Authorization'], ['authorization'], ['AUTHORIZATION'], ['X-New-Token']])(
    'is written as %s',
    async (header) => {
      const answer = await shown({}, [], { reissue: { header } })
      expect(answer.headers.map(([name]) => name)).toContain(header)
      expect(valuesOf(answer, 'access-control-expose-headers')).toEqual([header])
      const value = header === 'X-New-Token' ? jwt : expect.stringMatching(/^Bearer eyJ/)
      expect(valuesOf(answer, header)).toEqual([value])
    }
  )

  it('contains the token alone if its scheme is empty', async () => {
    const contract = { reissue: { scheme: '' } }
    expect(valuesOf(await shown({}, [], contract), 'authorization')).toEqual([jwt])
  })

  it('is missing if the contract has none', async () => {
    const answer = await shown({ when: 'always' }, [], { reissue: false })
    expect(answer.headers.filter(([, value]) => value.includes('eyJ'))).toEqual([])
  })

  it.each([
    'bearer TOKEN',
    'Bearer  TOKEN',
    'Bearer TOKEN, Bearer TOKEN',
    'Token TOKEN',
    'Bearer',
    '',
    '  Bearer TOKEN  '
  ])('contains any value that a function returns: "%s"', async (shape) => {
    const [value = ''] = valuesOf(await shown({ value: odd(shape) }), 'authorization')
    expect(value.replaceAll(/eyJ[\w.-]+/g, 'TOKEN')).toBe(shape)
  })

  it.each(['Bearer a\r\nX-Evil: 1', 'a\0b', 'Bearer é€'])(
    'throws a TypeError if the function returns an invalid header value',
    async (bad) => {
      await expect(shown({ value: () => bad })).rejects.toThrow(
        'Option reissue.value: expected a function that returns a header value'
      )
    }
  )

  it('replaces the same header of the handler, regardless of case', async () => {
    const answer = await shown({}, [['authorization', 'Bearer of the handler']])
    expect(valuesOf(answer, 'authorization')).toEqual([expect.stringMatching(/^Bearer eyJ/)])
  })

  it('is exposed beside the headers that the handler exposes', async () => {
    const answer = await shown({}, [['Access-Control-Expose-Headers', 'X-Total, authorization']])
    expect(valuesOf(answer, 'access-control-expose-headers')).toEqual(['X-Total, authorization'])
  })

  it('is not exposed with expose: false, and the handler’s * does not cover it', async () => {
    const answer = await shown({ expose: false }, [['Access-Control-Expose-Headers', '*']])
    expect(valuesOf(answer, 'access-control-expose-headers')).toEqual(['*'])
    expect(valuesOf(answer, 'authorization')).toHaveLength(1)
  })

  it('is optional: a client that cannot read it survives a rotation with its old token and a refresh', async () => {
    const { server, clock, ada, token } = await signedIn({ reissue: { expose: false } })
    const { previousKid } = server.rotateKey()
    clock.advanceSeconds(299)
    expect((await ada.me(token)).status).toBe(200)
    const refreshed = await ada.refresh()
    expect(server.retireKey()).toEqual([previousKid])
    expect((await ada.me(refreshed.token)).status).toBe(200)
  })
})

describe('a shared cache in front of the server', () => {
  /** A bad cache: it respects only `no-store` and `Vary`. */
  function createCache(ask: (token: string) => Promise<WireResponse>) {
    const stored: { readonly token: string; readonly answer: WireResponse }[] = []
    return async (token: string): Promise<WireResponse> => {
      const hit = stored.find(({ token: other, answer }) => {
        const varies = valuesOf(answer, 'vary').join().toLowerCase().includes('authorization')
        return !varies || other === token
      })
      if (hit !== undefined) return hit.answer
      const answer = await ask(token)
      const isKept = !valuesOf(answer, 'cache-control').join().includes('no-store')
      if (isKept) stored.push({ token, answer })
      return answer
    }
  }
  const cached: [string, string][] = [['Cache-Control', 'public, max-age=60']]

  async function twoUsers(reissue: MockReissue) {
    const { server } = await signedIn({ reissue })
    const ada = await server.signIn('ada@example.com')
    const bob = await server.signIn('bob@example.com')
    server.rotateKey()
    const ask = createCache((token) => guarded(server, token, cached))
    return [await ask(ada.accessToken), await ask(bob.accessToken)].map(
      (answer) => claimsOf(bearerOf(answer)).sub
    )
  }

  it('returns to each user their own token by default', async () => {
    expect(await twoUsers({})).toEqual(['user-1', 'user-2'])
  })

  it('returns one user’s token to another with cacheable: true', async () => {
    expect(await twoUsers({ cacheable: true })).toEqual(['user-1', 'user-1'])
  })

  it('gets the cache headers of the handler unchanged if nothing is re-issued', async () => {
    const { server, token } = await signedIn()
    const answer = await guarded(server, token, cached)
    expect(valuesOf(answer, 'cache-control')).toEqual(['public, max-age=60'])
  })

  it('gets no-store on the answers of login, refresh and logout', async () => {
    const { ada } = await signedIn()
    const answers = [await ada.login(), await ada.refresh(), await ada.logout()]
    expect(answers.map((answer) => answer.header('cache-control'))).toEqual(
      Array(3).fill('no-store')
    )
  })
})

describe('refusals.accessToken', () => {
  it.each([
    [undefined, 'expired', 401, 'invalid_token', 'the access token expired'],
    [undefined, undefined, 401, 'missing_token', 'no access token was sent'],
    [401, 'expired', 401, 'invalid_token', 'the access token expired'],
    [[403, 401], 'expired', 403, 'invalid_token', 'Invalid or expired token'],
    [[403, 401], 'foreign-signature', 403, 'invalid_token', 'Invalid or expired token'],
    [[403, 401], undefined, 401, 'missing_token', 'no access token was sent'],
    [403, undefined, 403, 'missing_token', 'No token provided']
  ] as const)('%j answers a token that is %s with %i %s', async (...row) => {
    const [accessToken, forgery, status, error, description] = row
    const { server } = createServerWithClock({ contract: { refusals: { accessToken } } })
    const token = forgery === undefined ? undefined : await server.mint({ forgery })
    const answer = await openBrowser(overWire(server)).me(token)
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      status,
      { error, error_description: description }
    ])
    expect(answer.header('www-authenticate') !== null).toBe(status === 401)
  })

  it('records the reason in the call log even with 403', async () => {
    const { server } = createServerWithClock({ contract: { refusals: { accessToken: 403 } } })
    await openBrowser(overWire(server)).me(await server.mint({ forgery: 'alg-none' }))
    expect(server.calls[0]).toMatchObject({ status: 403, outcome: 'alg_not_allowed' })
  })
})

describe('clockToleranceSeconds', () => {
  const at = (offset: number, claim: 'exp' | 'nbf') => async (clockToleranceSeconds: number) => {
    const { server, clock } = createServerWithClock({ clockToleranceSeconds })
    const token = await server.mint({ claims: { [claim]: clock.nowMs / 1000 + offset } })
    await openBrowser(overWire(server)).me(token)
    return outcome(server)
  }
  it.each([
    ['exp', 1, 0, 'accepted'],
    ['exp', 0, 0, 'token_expired'],
    ['exp', 0, 1, 'accepted'],
    ['exp', -1, 1, 'token_expired'],
    ['exp', -29, 30, 'accepted'],
    ['exp', -30, 30, 'token_expired'],
    ['nbf', 0, 0, 'accepted'],
    ['nbf', 1, 0, 'token_not_yet_valid'],
    ['nbf', 30, 30, 'accepted'],
    ['nbf', 31, 30, 'token_not_yet_valid']
  ] as const)(
    'an %s of %i s from now with a tolerance of %i s has the outcome %s',
    async (...row) => {
      const [claim, offset, tolerance, expected] = row
      expect(await at(offset, claim)(tolerance)).toBe(expected)
    }
  )

  it('accepts an own token for as long after its exp', async () => {
    const { server, clock, ada, token } = await signedIn({ clockToleranceSeconds: 30 })
    clock.advanceSeconds(329)
    await server.signIn()
    expect((await ada.me(token)).status).toBe(200)
    clock.advanceSeconds(1)
    expect((await ada.me(token)).status).toBe(401)
    expect(outcome(server)).toBe('token_expired')
  })
})
