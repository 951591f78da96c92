// Lifetime of a token: read from any form of `expires_in`, and bounded by the claims of the token.
import type { AuthClientOptions } from 'everbearer'
import { expect, it } from 'vitest'
import {
  credentials,
  type HandWrittenServer,
  json,
  routes,
  setUpServer
} from '../support/setups/hand-written-server.ts'
import { jwt, readClaims } from '../support/tokens.ts'

interface Claimed {
  readonly iat?: number | undefined
  readonly exp: number
}

/** A server without `expires_in`: its tokens have only these claims. */
function serverOfClaims(
  claimsAt: (nowSeconds: number, signedInAtSeconds: number) => Claimed,
  headersAt: (nowSeconds: number) => Readonly<Record<string, string>> = () => ({})
): HandWrittenServer {
  let signedInAt = 0
  let issued = 0
  const issue: HandWrittenServer = ({ atSeconds }) => {
    if (signedInAt === 0) signedInAt = atSeconds
    issued += 1
    const token = jwt({ sub: '1', jti: String(issued), ...claimsAt(atSeconds, signedInAt) })
    return json(200, { access_token: token }, headersAt(atSeconds))
  }
  return routes({
    'POST /login': issue,
    'POST /refresh': issue,
    'GET /me': ({ token, atSeconds }) =>
      json(token !== undefined && readClaims(token).exp > atSeconds ? 200 : 401, {})
  })
}

/** Asks for a token, and sends a request, once a minute for an hour. */
async function useForAnHour(
  server: HandWrittenServer,
  options: AuthClientOptions = {},
  deviceOffsetMs = 0
) {
  const { auth, clock, pass, requests, sentTo } = setUpServer(server, options, deviceOffsetMs)
  await auth.login(credentials)
  let dead = 0
  for (let minute = 0; minute < 60; minute += 1) {
    await pass(60_000, 5_000)
    const { exp } = readClaims(await auth.getAccessToken())
    if (exp * 1000 <= clock.trueNow()) dead += 1
    await auth.axios.get('/me')
  }
  const refused = requests.filter(({ path, token, atSeconds }) => {
    return path === '/me' && token !== undefined && readClaims(token).exp <= atSeconds
  })
  return { dead, refused: refused.length, refreshes: sentTo('/refresh').length }
}

const date = (atSeconds: number) => ({ Date: new Date(atSeconds * 1000).toUTCString() })

it('returns only live tokens if refreshed tokens keep the `iat` of the sign-in', async () => {
  const server = serverOfClaims((now, signedInAt) => ({ iat: signedInAt, exp: now + 300 }))
  const { dead, refused, refreshes } = await useForAnHour(server)
  expect({ dead, refused }).toEqual({ dead: 0, refused: 0 })
  expect(refreshes).toBeGreaterThan(10)
  expect(refreshes).toBeLessThan(25)
})

it('refreshes ahead of an `exp` that stands alone in the token', async () => {
  const { dead, refused, refreshes } = await useForAnHour(
    serverOfClaims((now) => ({ exp: now + 300 }))
  )
  expect({ dead, refused }).toEqual({ dead: 0, refused: 0 })
  expect(refreshes).toBeLessThan(25)
})

it.each([
  ['behind', -3_600_000],
  ['ahead', 3_600_000]
])(
  'measures `exp` against the `Date` of the answer if the device is an hour %s',
  async (_, offsetMs) => {
    const server = serverOfClaims((now) => ({ exp: now + 300 }), date)
    const { dead, refused, refreshes } = await useForAnHour(server, {}, offsetMs)
    expect({ dead, refused }).toEqual({ dead: 0, refused: 0 })
    expect(refreshes).toBeLessThan(25)
  }
)

it('replays a request whenever a wrong clock hides the `exp` of its token', async () => {
  const { auth, pass, sentTo } = setUpServer(
    serverOfClaims((now) => ({ exp: now + 300 })),
    {},
    -3_600_000
  )
  await auth.login(credentials)
  await pass(310_000, 10_000)
  expect((await auth.axios.get('/me')).status).toBe(200)
  expect(sentTo('/refresh').length).toBeGreaterThan(0)
})

it('replays each refused request, without a loop, if a wrong clock makes each token look expired', async () => {
  const server = serverOfClaims((now) => ({ exp: now + 300 }))
  const { refused, refreshes } = await useForAnHour(server, {}, 3_600_000)
  expect(refused).toBeLessThan(15)
  expect(refreshes).toBeLessThan(130)
})

const lifetimes: readonly (readonly [string, unknown])[] = [
  ['the text 15m', '15m'],
  ['the text 1h, which the token contradicts', '1h'],
  ['the text 3600s, which the token contradicts', '3600s'],
  ['0', 0],
  ['-1', -1],
  ['an ISO date', '2026-01-01T00:15:00.000Z'],
  ['the text 899.5', '899.5'],
  ['milliseconds', 900_000],
  ['a time in seconds since the epoch', Date.parse('2026-01-01T00:15:00Z') / 1000],
  ['a time in milliseconds since the epoch', Date.parse('2026-01-01T00:15:00Z')]
]

it.each(lifetimes)(
  'plans by 900 seconds if the claims say so and `expires_in` is %s',
  async (_, expires_in) => {
    const { auth, events } = setUpServer(
      routes({
        'POST /login': ({ atSeconds: iat }) =>
          json(200, { access_token: jwt({ sub: '1', iat, exp: iat + 900 }), expires_in })
      })
    )
    await auth.login(credentials)
    const { lifetimeSeconds } = signedIn(events)
    expect(lifetimeSeconds).toBeGreaterThan(899)
    expect(lifetimeSeconds).toBeLessThanOrEqual(900)
  }
)

it.each([['1h'], [900_000]])(
  'warns the developer once that `expires_in` %j contradicts the claims',
  async (expires_in) => {
    const { auth, warnings, settle, pass } = setUpServer(
      routes({
        'POST /login': ({ atSeconds: iat }) =>
          json(200, { access_token: jwt({ sub: '1', iat, exp: iat + 900 }), expires_in }),
        'POST /refresh': ({ atSeconds: iat }) =>
          json(200, { access_token: jwt({ sub: '1', iat, exp: iat + 900 }), expires_in })
      })
    )
    await auth.login(credentials)
    await pass(3_600_000, 60_000)
    await settle()
    expect(warnings.filter((warning) => warning.includes('expiresIn'))).toHaveLength(1)
  }
)

it('reads the milliseconds of an opaque token by a contract of one line', async () => {
  const { auth, events } = setUpServer(
    routes({
      'POST /login': () => json(200, { data: { access_token: 'opaque', expires: 900_000 } })
    }),
    {
      contract: {
        tokens: { accessToken: 'data.access_token', expiresIn: { at: 'data.expires', unit: 'ms' } }
      }
    }
  )
  await auth.login(credentials)
  expect(signedIn(events).lifetimeSeconds).toBe(900)
})

/** The lifetime of the token that a sign-in returned. */
function signedIn(events: readonly { readonly name: string; readonly event: unknown }[]) {
  const { event } = events.find(({ name }) => name === 'signed-in') ?? {}
  return Reflect.get(Object(event), 'token') as { readonly lifetimeSeconds: number | undefined }
}

const mistaken: readonly (readonly [string, object, object])[] = [
  [
    'seconds that the contract reads as milliseconds',
    { expires_in: 900 },
    { at: 'expires_in', unit: 'ms' }
  ],
  [
    'a date, by a clock that is ahead',
    { expires_at: '2026-01-01T00:15:00Z' },
    { at: 'expires_at', unit: 'date' }
  ]
]

it.each(mistaken)('does not refresh constantly by %s', async (_, lifetime, expiresIn) => {
  let issued = 0
  const issue = () => {
    issued += 1
    return json(200, { access_token: `t${issued}`, ...lifetime })
  }
  const { auth, pass, sentTo } = setUpServer(
    routes({ 'POST /login': issue, 'POST /refresh': issue }),
    { contract: { tokens: { expiresIn } } } as AuthClientOptions,
    898_500
  )
  await auth.login(credentials)
  await pass(60_000, 100)
  expect(sentTo('/refresh')).toEqual([])
})
