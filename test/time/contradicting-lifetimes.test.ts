// I8, I10: tokens that do not state their lifetime plainly are refreshed in time, and no more often
// than necessary, with any clock of the device.
import { expect, it } from 'vitest'
import {
  type MintedToken,
  setUpTokenServer,
  type TokenServerSetup
} from '../support/setups/any-token-server.ts'
import { jwt, readClaims } from '../support/tokens.ts'

const credentials = { email: 'ada' }
const lifetime = 300

interface Shape {
  /** How old the `iat` claim is; `undefined` if the token has none. */
  readonly iat?: 'now' | 'at sign-in' | undefined
  readonly expiresIn?: number
  readonly hasDate?: boolean
}

/** Tokens of 300 s. The user signed in an hour before the test. */
function mintLike({ iat, expiresIn, hasDate }: Shape) {
  let signedInAt: number | undefined
  return (nth: number, nowMs: number): MintedToken => {
    const now = Math.floor(nowMs / 1000)
    signedInAt ??= now - 3600
    const issuedAt = iat === 'now' ? { iat: now } : iat && { iat: signedInAt }
    return {
      body: {
        access_token: jwt({ jti: nth, ...issuedAt, exp: now + lifetime }),
        ...(expiresIn === undefined ? {} : { expires_in: expiresIn })
      },
      acceptedSeconds: lifetime,
      headers: hasDate ? [['Date', new Date(nowMs).toUTCString()]] : []
    }
  }
}

/** Reads a token each minute for an hour. Returns how many of them had expired. */
async function countDeadTokens({ auth, browser, clock }: TokenServerSetup): Promise<number> {
  let dead = 0
  await browser.idle()
  for (let minute = 0; minute < 60; minute += 1) {
    for (let second = 0; second < 60; second += 5) {
      clock.tick(5_000)
      await browser.idle()
    }
    const { exp } = readClaims(await auth.getAccessToken())
    if (exp * 1000 <= clock.trueNow()) dead += 1
  }
  return dead
}

const shapes: readonly [string, Shape][] = [
  ['with an iat of the sign-in, as SimpleJWT issues them', { iat: 'at sign-in' }],
  ['with exp alone, as in the tutorial of FastAPI', {}],
  ['with iat and exp', { iat: 'now' }],
  ['with an expires_in in milliseconds', { iat: 'now', expiresIn: lifetime * 1000 }],
  ['with an expires_in in milliseconds and an old iat', { iat: 'at sign-in', expiresIn: 300_000 }],
  ['with an expires_in in milliseconds and exp alone', { expiresIn: lifetime * 1000 }]
]

it.each(shapes)(
  'holds no expired token for an hour after a page load, with a refresh every four minutes: tokens %s',
  async (_, shape) => {
    const setup = setUpTokenServer(mintLike(shape), { restore: 'always' })
    expect(await countDeadTokens(setup)).toBe(0)
    expect(setup.refreshedAt).toHaveLength(1 + 3600 / 240)
  }
)

it.each([
  ['a thousand times too long', 300_000],
  ['a thousand times too short', 0.3]
])('warns once in development if the answer states a lifetime that is %s', async (_, expiresIn) => {
  const setup = setUpTokenServer(mintLike({ iat: 'now', expiresIn }))
  await setup.auth.login(credentials)
  await setup.auth.refresh()
  await setup.browser.idle()
  expect(setup.browser.warnings).toEqual([expect.stringContaining('contract.tokens.expiresIn')])
})

it.each(shapes.filter(([, { expiresIn }]) => expiresIn === undefined))(
  'does not warn about the lifetime of tokens %s',
  async (_, shape) => {
    const setup = setUpTokenServer(mintLike(shape))
    await setup.auth.login(credentials)
    await setup.auth.refresh()
    await setup.browser.idle()
    expect(setup.browser.warnings).toEqual([])
  }
)

const serverTimes: readonly [string, Shape][] = [
  ['iat', { iat: 'now' }],
  ['expires_in', { expiresIn: lifetime }],
  ['expires_in beside an old iat', { iat: 'at sign-in', expiresIn: lifetime }],
  ['a Date header', { hasDate: true }],
  ['a Date header beside an old iat', { iat: 'at sign-in', hasDate: true }]
]
const offsets: readonly [string, number][] = [
  ['is 299 s ahead', 299],
  ['is 250 s ahead', 250],
  ['is an hour ahead', 3600],
  ['is a year ahead', 365 * 86_400],
  ['is 250 s behind', -250],
  ['is a year behind', -365 * 86_400]
]

it.each(
  serverTimes.flatMap(([source, shape]) =>
    offsets.map(([clock, seconds]) => ({ source, shape, clock, seconds }))
  )
)(
  'refreshes at most once too early after a page load if $source shows the server’s time and the device’s clock $clock',
  async ({ shape, seconds }) => {
    const setup = setUpTokenServer(mintLike(shape), { restore: 'always' }, seconds * 1000)
    expect(await countDeadTokens(setup)).toBe(0)
    expect(setup.refreshedAt.length).toBeGreaterThanOrEqual(1 + 3600 / 240)
    expect(setup.refreshedAt.length).toBeLessThanOrEqual(2 + 3600 / 240)
  }
)

it.each(offsets)(
  'follows the server’s time after a sign-in if the iat of later tokens is old and the device’s clock %s',
  async (_, seconds) => {
    let signedInAt: number | undefined
    const mint = (nth: number, nowMs: number): MintedToken => {
      const now = Math.floor(nowMs / 1000)
      signedInAt ??= now
      const access_token = jwt({ jti: nth, iat: signedInAt, exp: now + lifetime })
      return { body: { access_token }, acceptedSeconds: lifetime }
    }
    const setup = setUpTokenServer(mint, {}, seconds * 1000)
    await setup.auth.login(credentials)
    expect(await countDeadTokens(setup)).toBe(0)
    expect(setup.refreshedAt).toHaveLength(3600 / 240)
  }
)

it.each([
  ['exp alone', {}],
  ['an old iat', { iat: 'at sign-in' }]
] as const)(
  'never refreshes more than once in 3 s if the device’s clock hides the lifetime of tokens with %s',
  async (_, shape) => {
    const setup = setUpTokenServer(mintLike(shape), { restore: 'always' }, 299_000)
    for (let second = 0; second < 120; second += 1) {
      setup.clock.tick(1_000)
      await setup.auth.axios.get('/me')
      await setup.browser.idle()
    }
    expect(setup.statuses).toEqual(Array(120).fill(200))
    expect(setup.refreshedAt.length).toBeLessThanOrEqual(120 / 3)
  }
)
