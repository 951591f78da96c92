// I15: a page that was opened from another origin asks the server, and not the other tabs.
import type { AuthClientOptions } from 'everbearer'
import { expect, it } from 'vitest'
import {
  byAccessToken,
  byRefreshToken,
  opaqueTokens,
  withoutRefresh
} from '../support/setups/contracts.ts'
import { ada, grace, setUpClient } from '../support/setups/test-client.ts'
import { setUpTabs, type TabsOptions } from '../support/setups/virtual-tabs.ts'

const emptyStore = { get: () => undefined, set() {}, remove() {} }
const fromElsewhere = { platform: { referrerOrigin: () => 'https://login.example' } }

async function openAda(options: TabsOptions = {}) {
  const setup = setUpTabs(options)
  const first = setup.openTab()
  await setup.pass(300)
  const entering = first.auth.login(ada)
  await setup.pass(300)
  await entering
  return { ...setup, first }
}

it('restores the user of the redirect, and not the one of another tab', async () => {
  const { first, openTab, browser, pass, callsTo } = await openAda()
  await browser.post('/login', grace)
  const before = callsTo('refresh').length
  const returned = openTab(fromElsewhere)
  await pass(500)
  expect(callsTo('refresh').length - before).toBe(1)
  expect(returned.auth.getState()).toMatchObject({
    status: 'authenticated',
    user: { sub: 'user-2' }
  })
  expect(returned.events.map(({ name }) => name)).not.toContain('signed-out')
  expect(first.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'user-changed' })
})

it('shows no user of another tab while restore() is in flight on page load', async () => {
  const { openTab, browser, pass } = await openAda()
  await browser.post('/login', grace)
  const returned = openTab()
  const users: unknown[] = []
  returned.auth.subscribe(() => users.push(Reflect.get(returned.auth.getState().user ?? {}, 'sub')))
  const restoring = returned.auth.restore()
  await pass(500)
  expect(await restoring).toMatchObject({ status: 'authenticated' })
  expect(new Set(users)).toEqual(new Set(['user-2']))
})

//  page ── POST /refresh ── the answer is lost ── redirect: Grace signs in ── page ── POST /refresh
it('sends the first refresh after a redirect with another idempotency key than a lost refresh before it', async () => {
  const contract = { refresh: { idempotencyKey: 'always' } } as const
  const { first, openTab, browser, pass } = await openAda({ client: { contract } })
  const before = browser.requests.length
  browser.intercept('/refresh', { kind: 'lost' })
  await expect(first.auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
  first.auth.dispose()
  await browser.post('/login', grace)
  const returned = openTab(fromElsewhere)
  await pass(500)
  const refreshes = browser.requests.slice(before).filter(({ url }) => url.endsWith('/refresh'))
  const keys = refreshes.map(({ headers }) => headers['Idempotency-Key'])
  expect(keys).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/\w/)])
  expect(new Set(keys).size).toBe(2)
  expect(returned.auth.getState()).toMatchObject({ user: { sub: 'user-2' } })
})

it('asks the other tabs if the page was opened from its own origin', async () => {
  const { openTab, pass, callsTo } = await openAda()
  const before = callsTo('refresh').length
  const next = openTab({ platform: { referrerOrigin: () => 'https://app.example' } })
  await pass(500)
  expect(next.auth.getState().status).toBe('authenticated')
  expect(callsTo('refresh')).toHaveLength(before)
})

it.each<[string, AuthClientOptions]>([
  ['a refresh token in memory', { contract: byRefreshToken }],
  ['an empty refreshTokenStore', { contract: byRefreshToken, refreshTokenStore: emptyStore }],
  ['the access token', { contract: byAccessToken }],
  ['no refresh', { contract: withoutRefresh, restore: 'hint' }]
])(
  'takes the token of another tab if nothing can be presented to the server, with %s',
  async (_, client) => {
    const { contract = {} } = client
    const { first, openTab, pass, callsTo } = await openAda({ client, server: { contract } })
    const next = openTab(fromElsewhere)
    await pass(1_000)
    expect(await next.auth.getAccessToken()).toBe(await first.auth.getAccessToken())
    expect(callsTo('refresh')).toEqual([])
  }
)

it('asks the server with the refresh token of an expired initialToken, and not the other tabs', async () => {
  const contract = byRefreshToken
  const { openTab, browser, pass } = await openAda({ client: { contract }, server: { contract } })
  const { body } = await browser.post('/login', grace)
  const { access_token, refresh_token } = JSON.parse(body)
  const initialToken = { access_token, refresh_token, expires_in: 0 }
  const returned = openTab({ ...fromElsewhere, initialToken })
  await pass(500)
  expect(returned.auth.getState()).toMatchObject({ user: { sub: 'user-2' } })
})

it('gives no token of an initialToken to a tab of the previous user if tokens name no user', async () => {
  const { first, openTab, pass } = await openAda({ client: { contract: opaqueTokens } })
  openTab({ initialToken: { accessToken: 'token-of-grace', expiresIn: 300 } })
  await pass(500)
  expect(first.events).toContainEqual({ name: 'signed-out', event: { reason: 'user-changed' } })
})

it('sends a pending sign-out first after a link on another origin, and does not restore', async () => {
  const { auth, browser, reload, callsTo } = setUpClient()
  await auth.login(ada)
  browser.intercept('/logout', { kind: 'unreachable' }, 10)
  expect(await auth.logout()).toEqual({ confirmed: false })
  auth.dispose()
  const next = reload({ restore: 'always', ...fromElsewhere })
  expect(await next.ready()).toMatchObject({ status: 'unauthenticated' })
  expect(callsTo('refresh')).toEqual([])
})

it('restores by restore() after a redirect although a sign-out was never confirmed', async () => {
  const { auth, browser, reload } = setUpClient()
  await auth.login(ada)
  browser.intercept('/logout', { kind: 'answer', response: notFound }, 10)
  expect(await auth.logout()).toEqual({ confirmed: false })
  auth.dispose()
  await browser.post('/login', grace)
  const returned = reload({ restore: 'always', ...fromElsewhere })
  expect(await returned.restore()).toMatchObject({ status: 'authenticated' })
  returned.dispose()
  const next = reload({ restore: 'always' })
  expect(await next.ready()).toMatchObject({ status: 'authenticated' })
})

it('asks the server once for a session of another tab that the server refuses to this one', async () => {
  const { openTab, pass, browser } = setUpTabs({ client: { tabs: 'signal' } })
  const first = openTab()
  const second = openTab()
  await pass(500)
  browser.intercept('/refresh', { kind: 'answer', response: { ...notFound, status: 401 } }, 10)
  const entering = first.auth.login(ada)
  await pass(500)
  await entering
  const sent = () => browser.requests.filter(({ url }) => url.endsWith('/refresh')).length
  const before = sent()
  for (let look = 0; look < 5; look += 1) {
    second.enterBfcache()
    second.leaveBfcache()
    await pass(500)
  }
  expect(sent() - before).toBe(0)
  expect(second.auth.getState().status).toBe('unauthenticated')
})

const notFound = { status: 404, headers: [], setCookies: [], body: '' }
