// Opaque tokens, and JWTs without some claims: refreshed by `expires_in`, or after a 401.
import { expect, it } from 'vitest'
import { type Mint, setUpTokenServer } from '../support/setups/any-token-server.ts'
import { jwt } from '../support/tokens.ts'

const credentials = { email: 'ada' }
const acceptedSeconds = 60

const timed: readonly [string, Mint][] = [
  [
    'opaque ones with expires_in',
    (nth) => ({
      body: { access_token: `opaque-${nth}`, expires_in: acceptedSeconds },
      acceptedSeconds
    })
  ],
  [
    'opaque ones in camelCase',
    (nth) => ({
      body: { access_token: `opaque-${nth}`, expiresIn: acceptedSeconds },
      acceptedSeconds
    })
  ],
  [
    'opaque ones with dots and a lifetime as a string',
    (nth) => ({ body: { access_token: `a.b.${nth}`, expires_in: '60' }, acceptedSeconds })
  ],
  [
    'JWTs without exp',
    (nth) => ({
      body: { access_token: jwt({ sub: 'ada', jti: String(nth) }), expires_in: acceptedSeconds },
      acceptedSeconds
    })
  ],
  [
    'JWTs without expires_in',
    (nth, nowMs) => ({
      body: { access_token: jwt({ jti: nth, iat: nowMs / 1000, exp: nowMs / 1000 + 60 }) },
      acceptedSeconds
    })
  ],
  [
    'JWTs without iat and expires_in',
    (nth, nowMs) => ({
      body: { access_token: jwt({ jti: nth, exp: nowMs / 1000 + 60 }) },
      acceptedSeconds
    })
  ],
  [
    'JWTs with claims that contradict expires_in',
    (nth, nowMs) => ({
      body: {
        access_token: jwt({ jti: nth, iat: nowMs / 1000, exp: nowMs / 1000 + 999 }),
        expires_in: acceptedSeconds
      },
      acceptedSeconds
    })
  ]
]
const untimed: readonly [string, Mint][] = [
  ['opaque ones', (nth) => ({ body: { access_token: `opaque-${nth}` }, acceptedSeconds })],
  [
    'opaque ones with expires_in null',
    (nth) => ({ body: { access_token: `opaque-${nth}`, expires_in: null }, acceptedSeconds })
  ],
  [
    'JWTs without claims',
    (nth) => ({ body: { access_token: jwt({ jti: nth }) }, acceptedSeconds })
  ],
  [
    'JWTs with claims of the wrong type',
    (nth) => ({ body: { access_token: jwt({ jti: nth, iat: 'now', exp: null }) }, acceptedSeconds })
  ]
]

it.each(timed)('refreshes before the token expires: %s', async (_, mint) => {
  const { auth, browser, clock, refreshedAt, statuses } = setUpTokenServer(mint)
  await auth.login(credentials)
  const startMs = clock.trueNow()
  for (let second = 0; second < 300; second += 1) {
    clock.tick(1_000)
    await auth.axios.get('/me')
    await browser.idle()
  }
  expect(statuses).toEqual(Array(300).fill(200))
  expect(refreshedAt.map((at) => at - startMs)).toEqual(
    [45, 90, 135, 180, 225, 270].map((seconds) => seconds * 1000)
  )
})

it.each(timed)('refreshes before the first request after a sleep: %s', async (_, mint) => {
  const { auth, clock, refreshedAt, statuses } = setUpTokenServer(mint)
  await auth.login(credentials)
  clock.sleep(8 * 3_600_000)
  await Promise.all([auth.axios.get('/me'), auth.axios.get('/me'), auth.getAccessToken()])
  expect(statuses).toEqual([200, 200])
  expect(refreshedAt).toHaveLength(1)
})

it.each(untimed)(
  'refreshes tokens of unknown lifetime only after a 401, which the app does not see: %s',
  async (_, mint) => {
    const { auth, browser, clock, refreshedAt, statuses, delays } = setUpTokenServer(mint)
    await auth.login(credentials)
    for (let second = 0; second < 300; second += 1) {
      clock.tick(1_000)
      expect((await auth.axios.get('/me')).status).toBe(200)
      await browser.idle()
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(5)
    expect(refreshedAt).toHaveLength(5)
    expect(delays.every((ms) => ms >= 0 && ms <= 2 ** 31 - 1)).toBe(true)
  }
)

it.each([...timed, ...untimed])('sends one refresh for fifty 401s: %s', async (_, mint) => {
  const { auth, refreshedAt, statuses, revoke } = setUpTokenServer(mint)
  await auth.login(credentials)
  revoke()
  const answers = await Promise.all(Array.from({ length: 50 }, () => auth.axios.get('/me')))
  expect(answers.every(({ status }) => status === 200)).toBe(true)
  expect(refreshedAt).toHaveLength(1)
  expect(statuses.filter((status) => status === 200)).toHaveLength(50)
})

it.each([...timed, ...untimed])(
  'replays a request without another refresh if its 401 arrives after the refresh: %s',
  async (_, mint) => {
    const { auth, browser, refreshedAt, revoke } = setUpTokenServer(mint)
    await auth.login(credentials)
    revoke()
    const gate = browser.hold('/me')
    const late = auth.axios.get('/me')
    await gate.arrived(1)
    await auth.refresh()
    gate.release()
    expect((await late).status).toBe(200)
    expect(refreshedAt).toHaveLength(1)
  }
)
