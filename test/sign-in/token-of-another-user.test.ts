// Token of another user: a refresh or header that brings one never replaces the held token
// silently.
import { expect, it } from 'vitest'
import { range } from '../support/seeded-random.ts'
import { answer, setUpBrowsers, signIn } from '../support/setups/many-browsers.ts'
import { ada, grace } from '../support/setups/test-client.ts'
import type { VirtualBrowser } from '../support/setups/virtual-browser.ts'
import { readClaims } from '../support/tokens.ts'

const adaSub = 'user-1'
const graceSub = 'user-2'

/** The `sub` of all tokens that this browser has sent. */
function sentSubs(browser: VirtualBrowser): (string | undefined)[] {
  return browser.requests.flatMap(({ headers }) => {
    const token = headers.Authorization?.slice('Bearer '.length)
    return token === undefined ? [] : [readClaims(token).sub]
  })
}

it('rejects requests of one user if the refresh returns a token of another user', async () => {
  const setup = setUpBrowsers({
    latencyMs: (label) => (label === '/refresh is answered' ? 100 : 0)
  })
  const browser = setup.openBrowser()
  const { auth, events } = setup.openPage(browser)
  await signIn(setup, auth)
  setup.server.revokeAccessTokens()
  // Another tab signs in as another user: same cookie jar.
  await browser.post('/login', grace)
  const queued = range(20).map(() => auth.axios.get('/me'))
  const settled = Promise.allSettled(queued)
  await setup.pass(1_000, 10)
  for (const one of await settled) {
    expect(one).toMatchObject({
      status: 'rejected',
      reason: { code: 'ERR_AUTH_SESSION_CHANGED' }
    })
  }
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'user-changed' })
  expect(events.filter(({ name }) => name === 'signed-out')).toEqual([
    { name: 'signed-out', event: { reason: 'user-changed' } }
  ])
  expect(events.filter(({ name }) => name === 'refreshed')).toEqual([])
  await expect(auth.axios.get('/me')).rejects.toMatchObject({ response: { status: 401 } })
  expect(sentSubs(browser)).toEqual(Array(20).fill(adaSub))
})

it.each([
  ['another user', grace, ['signed-in', 'signed-out', 'signed-in']],
  ['the same user', ada, ['signed-in', 'signed-in']]
] as const)('emits the right events if %s signs in on top', async (_, user, names) => {
  const setup = setUpBrowsers()
  const { auth, events } = setup.openPage(setup.openBrowser())
  await signIn(setup, auth)
  await signIn(setup, auth, user)
  const entries = events.filter(({ name }) => /^signed-/.test(name))
  expect(entries.map(({ name }) => name)).toEqual(names)
  if (user === grace) expect(entries[1]?.event).toEqual({ reason: 'user-changed' })
})

it('refuses a re-issued token of another user and keeps its own', async () => {
  const setup = setUpBrowsers()
  const browser = setup.openBrowser()
  const { auth, events } = setup.openPage(browser)
  await signIn(setup, auth)
  const own = await auth.getAccessToken()
  const otherPage = setup.openPage(setup.openBrowser())
  await setup.pass(5_000, 1_000)
  await signIn(setup, otherPage.auth, grace)
  const otherToken = await otherPage.auth.getAccessToken()
  expect(readClaims(otherToken)).toMatchObject({ sub: graceSub })
  browser.intercept('/me', answer(200, {}, { Authorization: `Bearer ${otherToken}` }), 3)
  for (const _ of range(3)) await auth.axios.get('/me')
  expect(await auth.getAccessToken()).toBe(own)
  expect((await auth.axios.get('/me')).data).toMatchObject({ email: ada.email })
  expect(events.filter(({ name }) => name === 'reissue-refused')).toEqual(
    Array(3).fill({ name: 'reissue-refused', event: { refusal: 'other-subject' } })
  )
  expect(new Set(sentSubs(browser))).toEqual(new Set([adaSub]))
})

it('refuses a re-issued token of another session of the same user', async () => {
  const setup = setUpBrowsers()
  const browser = setup.openBrowser()
  const { auth } = setup.openPage(browser)
  await signIn(setup, auth)
  const own = await auth.getAccessToken()
  const elsewhere = setup.openPage(setup.openBrowser())
  await setup.pass(5_000, 1_000)
  await signIn(setup, elsewhere.auth)
  const otherToken = await elsewhere.auth.getAccessToken()
  browser.intercept('/me', answer(200, {}, { Authorization: `Bearer ${otherToken}` }))
  await auth.axios.get('/me')
  expect(await auth.getAccessToken()).toBe(own)
})

it('refuses a re-issued token of another user that overtakes a refresh', async () => {
  const setup = setUpBrowsers({
    latencyMs: (label) => (label === '/refresh is answered' ? 100 : 0)
  })
  const browser = setup.openBrowser()
  const { auth } = setup.openPage(browser)
  await signIn(setup, auth)
  const otherPage = setup.openPage(setup.openBrowser())
  await setup.pass(5_000, 1_000)
  await signIn(setup, otherPage.auth, grace)
  const otherToken = await otherPage.auth.getAccessToken()
  browser.intercept('/me', answer(200, {}, { Authorization: `Bearer ${otherToken}` }))
  const refreshing = auth.refresh()
  await auth.axios.get('/me')
  await setup.pass(200, 10)
  await refreshing
  expect(readClaims(await auth.getAccessToken())).toMatchObject({ sub: adaSub })
})
