// Option initialToken: an expired token is not used, and one that is about to expire is refreshed.
import type { AuthClientOptions } from 'everbearer'
import { expect, it } from 'vitest'
import { setUpTokenServer } from '../support/setups/any-token-server.ts'
import { json, routes, setUpServer } from '../support/setups/hand-written-server.ts'
import { jwt } from '../support/tokens.ts'

/** The manual clock starts at this time. */
const now = Date.parse('2026-01-01T00:00:00Z') / 1000

function setUp(initialToken: NonNullable<AuthClientOptions['initialToken']>, deviceOffsetMs = 0) {
  return setUpTokenServer(
    (nth) => ({ body: { access_token: `fresh-${nth}`, expires_in: 300 }, acceptedSeconds: 300 }),
    { initialToken, restore: undefined },
    deviceOffsetMs
  )
}

const token = (issuedAgo: number, left: number) =>
  jwt({ sub: 'ada', iat: now - issuedAgo, exp: now + left })

it.each([
  ['its exp has passed', { accessToken: token(400, -100) }],
  [
    'its exp has passed, although expiresIn is positive',
    { accessToken: token(400, -1), expiresIn: 300 }
  ],
  ['its expiresIn is 0', { accessToken: 'opaque', expiresIn: 0 }],
  ['its expiresIn is negative', { accessToken: 'opaque', expiresIn: -5 }],
  [
    'its expiresIn is a date in the past',
    { accessToken: 'opaque', expiresIn: '2025-12-31T23:59:00Z' }
  ]
])('starts as if there were no initialToken, and restores, if %s', async (_, initialToken) => {
  const { auth, browser, refreshedAt, events } = setUp(initialToken)
  expect(auth.getState()).toMatchObject({ status: 'initializing' })
  expect(await auth.ready()).toMatchObject({ status: 'authenticated' })
  expect(await auth.getAccessToken()).toBe('fresh-1')
  await browser.idle()
  expect(refreshedAt).toHaveLength(1)
  expect(events[0]).toMatchObject({ name: 'refresh-started', event: { reason: 'restore' } })
})

it('starts signed out with an expired initialToken if it may not restore', async () => {
  const { auth, browser } = setUpTokenServer(
    () => ({ body: { access_token: 'fresh' }, acceptedSeconds: 300 }),
    { initialToken: { accessToken: token(400, -100) }, restore: 'never' }
  )
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  await browser.idle()
  expect(browser.requests).toEqual([])
})

it('is signed in at once with a token that is about to expire, and refreshes it at once', async () => {
  const { auth, browser, refreshedAt } = setUp({ accessToken: token(295, 5) })
  expect(auth.getState()).toMatchObject({ status: 'authenticated', user: { sub: 'ada' } })
  await browser.idle()
  expect(refreshedAt).toHaveLength(1)
  expect(await auth.getAccessToken()).toBe('fresh-1')
})

it.each([
  ['by exp', { accessToken: token(100, 200) }, 200],
  ['by expiresIn', { accessToken: 'opaque', expiresIn: 200 }, 200],
  ['by the shorter of both', { accessToken: token(0, 300), expiresIn: 200 }, 200]
])('refreshes an initialToken before it expires, %s', async (_, initialToken, lifetime) => {
  const { browser, clock, refreshedAt } = setUp(initialToken)
  await browser.idle()
  expect(refreshedAt).toEqual([])
  clock.tick((lifetime - 50) * 1000)
  await browser.idle()
  expect(refreshedAt).toHaveLength(1)
})

it('uses the token if the device’s clock is an hour behind, and refreshes it in time', async () => {
  const { auth, browser, clock, refreshedAt } = setUp({ accessToken: token(0, 300) }, -3_600_000)
  expect(auth.getState().status).toBe('authenticated')
  clock.tick(240_000)
  await browser.idle()
  expect(refreshedAt).toHaveLength(1)
})

it('restores with the refresh token of an expired initialToken', async () => {
  const { reload, sentTo } = setUpServer(
    routes({
      'POST /refresh': ({ fields }) =>
        fields.refresh_token === 'r1'
          ? json(200, { access_token: 't2', expires_in: 300 })
          : json(401, {})
    }),
    { contract: { refresh: { credential: 'refresh-token' } } }
  )
  const initialToken = { access_token: 't1', expires_in: -5, refresh_token: 'r1' }
  const auth = reload({ initialToken, restore: 'always' })
  expect((await auth.ready()).status).toBe('authenticated')
  await auth.refresh()
  expect(sentTo('/refresh').map(({ fields }) => fields.refresh_token)).toEqual(['r1', 'r1'])
})
