// I10: a refresh endpoint that returns useless tokens is asked less and less often, and the app
// gets errors.
import { expect, it } from 'vitest'
import { type Mint, setUpTokenServer } from '../../support/setups/any-token-server.ts'
import { jwt } from '../../support/tokens.ts'

const credentials = { email: 'ada' }

/** The first token lives a minute; later ones are useless. */
function stuckAt(body: (nth: number) => { access_token: string; expires_in?: unknown }): Mint {
  return (nth) => ({
    body: nth === 1 ? { ...body(1), expires_in: 60 } : body(nth),
    acceptedSeconds: nth === 1 ? 60 : 0
  })
}

const stuck: readonly [string, Mint][] = [
  ['the same opaque token', stuckAt(() => ({ access_token: 'same', expires_in: 60 }))],
  [
    'the same JWT',
    stuckAt(() => ({ access_token: jwt({ sub: 'ada', iat: 1_000, exp: 1_060 }), expires_in: 60 }))
  ]
]

it.each(stuck)('backs off if the refresh endpoint answers with %s', async (_, mint) => {
  const { auth, browser, clock, refreshedAt, delays, events } = setUpTokenServer(mint)
  await auth.login(credentials)
  const requests: Promise<string>[] = []
  const perMinute: number[] = []
  for (let minute = 0; minute < 10; minute += 1) {
    const before = refreshedAt.length
    for (let second = 0; second < 60; second += 1) {
      for (let slice = 0; slice < 10; slice += 1) {
        clock.tick(100)
        await browser.settle()
      }
      requests.push(
        auth.axios.get('/me').then(
          () => 'served',
          (error) => error.code
        )
      )
      await browser.idle()
    }
    perMinute.push(refreshedAt.length - before)
  }
  expect(Math.max(...perMinute)).toBeLessThanOrEqual(6)
  expect(Math.max(...perMinute.slice(2))).toBeLessThanOrEqual(2)
  expect(auth.getState()).toMatchObject({
    status: 'authenticated',
    degraded: { code: 'ERR_AUTH_RESPONSE_MALFORMED' }
  })
  for (let second = 0; second < 11; second += 1) {
    clock.tick(1_000)
    await browser.idle()
  }
  const outcomes = await Promise.all(requests)
  // Requests are sent for as long as the token lives. After that, each one rejects with the reason,
  // or with a timeout if a refresh is in flight at its deadline.
  expect(outcomes.slice(0, 58)).toEqual(Array(58).fill('served'))
  const late = outcomes.slice(60)
  const timeouts = late.filter((code) => code === 'ERR_AUTH_TIMEOUT')
  expect(new Set(late)).toEqual(new Set(['ERR_AUTH_RESPONSE_MALFORMED', ...timeouts]))
  expect(timeouts.length).toBeLessThan(late.length / 20)
  expect(events.map(({ name }) => name)).not.toContain('refreshed')
  expect(delays.every((ms) => ms >= 0 && ms <= 2 ** 31 - 1)).toBe(true)
})

it.each<[string, Mint]>([
  [
    'opaque tokens',
    (nth) => ({ body: { access_token: `t-${nth}`, expires_in: 300 }, acceptedSeconds: 0 })
  ],
  [
    'JWTs of long ago',
    (nth) => ({
      body: { access_token: jwt({ jti: nth, iat: 1_000, exp: 1_300 }) },
      acceptedSeconds: 0
    })
  ],
  ['tokens of unknown life', (nth) => ({ body: { access_token: `t-${nth}` }, acceptedSeconds: 0 })],
  ...[0, -60, '0'].map((expires_in): [string, Mint] => [
    `tokens that live ${JSON.stringify(expires_in)} s`,
    (nth) => ({ body: { access_token: `t-${nth}`, expires_in }, acceptedSeconds: 0 })
  ])
])(
  'refreshes at most once in five seconds if the server refuses every token that it issues: %s',
  async (_, mint) => {
    const { auth, browser, clock, refreshedAt } = setUpTokenServer(mint)
    await auth.login(credentials)
    for (let request = 0; request < 300; request += 1) {
      await expect(auth.axios.get('/me')).rejects.toMatchObject({ response: { status: 401 } })
      clock.tick(200)
      await browser.idle()
    }
    expect(refreshedAt.length).toBeLessThanOrEqual(12)
    expect(auth.getState().status).toBe('authenticated')
  }
)

it('recovers completely when the refresh endpoint issues a new token', async () => {
  const { auth, browser, clock, refreshedAt, statuses } = setUpTokenServer((nth) => ({
    body: { access_token: nth < 4 ? 'same' : `t-${nth}`, expires_in: 60 },
    acceptedSeconds: 60
  }))
  await auth.login(credentials)
  for (let second = 0; second < 120; second += 1) {
    clock.tick(1_000)
    await browser.idle()
    await auth.axios.get('/me')
  }
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
  expect(statuses).toEqual(Array(120).fill(200))
  expect(refreshedAt.length).toBeLessThanOrEqual(5)
})
