// I8, I10: very long, very short and invalid lifetimes cause no loop and no invalid timer.
import { expect, it } from 'vitest'
import {
  type Mint,
  type MintedToken,
  setUpTokenServer
} from '../support/setups/any-token-server.ts'
import { jwt } from '../support/tokens.ts'

const daySeconds = 86_400
const yearSeconds = 365 * daySeconds
const credentials = { email: 'ada' }

function opaque(expiresIn: number): Mint {
  return (nth) => ({
    body: { access_token: `opaque-${nth}`, expires_in: expiresIn },
    acceptedSeconds: expiresIn
  })
}

function withClaims(claims: (nowSeconds: number) => Readonly<Record<string, number>>): Mint {
  return (nth, nowMs): MintedToken => ({
    body: { access_token: jwt({ jti: String(nth), ...claims(Math.floor(nowMs / 1000)) }) },
    acceptedSeconds: Number.MAX_SAFE_INTEGER
  })
}

const longLives: readonly [string, Mint][] = [
  ['60 days', opaque(60 * daySeconds)],
  ['a year', opaque(yearSeconds)],
  ['ten years', opaque(10 * yearSeconds)],
  ['a second less than 2^31 ms', opaque(2_147_482)],
  ['a second more than 2^31 ms', opaque(2_147_484)],
  ['a minute and a second more than 2^31 ms', opaque(2_147_484 + 60)],
  ['2^32 ms', opaque(4_294_968)],
  ['2^31 s', opaque(2 ** 31)],
  ['2^53 s', opaque(2 ** 53)],
  ['an hour, given in milliseconds', opaque(3_600_000)],
  ['an hour, with exp in milliseconds', withClaims((s) => ({ iat: s, exp: (s + 3_600) * 1000 }))],
  [
    'an hour, with both claims in milliseconds',
    withClaims((s) => ({ iat: s * 1000, exp: (s + 3_600) * 1000 }))
  ],
  ['a thousand years', withClaims((s) => ({ iat: s, exp: s + 1000 * yearSeconds }))],
  ['an hour, with exp alone', withClaims((s) => ({ exp: s + 3_600 }))],
  ['an unknown time, with iat alone', withClaims((s) => ({ iat: s }))],
  ['very long, with an exp of 1e308', withClaims((s) => ({ iat: s, exp: 1e308 }))]
]

it.each(longLives)(
  'does not refresh in the first minute if the token lives %s',
  async (_, mint) => {
    const { auth, browser, clock, refreshedAt, delays } = setUpTokenServer(mint)
    await auth.login(credentials)
    for (let second = 0; second < 60; second += 1) {
      clock.tick(1_000)
      await auth.axios.get('/me')
    }
    await browser.idle()
    expect(refreshedAt).toEqual([])
    expect(delays.filter((ms) => !(ms >= 0 && ms <= 2 ** 31 - 1))).toEqual([])
  }
)

it.each([24, 25, 60])(
  'refreshes a token of %d days once, a minute before it expires',
  async (days) => {
    const { auth, browser, clock, refreshedAt, delays } = setUpTokenServer(
      opaque(days * daySeconds)
    )
    await auth.login(credentials)
    clock.tick((days * daySeconds - 60) * 1000 - 1)
    await browser.idle()
    expect(refreshedAt).toEqual([])
    clock.tick(1)
    await browser.idle()
    expect(refreshedAt).toEqual([clock.trueNow()])
    expect(delays.every((ms) => ms >= 0 && ms <= 2 ** 31 - 1)).toBe(true)
  }
)

it.each([1, 5, 30])(
  'refreshes tokens of %d s once per lifetime with five requests a second',
  async (lifetimeSeconds) => {
    const { auth, clock, refreshedAt, statuses } = setUpTokenServer(opaque(lifetimeSeconds))
    await auth.login(credentials)
    const requests = 100 * lifetimeSeconds * 5
    for (let request = 0; request < requests; request += 1) {
      clock.tick(200)
      await auth.axios.get('/me')
    }
    expect(statuses).toEqual(Array(requests).fill(200))
    const spans = refreshedAt.slice(1).map((at, index) => at - (refreshedAt[index] ?? 0))
    expect(Math.min(...spans)).toBeGreaterThanOrEqual(lifetimeSeconds * 750)
    expect(refreshedAt.length).toBeLessThanOrEqual(Math.ceil(100 / 0.75))
    expect(refreshedAt.length).toBeGreaterThanOrEqual(100)
  }
)
