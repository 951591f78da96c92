// I3: values that are not a usable token of this session do not replace the held token.
import { AxiosHeaders } from 'axios'
import { expect, it } from 'vitest'
import { type ClientSetup, setUpClient } from '../support/setups/test-client.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'
import { jwt } from '../support/tokens.ts'

const issuedAt = 1_767_225_600

/** Sends a request that a server or a cache answers with these headers. */
async function receive({ auth }: ClientSetup, headers: Record<string, string>): Promise<string> {
  await auth.axios.get('/items', {
    adapter: async (config) => ({
      status: 200,
      statusText: '',
      headers: new AxiosHeaders(headers),
      data: {},
      config,
      request: { responseURL: `${apiOrigin}/items` }
    })
  })
  return auth.getAccessToken()
}

function refusalsIn({ events }: ClientSetup): unknown[] {
  return events
    .filter(({ name }) => name === 'reissue-refused')
    .map(({ event }) => Reflect.get(Object(event), 'refusal'))
}

async function signIn({ auth }: ClientSetup, accessToken: string): Promise<void> {
  await auth.login(async () => ({ access_token: accessToken, expires_in: 300 }))
}

const part = (text: string) => Buffer.from(text).toString('base64url')

it.each([
  ['undefined', 'undefined', 'malformed'],
  ['null', 'null', 'malformed'],
  ['None', 'None', 'malformed'],
  ['three letters', 'a.b.c', 'not-a-jwt'],
  ['a text', 'not-a-jwt', 'not-a-jwt'],
  [
    'a JWT with broken JSON',
    `${part('{"alg":"HS256"}')}.${part('{"sub":"u1",')}.c2ln`,
    'not-a-jwt'
  ],
  ['an expired JWT without iat', jwt({ sub: 'u1', exp: issuedAt - 60 }), 'expired'],
  ['a JWT with exp before iat', jwt({ sub: 'u1', iat: issuedAt + 60, exp: issuedAt }), 'expired']
])('keeps the held JWT if the re-issue header holds %s', async (_, value, refusal) => {
  const setup = setUpClient()
  const held = jwt({ sub: 'u1', iat: issuedAt })
  await signIn(setup, held)
  expect(await receive(setup, { Authorization: `Bearer ${value}` })).toBe(held)
  expect(refusalsIn(setup)).toEqual([refusal])
})

it.each(['undefined', 'NULL', 'none', 'nil', 'false', '[object Object]'])(
  'keeps the held opaque token if the re-issue header holds %s',
  async (value) => {
    const setup = setUpClient()
    await signIn(setup, 'opaque-1')
    expect(await receive(setup, { Authorization: `Bearer ${value}` })).toBe('opaque-1')
    expect(refusalsIn(setup)).toEqual(['malformed'])
  }
)

it('keeps the held JWT if the re-issued one had expired when its answer was sent', async () => {
  const setup = setUpClient()
  const held = jwt({ sub: 'u1', iat: issuedAt, exp: issuedAt + 300 })
  await signIn(setup, held)
  const dead = jwt({ sub: 'u1', iat: issuedAt + 10, exp: issuedAt + 20 })
  const headers = {
    Authorization: `Bearer ${dead}`,
    Date: new Date((issuedAt + 30) * 1000).toUTCString()
  }
  expect(await receive(setup, headers)).toBe(held)
  expect(refusalsIn(setup)).toEqual(['expired'])
})

it('refuses the token of an earlier session that a cache replays, if no token names a user', async () => {
  const setup = setUpClient()
  await signIn(setup, 'ada-1')
  expect(await receive(setup, { Authorization: 'Bearer ada-2' })).toBe('ada-2')
  await setup.auth.logout()
  await signIn(setup, 'grace-1')
  for (const old of ['ada-2', 'ada-1']) {
    expect(await receive(setup, { Authorization: `Bearer ${old}` })).toBe('grace-1')
  }
  expect(refusalsIn(setup)).toEqual(['not-newer', 'not-newer'])
})

it('refuses a token that a cache replays, if it was issued in the second of the sign-in and names no user', async () => {
  const setup = setUpClient()
  const held = jwt({ jti: 'grace-1', iat: issuedAt, exp: issuedAt + 300 })
  await signIn(setup, held)
  const foreign = jwt({ jti: 'ada-2', iat: issuedAt, exp: issuedAt + 300 })
  expect(await receive(setup, { Authorization: `Bearer ${foreign}` })).toBe(held)
  expect(refusalsIn(setup)).toEqual(['not-newer'])
  // The server re-issues the token of this user again with its next answer.
  const own = jwt({ jti: 'grace-2', iat: issuedAt + 1, exp: issuedAt + 301 })
  expect(await receive(setup, { Authorization: `Bearer ${own}` })).toBe(own)
})

it.each([
  ['is older than the sign-in', { Date: new Date((issuedAt - 1) * 1000).toUTCString() }],
  ['was stored by a shared cache', { Age: '7' }]
])('refuses an opaque token if its answer %s', async (_, headers) => {
  const setup = setUpClient({
    platform: {
      fetch: async () =>
        Response.json(
          { access_token: 'grace-1', expires_in: 300 },
          { headers: { Date: new Date(issuedAt * 1000).toUTCString() } }
        )
    }
  })
  await setup.auth.login({ email: 'grace@example.com' })
  expect(await receive(setup, { Authorization: 'Bearer ada-2', ...headers })).toBe('grace-1')
  expect(refusalsIn(setup)).toEqual(['from-cache'])
  const Now = { Date: new Date(issuedAt * 1000).toUTCString(), Age: '0' }
  expect(await receive(setup, { Authorization: 'Bearer grace-2', ...Now })).toBe('grace-2')
})
