// Repeated tokens: servers that return the held token again, and servers that invalidate it at
// once.
import { expect, it } from 'vitest'
import {
  type Mint,
  type MintedToken,
  setUpTokenServer
} from '../support/setups/any-token-server.ts'
import { ada } from '../support/setups/test-client.ts'
import { setUpTabs } from '../support/setups/virtual-tabs.ts'
import { jwt } from '../support/tokens.ts'

const credentials = { email: 'ada' }

/** A session endpoint: it returns its token of 300 s until 30 s before the end. */
function sessionEndpoint(stated: 'rest' | 'whole' | 'none'): Mint {
  let current: { token: string; endMs: number } | undefined
  return (nth, nowMs): MintedToken => {
    if (current === undefined || nowMs >= current.endMs - 30_000) {
      const now = Math.floor(nowMs / 1000)
      const token = stated === 'none' ? jwt({ iat: now, exp: now + 300 }) : `opaque-${nth}`
      current = { token, endMs: nowMs + 300_000 }
    }
    const rest = (current.endMs - nowMs) / 1000
    const lifetime = { rest: { expires_in: rest }, whole: { expires_in: 300 }, none: {} }[stated]
    return { body: { access_token: current.token, ...lifetime }, acceptedSeconds: rest }
  }
}

it.each([
  ['the rest of its life', 'rest'],
  ['its whole life each time', 'whole'],
  ['no lifetime beside the claims', 'none']
] as const)(
  'serves every request for an hour if a session endpoint repeats its token and states %s',
  async (_, stated) => {
    const { auth, browser, clock, refreshedAt, statuses } = setUpTokenServer(
      sessionEndpoint(stated),
      { restore: 'always' }
    )
    await browser.idle()
    for (let second = 0; second < 3600; second += 5) {
      clock.tick(5_000)
      await browser.idle()
      await auth.axios.get('/me')
    }
    expect(statuses).toEqual(Array(720).fill(200))
    expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
    expect(refreshedAt.length).toBeLessThanOrEqual(4 * (3600 / 270))
  }
)

it('resolves refresh() if the server signs an identical token in the second of the sign-in', async () => {
  const { auth, browser, clock, events } = setUpTokenServer((_, nowMs) => {
    const now = Math.floor(nowMs / 1000)
    return { body: { access_token: jwt({ iat: now, exp: now + 300 }) }, acceptedSeconds: 300 }
  })
  await auth.login(credentials)
  const token = await auth.getAccessToken()
  await auth.refresh()
  expect(await auth.getAccessToken()).toBe(token)
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
  expect(events.map(({ name }) => name)).toEqual([
    'signed-in',
    'refresh-started',
    'refresh-settled'
  ])
  clock.tick(240_000)
  await browser.idle()
  expect(await auth.getAccessToken()).not.toBe(token)
})

it('returns the 401 and reports it in the state if the server refuses a token and then issues it again', async () => {
  const { auth, refreshedAt, statuses, browser, revoke } = setUpTokenServer(() => ({
    body: { access_token: 'same', expires_in: 300 },
    acceptedSeconds: 0
  }))
  await auth.login(credentials)
  revoke()
  await expect(auth.axios.get('/me')).rejects.toMatchObject({ response: { status: 401 } })
  expect(refreshedAt).toHaveLength(1)
  expect(statuses).toEqual([401])
  await browser.idle()
  const degraded = { code: 'ERR_AUTH_TOKEN_REFUSED' }
  expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded })
})

it('presents the newest refresh token if the server rotates it beside the same access token', async () => {
  let rotations = 0
  const { auth, browser } = setUpTokenServer(
    () => {
      rotations += 1
      const body = { access_token: 'same', expires_in: 300, refresh_token: `r${rotations}` }
      return { body, acceptedSeconds: 300 }
    },
    { contract: { refresh: { credential: 'refresh-token' } } }
  )
  await auth.login(credentials)
  await auth.refresh()
  await auth.refresh()
  const refreshes = browser.requests.filter(({ url }) => url.endsWith('/refresh'))
  expect(refreshes.map(({ body }) => JSON.parse(body).refresh_token)).toEqual(['r1', 'r2'])
})

it('lets one tab refresh for the others if the server repeats its token', async () => {
  const setup = setUpTabs({ server: { accessTokenSeconds: 300 } })
  const first = setup.openTab()
  await setup.settle()
  await first.auth.login(ada)
  await setup.settle()
  const second = setup.openTab()
  await setup.pass(300)
  const accessToken = await second.auth.getAccessToken()
  const response = {
    status: 200,
    headers: [],
    setCookies: [],
    body: JSON.stringify({ access_token: accessToken, expires_in: 60 })
  }
  setup.browser.intercept('/refresh', { kind: 'answer', response }, 9)
  const before = setup.browser.requests.length
  const both = Promise.all([first.auth.refresh(), second.auth.refresh()])
  await setup.pass(1_000)
  await both
  const refreshes = setup.browser.requests
    .slice(before)
    .filter(({ url }) => url.endsWith('/refresh'))
  expect(refreshes).toHaveLength(1)
})

it.each([
  [true, 'holds requests back', ['/refresh']],
  [false, 'sends requests', ['/refresh', '/me']]
])(
  'with invalidatesPrevious %s, %s while a refresh is in flight',
  async (invalidatesPrevious, _, expected) => {
    const { auth, browser } = setUpTokenServer(
      (nth) => ({ body: { access_token: `t${nth}`, expires_in: 300 }, acceptedSeconds: 300 }),
      { contract: { refresh: { invalidatesPrevious } } }
    )
    await auth.login(credentials)
    const gate = browser.hold('/refresh')
    const refreshing = auth.refresh()
    await gate.arrived(1)
    const request = auth.axios.get('/me')
    await browser.turn()
    const paths = browser.requests.map(({ url }) => new URL(url).pathname)
    expect(paths).toEqual(['/login', ...expected])
    gate.release()
    await refreshing
    await request
    const last = browser.requests.at(-1)
    expect(last?.headers.Authorization).toBe(invalidatesPrevious ? 'Bearer t2' : 'Bearer t1')
  }
)

it('holds the request back that starts the due refresh, with invalidatesPrevious', async () => {
  const { auth, browser, clock, statuses } = setUpTokenServer(
    (nth) => ({ body: { access_token: `t${nth}`, expires_in: 300 }, acceptedSeconds: 300 }),
    { contract: { refresh: { invalidatesPrevious: true } } }
  )
  await auth.login(credentials)
  clock.sleep(250_000)
  await auth.axios.get('/me')
  expect(browser.requests.at(-1)?.headers.Authorization).toBe('Bearer t2')
  expect(statuses).toEqual([200])
})
