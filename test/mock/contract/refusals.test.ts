// Refusals by contract: the answers that refuse a token, a session, a visitor or credentials, and
// the answer that confirms a sign-out.
import type { AnswerRules, AuthContract } from 'everbearer'
import { describe, expect, it } from 'vitest'
import { type Answer, createCaller, credentials } from './caller.ts'

/** Status, body and challenge of an answer. */
const seen = ({ status, body, text, header }: Answer) => [
  status,
  body ?? text,
  header('www-authenticate')
]

const challenge = 'Bearer error="invalid_token", error_description="the access token was revoked"'
const usual = { error: 'invalid_token', error_description: 'the access token was revoked' }
const vague = { error: 'invalid_token', error_description: 'Invalid or expired token' }

describe('a refused access token', () => {
  it.each<[string, AnswerRules | undefined, unknown[]]>([
    ['no rule', undefined, [401, usual, challenge]],
    ['401', 401, [401, usual, challenge]],
    ['another status', 419, [419, vague, undefined]],
    ['the first of several', [{ status: 403 }, { status: 401 }], [403, vague, undefined]],
    ['the first status of a list', { status: [498, 401] }, [498, vague, undefined]],
    [
      'the body of GraphQL',
      { status: 200, body: { 'errors.0.extensions.code': 'UNAUTHENTICATED' } },
      [200, { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }, undefined]
    ],
    [
      'values of all types',
      { body: { code: 7, ok: false, data: null } },
      [401, { code: 7, ok: false, data: null }, challenge]
    ],
    ['a text', { status: 403, text: 'expired token' }, [403, vague, undefined]],
    [
      'a text that the usual body does not contain',
      { status: 403, text: 'jwt expired' },
      [403, { error: 'invalid_token', error_description: 'jwt expired' }, undefined]
    ],
    ['a text that JSON escapes', { text: 'say "no"' }, [401, 'say "no"', challenge]],
    [
      'a text and a body',
      { text: 'jwt expired', body: { code: 1 } },
      [401, { code: 1, message: 'jwt expired' }, challenge]
    ],
    [
      'a challenge',
      { challenge: { scheme: 'Token', error: 'expired', realm: 'a "b"' } },
      [401, usual, 'Token error="expired", realm="a \\"b\\""']
    ],
    ['a challenge with a scheme only', { challenge: { scheme: 'DPoP' } }, [401, usual, 'DPoP']],
    [
      'a challenge of a status that usually has none',
      { status: 403, challenge: { error: 'invalid_token' } },
      [403, vague, 'Bearer error="invalid_token"']
    ],
    [
      'a status without a body',
      { status: 204, challenge: { error: 'invalid_token' } },
      [204, '', 'Bearer error="invalid_token"']
    ],
    [
      'the first that can be written',
      [{ status: 302 }, { status: 204, text: 'x' }, { body: { a: 1, 'a.b': 2 } }, 440],
      [440, vague, undefined]
    ]
  ])('is answered as the contract says: %s', async (_name, accessToken, expected) => {
    const { server, call, outcomes } = createCaller({ refusals: { accessToken } })
    const { accessToken: token } = await server.signIn()
    server.revokeAccessTokens()
    const headers = { Authorization: `Bearer ${token}` }
    expect(seen(await call('GET /me', { headers }))).toEqual(expected)
    expect(outcomes()).toEqual(['token_revoked'])
  })

  it.each<[string, AnswerRules | undefined, number]>([
    ['no rule', undefined, 401],
    ['rules of which one may be 401', [403, { status: [419, 401] }], 401],
    ['a rule for any status', { text: 'expired' }, 401],
    ['rules for other statuses only', [419, 403], 419]
  ])('that is missing is answered by %s', async (_name, accessToken, status) => {
    const { call, outcomes } = createCaller({ refusals: { accessToken } })
    const answer = await call('GET /me')
    expect([answer.status, outcomes()]).toEqual([status, ['missing_token']])
    expect(answer.header('www-authenticate')).toBe(status === 401 ? 'Bearer' : undefined)
  })

  it('gets a challenge with the scheme of the contract', async () => {
    const answer = await createCaller({ attach: { scheme: 'Token' } }).call('GET /me')
    expect(answer.header('www-authenticate')).toBe('Token')
  })

  it('exposes the challenge of a rule to pages of other origins', async () => {
    const accessToken = { challenge: { error: 'invalid_token' } }
    const { call } = createCaller({ refusals: { accessToken } })
    const headers = { Authorization: 'Bearer x.y.z', Origin: 'http://localhost:3000' }
    const answer = await call('GET /me', { headers })
    expect(answer.header('access-control-expose-headers')).toBe('WWW-Authenticate')
  })

  it('is refused in the same way by a guarded handler', async () => {
    const accessToken = [{ status: 200, body: { code: 'EXPIRED' } }, 401]
    const { server, outcomes } = createCaller({ refusals: { accessToken } })
    const handler = server.protect(() => Response.json({ data: 'secret' }))
    const response = await handler(new Request('http://localhost/graphql', { method: 'POST' }))
    expect([response.status, await response.json()]).toEqual([
      401,
      { error: 'missing_token', error_description: 'no access token was sent' }
    ])
    const token = await server.mint({ forgery: 'expired' })
    const headers = { Authorization: `Bearer ${token}` }
    const refused = await handler(new Request('http://localhost/graphql', { headers }))
    expect([refused.status, await refused.json()]).toEqual([200, { code: 'EXPIRED' }])
    expect(outcomes()).toEqual(['missing_token', 'token_expired'])
  })
})

describe('a refused refresh', () => {
  const byToken = { credential: 'refresh-token' } as const
  const unknown = { refresh_token: 'unknown' }
  it.each<[string, AuthContract, object, unknown[]]>([
    ['a visitor', {}, {}, [401, 'invalid_grant', 'no_cookie']],
    ['a visitor', { refresh: byToken }, {}, [400, 'invalid_request', 'no_cookie']],
    ['a session', { refresh: byToken }, unknown, [400, 'invalid_grant', 'unknown_session']],
    [
      'a session',
      { refresh: byToken, refusals: { session: 410 } },
      unknown,
      [410, 'invalid_grant', 'unknown_session']
    ],
    [
      'a session',
      { refresh: byToken, refusals: { session: { status: 200, body: { error: 'over' } } } },
      unknown,
      [200, 'over', 'unknown_session']
    ],
    [
      'a visitor, by the rule for sessions',
      { refresh: byToken, refusals: { session: 410 } },
      {},
      [410, 'invalid_request', 'no_cookie']
    ],
    [
      'a visitor',
      { refresh: byToken, refusals: { session: 410, noSession: 404 } },
      {},
      [404, 'invalid_request', 'no_cookie']
    ],
    [
      'a session',
      { refresh: byToken, refusals: { noSession: 404 } },
      unknown,
      [400, 'invalid_grant', 'unknown_session']
    ],
    [
      'a visitor without a body',
      { refusals: { noSession: 204 } },
      {},
      [204, undefined, 'no_cookie']
    ]
  ])('of %s with %j is answered %j', async (_name, contract, body, expected) => {
    const { call, outcomes } = createCaller(contract)
    const answer = await call('POST /refresh', { body })
    const { error } = (answer.body ?? {}) as { error?: string }
    expect([answer.status, error, ...outcomes()]).toEqual(expected)
  })

  it.each<[AuthContract['refusals'], unknown[]]>([
    [{}, [401, 401]],
    [{ accessToken: 403 }, [401, 401]],
    [{ session: [403, 401] }, [403, 403]],
    [{ session: 403, noSession: 401 }, [403, 401]]
  ])(
    'by access token with %j is answered %j if it is expired, missing',
    async (refusals, expected) => {
      const refresh = { credential: 'access-token' } as const
      const { server, call, outcomes } = createCaller({ refresh, refusals: refusals ?? {} })
      const token = await server.mint({ forgery: 'expired' })
      const headers = { Authorization: `Bearer ${token}` }
      const statuses = [
        (await call('POST /refresh', { headers, body: {} })).status,
        (await call('POST /refresh', { body: {} })).status
      ]
      expect(outcomes()).toEqual(['token_expired', 'missing_token'])
      expect(statuses).toEqual(expected)
    }
  )
})

it.each<[AnswerRules | undefined, number, object]>([
  [undefined, 401, { error: 'invalid_grant' }],
  [400, 400, { error: 'invalid_grant' }],
  [{ status: 422, body: { 'errors.email': 'wrong' } }, 422, { errors: { email: 'wrong' } }],
  [{ status: 200, body: { success: false } }, 200, { success: false }]
])('a wrong password with the rules %j is answered %i', async (rules, status, body) => {
  const { call, outcomes } = createCaller({ refusals: { credentials: rules } })
  const answer = await call('POST /login', { body: { ...credentials, password: 'x' } })
  expect(answer).toMatchObject({ status, body })
  expect([answer.setCookies, outcomes()]).toEqual([[], ['bad_credentials']])
})

it.each<[AnswerRules | undefined, number, unknown, string | undefined]>([
  [undefined, 204, '', undefined],
  [205, 205, '', undefined],
  [200, 200, '', undefined],
  [{ status: 200, body: { revoked: true } }, 200, { revoked: true }, 'application/json'],
  [{ body: { 'data.ok': true } }, 200, { data: { ok: true } }, 'application/json'],
  [{ text: 'bye' }, 200, { message: 'bye' }, 'application/json']
])('a sign-out with the rule %j is confirmed by %i %j', async (confirmedBy, ...expected) => {
  const { call, outcomes } = createCaller({ logout: { confirmedBy } })
  const { status, body, text, header } = await call('POST /logout', { body: {} })
  expect([status, body ?? text, header('content-type')]).toEqual(expected)
  expect([header('cache-control'), outcomes()]).toEqual(['no-store', ['signed_out']])
})
