// Sign-out by contract: the session that each credential ends.
import type { AuthContract } from 'everbearer'
import { expect, it } from 'vitest'
import { createCaller } from './caller.ts'

interface Presented {
  readonly accessToken: string
  readonly refreshToken: string
}
type Present = (session: Presented) => {
  readonly headers?: Record<string, string>
  readonly body?: object
}

const byAccessToken: Present = ({ accessToken }) => ({
  headers: { Authorization: `Bearer ${accessToken}` }
})
const byCookie: Present = ({ refreshToken }) => ({
  headers: { Cookie: `refresh_token=${refreshToken}` }
})
const byField: Present = ({ refreshToken: refresh_token }) => ({ body: { refresh_token } })
const byToken = { credential: 'refresh-token' } as const

type Row = readonly [by: string, AuthContract, Present, effect: 'ended' | 'kept' | 'refused']

const rows: readonly Row[] = [
  ['the refresh cookie', {}, byCookie, 'ended'],
  ['the access token', {}, byAccessToken, 'ended'],
  ['nothing', {}, () => ({}), 'kept'],
  [
    'an access token that the request does not carry',
    { logout: { accessToken: false } },
    byAccessToken,
    'kept'
  ],
  ['the access token', { refresh: { credential: 'access-token' } }, byAccessToken, 'ended'],
  ['a cookie', { refresh: { credential: 'access-token' } }, byCookie, 'refused'],
  ['the refresh token', { refresh: byToken }, byField, 'ended'],
  ['the access token', { refresh: byToken }, byAccessToken, 'ended'],
  ['a cookie', { refresh: byToken }, byCookie, 'kept'],
  [
    'a refresh token that the request does not carry',
    { refresh: byToken, logout: { refreshToken: false } },
    byField,
    'refused'
  ],
  [
    'the refresh token of RFC 7009',
    { refresh: byToken, logout: { refreshToken: 'token' } },
    ({ refreshToken: token }) => ({ body: { token } }),
    'ended'
  ],
  [
    'the refresh token in a header',
    { refresh: byToken, logout: { refreshToken: { header: 'X-Refresh' } } },
    ({ refreshToken }) => ({ headers: { 'X-Refresh': String(refreshToken) } }),
    'ended'
  ],
  ['the access token', { refresh: false }, byAccessToken, 'ended'],
  [
    'the access token',
    { attach: { header: 'X-Token' } },
    ({ accessToken }) => ({ headers: { 'X-Token': accessToken } }),
    'ended'
  ]
]

it.each(rows.map(([by, contract, present, effect]) => ({ by, contract, present, effect })))(
  'a sign-out by $by has the effect "$effect" with $contract',
  async (row) => {
    const { contract, present, effect } = row
    const { server, call } = createCaller(contract)
    const [ada, other] = [await server.signIn(), await server.signIn()]
    const { status } = await call('POST /logout', { body: {}, ...present(ada) })
    const { sid, outcome } = server.calls.at(-1) ?? {}
    const isEnded = effect === 'ended'
    expect([status, outcome]).toEqual(
      effect === 'refused' ? [401, 'missing_token'] : [204, 'signed_out']
    )
    expect(sid).toBe(isEnded ? ada.sid : undefined)
    const left = server.sessions.map((session) => session.sid)
    expect(left).toEqual(isEnded ? [other.sid] : [ada.sid, other.sid])
  }
)

it.each<[string, AuthContract, number]>([
  ['only credential', { refresh: false }, 401],
  ['only credential', { refresh: { credential: 'access-token' } }, 401],
  ['only credential', { refresh: byToken, logout: { refreshToken: false } }, 401],
  ['only credential', { refresh: false, refusals: { accessToken: 403 } }, 403],
  ['second credential', {}, 204],
  ['second credential', { refresh: byToken }, 204],
  ['ignored credential', { refresh: false, logout: { accessToken: false } }, 204]
])('an expired access token as %s with %j is answered %i', async (_name, contract, status) => {
  const { server, call, advanceSeconds } = createCaller(contract)
  const { accessToken } = await server.signIn()
  advanceSeconds(400)
  const headers = { Authorization: `Bearer ${accessToken}` }
  expect((await call('POST /logout', { headers, body: {} })).status).toBe(status)
  expect(server.calls.at(-1)?.outcome).toBe(status === 204 ? 'signed_out' : 'token_expired')
})

it('ends both sessions if the cookie and the access token belong to different ones', async () => {
  const { server, call } = createCaller({})
  const [one, other] = [await server.signIn(), await server.signIn()]
  const headers = { ...byCookie(one).headers, ...byAccessToken(other).headers }
  await call('POST /logout', { headers, body: {} })
  expect([server.sessions, server.calls[0]?.sid]).toEqual([[], one.sid])
})

it('accepts an expired access token beside the cookie', async () => {
  const { server, call, advanceSeconds } = createCaller({})
  const ada = await server.signIn()
  advanceSeconds(400)
  const headers = { ...byCookie(ada).headers, ...byAccessToken(ada).headers }
  expect((await call('POST /logout', { headers, body: {} })).status).toBe(204)
  expect(server.sessions).toEqual([])
})

it('does not end a session by a token of another issuer', async () => {
  const other = createCaller({}, { issuer: 'https://other.test', alg: 'ES256' }).server
  const jwks = await other.fetch(new Request('http://localhost/.well-known/jwks.json'))
  const issuers = [{ issuer: 'https://other.test', jwks: (await jwks.json()) as { keys: [] } }]
  const { server, call } = createCaller({}, { issuers })
  const { sid } = await server.signIn()
  const token = await other.mint({ claims: { sid } })
  await call('POST /logout', { headers: { Authorization: `Bearer ${token}` }, body: {} })
  expect(server.sessions).toHaveLength(1)
})
