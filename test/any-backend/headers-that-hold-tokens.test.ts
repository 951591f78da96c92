// Headers that hold tokens: the contract names them, for requests and for re-issued tokens.
import type { AuthContract } from 'everbearer'
import { describe, expect, it } from 'vitest'
import { credentials, json, routes, setUpServer } from '../support/setups/hand-written-server.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'
import { jwt } from '../support/tokens.ts'

const attaching: readonly (readonly [string, AuthContract['attach'], string, string])[] = [
  ['X-Auth-Token alone', { header: 'X-Auth-Token' }, 'X-Auth-Token', 'first'],
  ['Authorization: Token', { scheme: 'Token' }, 'Authorization', 'Token first'],
  ['Authorization: JWT', { scheme: 'JWT' }, 'Authorization', 'JWT first'],
  ['X-MS-Auth: Bearer', { header: 'X-MS-Auth', scheme: 'Bearer' }, 'X-MS-Auth', 'Bearer first']
]

describe.each(attaching)('a backend that reads its token from %s', (_, attach, name, value) => {
  function setUp() {
    return setUpServer(
      routes({
        'POST /login': () => json(200, { access_token: 'first' }),
        'POST /refresh': () => json(200, { access_token: 'second' }),
        'GET /me': ({ headers }) =>
          json(headers.get(name) === value.replace('first', 'second') ? 200 : 401, {})
      }),
      { contract: attach === undefined ? {} : { attach } }
    )
  }

  it('gets it there over axios and fetch, and again after a refusal', async () => {
    const { auth, sentTo } = setUp()
    await auth.login(credentials)
    expect((await auth.axios.get('/me')).status).toBe(200)
    expect((await auth.fetch(`${apiOrigin}/me`)).status).toBe(200)
    expect(sentTo('/me').map(({ headers }) => headers.get(name))).toEqual([
      value,
      value.replace('first', 'second'),
      value.replace('first', 'second')
    ])
  })
})

it('leaves Authorization to the host if tokens travel in another header', async () => {
  const { auth, sentTo } = setUpServer(
    routes({
      'POST /login': () => json(200, { access_token: 'first' }),
      'GET /me': () => json(200, {})
    }),
    { contract: { attach: { header: 'X-Auth-Token', scheme: '' } } }
  )
  await auth.login(credentials)
  await auth.axios.get('/me', { headers: { Authorization: 'Basic aG9zdA==' } })
  await auth.fetch(`${apiOrigin}/me`, { headers: { Authorization: 'Basic aG9zdA==' } })
  const headers = sentTo('/me').map((request) => request.headers)
  expect(headers.map((sent) => sent.get('X-Auth-Token'))).toEqual(['first', 'first'])
  expect(headers.map((sent) => sent.get('Authorization'))).toEqual([
    'Basic aG9zdA==',
    'Basic aG9zdA=='
  ])
})

/** Lets an answer re-issue the token in this spelling, and reads what the next request carries. */
async function useReissued(
  contract: AuthContract,
  spell: (token: string) => string,
  header = 'X-New-Token'
) {
  const iat = Date.parse('2026-01-01T00:00:00Z') / 1000
  const first = jwt({ sub: '1', iat, exp: iat + 300 })
  const second = jwt({ sub: '1', iat: iat + 60, exp: iat + 360 })
  const { auth, pass, sentTo } = setUpServer(
    routes({
      'POST /login': () => json(200, { access_token: first }),
      'GET /me': () => json(200, {}, { [header]: spell(second) }),
      'GET /next': () => json(200, {})
    }),
    { contract }
  )
  await auth.login(credentials)
  await pass(60_000)
  await auth.axios.get('/me')
  await auth.axios.get('/next')
  const token = sentTo('/next')[0]?.token
  return token === second ? 'adopted' : token === first ? 'kept' : token
}

const reissuing: readonly (readonly [
  string,
  AuthContract['reissue'],
  (token: string) => string
])[] = [
  ['Bearer', { header: 'X-New-Token', scheme: 'Bearer' }, (token) => `Bearer ${token}`],
  ['bearer', { header: 'X-New-Token', scheme: 'Bearer' }, (token) => `bearer ${token}`],
  ['bare', { header: 'X-New-Token' }, (token) => token],
  ['JWT', { header: 'X-New-Token', scheme: 'JWT' }, (token) => `JWT ${token}`]
]

it.each(reissuing)(
  'adopts the next token of a sliding session from a header that spells it %s',
  async (_, reissue, spell) => {
    expect(await useReissued({ reissue }, spell)).toBe('adopted')
  }
)

it('keeps a JWT if the header for the next one quotes it', async () => {
  const reissue = { header: 'X-New-Token', scheme: '' }
  expect(await useReissued({ reissue }, (token) => `"${token}"`)).toBe('kept')
})

it('keeps its token if the contract says that the backend re-issues none', async () => {
  const spell = (token: string) => `Bearer ${token}`
  expect(await useReissued({}, spell, 'Authorization')).toBe('adopted')
  expect(await useReissued({ reissue: false }, spell, 'Authorization')).toBe('kept')
})
