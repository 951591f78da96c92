// One session in all tabs: a token that one tab gets from the server is used by all.
import { expect, it } from 'vitest'
import { createSlowStorage } from '../support/setups/slow-storage.ts'
import { ada } from '../support/setups/test-client.ts'
import {
  setUpTabs,
  type TabsOptions,
  type TabsSetup,
  type VirtualTab
} from '../support/setups/virtual-tabs.ts'

const range = (count: number) => Array.from({ length: count }, (_, index) => index)
const statusOf = ({ auth }: VirtualTab) => auth.getState().status
const namesOf = ({ events }: VirtualTab) => events.map(({ name }) => name)

/** Opens a tab and signs Ada in. */
async function setUp(options?: TabsOptions): Promise<TabsSetup & { readonly first: VirtualTab }> {
  const setup = setUpTabs(options)
  const first = setup.openTab()
  await setup.settle()
  await first.auth.login(ada)
  return { ...setup, first }
}

it('shares the token with a new tab without a request to the server', async () => {
  const { first, openTab, settle, callsTo } = await setUp()
  const second = openTab()
  await settle()
  expect(statusOf(second)).toBe('authenticated')
  expect(await second.auth.getAccessToken()).toBe(await first.auth.getAccessToken())
  expect(callsTo('refresh')).toHaveLength(1)
  expect(second.events).toMatchObject([{ name: 'signed-in', event: { via: 'other-tab' } }])
})

it('restores from the server on page load if no other tab replies', async () => {
  const { first, openTab, settle, pass, callsTo } = await setUp()
  first.crash()
  const second = openTab()
  await settle()
  expect(statusOf(second)).toBe('initializing')
  await pass(260)
  expect(statusOf(second)).toBe('authenticated')
  expect(callsTo('refresh')).toHaveLength(2)
})

it('does not wait for other tabs on page load if none is open', async () => {
  const { first, openTab, settle, callsTo } = await setUp()
  first.enterBfcache()
  const second = openTab()
  await settle()
  expect(statusOf(second)).toBe('authenticated')
  expect(callsTo('refresh')).toHaveLength(2)
})

it('sends one refresh for twenty tabs at each of ten expiries', async () => {
  const { first, openTab, settle, pass, callsTo, clock } = await setUp()
  const tabs = [first, ...range(19).map(() => openTab())]
  await settle()
  for (const expiry of range(10)) {
    clock.tick(240_000)
    await pass(100)
    expect(callsTo('refresh').length - 1).toBe(expiry + 1)
    const tokens = await Promise.all(tabs.map(({ auth }) => auth.getAccessToken()))
    expect(new Set(tokens).size).toBe(1)
  }
  expect(callsTo('refresh').map(({ status }) => status)).toEqual([401, ...Array(10).fill(200)])
  const refreshed = tabs.flatMap(({ events }) => events).filter(({ name }) => name === 'refreshed')
  expect(
    refreshed.filter(({ event }) => Reflect.get(event as object, 'reason') === 'other-tab')
  ).toHaveLength(190)
})

it('sends one refresh for a thousand requests of twenty tabs after the token was revoked', async () => {
  const { first, openTab, settle, callsTo, server } = await setUp()
  const tabs = [first, ...range(19).map(() => openTab())]
  await settle()
  server.revokeAccessTokens()
  const answers = await Promise.all(
    tabs.flatMap(({ auth }) => range(50).map(() => auth.axios.get('/me')))
  )
  expect(answers.map(({ status }) => status)).toEqual(Array(1000).fill(200))
  expect(callsTo('refresh').slice(1)).toHaveLength(1)
})

it('shares a re-issued token with the other tabs', async () => {
  const { first, openTab, settle, server, callsTo } = await setUp()
  const second = openTab()
  await settle()
  server.rotateKey()
  await first.auth.axios.get('/me')
  await settle()
  expect(await second.auth.getAccessToken()).toBe(await first.auth.getAccessToken())
  expect(namesOf(second)).toEqual(['signed-in', 'reissued'])
  expect(callsTo('refresh')).toHaveLength(1)
})

it('signs all tabs out, even during a refresh', async () => {
  const { first, openTab, settle, pass, browser, callsTo } = await setUp()
  const others = range(4).map(() => openTab())
  await settle()
  const gate = browser.hold('/refresh')
  const refreshing = others[0]?.auth.refresh()
  refreshing?.catch(() => {})
  await gate.arrived(1)
  const leaving = first.auth.logout()
  await settle()
  expect([first, ...others].map(statusOf)).toEqual(Array(5).fill('unauthenticated'))
  const sent = browser.requests.length
  await Promise.all([first, ...others].map(({ auth }) => auth.axios.get('/me').catch(() => {})))
  expect(
    browser.requests.slice(sent).filter(({ headers }) => headers.Authorization !== undefined)
  ).toEqual([])
  gate.release()
  await pass(100)
  expect((await leaving).confirmed).toBe(true)
  expect([first, ...others].map(statusOf)).toEqual(Array(5).fill('unauthenticated'))
  await expect(refreshing).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  expect(callsTo('logout')).toHaveLength(1)
})

it('signs all tabs in when one signs in', async () => {
  const { openTab, settle, callsTo } = setUpTabs()
  const tabs = range(3).map(() => openTab())
  await settle()
  expect(tabs.map(statusOf)).toEqual(Array(3).fill('unauthenticated'))
  await tabs[1]?.auth.login(ada)
  await settle()
  expect(tabs.map(statusOf)).toEqual(Array(3).fill('authenticated'))
  expect(callsTo('login')).toHaveLength(1)
  await tabs[2]?.auth.logout()
  await settle()
  await tabs[0]?.auth.login(ada)
  await settle()
  expect(tabs.map(statusOf)).toEqual(Array(3).fill('authenticated'))
})

it('ends the session in all tabs if the server rejects the refresh', async () => {
  const { first, openTab, settle, server, callsTo } = await setUp()
  const second = openTab()
  await settle()
  server.endSessions()
  await expect(first.auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_SESSION_EXPIRED' })
  await settle()
  expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'session-expired' })
  expect(callsTo('refresh').slice(1)).toHaveLength(1)
})

it('waits for a message that arrives after the lock is granted', async () => {
  const deliveries: (() => void)[] = []
  let isSlow = false
  const { first, openTab, settle, callsTo } = await setUp({
    slowMessages: () =>
      isSlow ? new Promise((resolve) => deliveries.push(resolve)) : Promise.resolve()
  })
  const second = openTab()
  await settle()
  isSlow = true
  const both = Promise.all([first.auth.refresh(), second.auth.refresh()])
  await settle()
  for (const deliver of deliveries) deliver()
  await both
  expect(callsTo('refresh').slice(1)).toHaveLength(1)
  expect(await second.auth.getAccessToken()).toBe(await first.auth.getAccessToken())
})

//  first   ── lock ── POST ── answered ──(its write and its message are late)──▶
//  second  ─────────────────────────────── lock ── must find the new token
it('sends one refresh if another tab refreshes before the write and the message of the first arrive', async () => {
  const slow = createSlowStorage()
  const messages: (() => void)[] = []
  let areSlow = false
  const { openTab, pass, settle, callsTo } = setUpTabs({
    slowMessages: async () => {
      if (areSlow) await new Promise<void>((resolve) => messages.push(resolve))
    }
  })
  const first = openTab({ platform: slow.openPage() })
  await pass(300)
  const entering = first.auth.login(ada)
  await pass(300)
  await entering
  const second = openTab({ platform: slow.openPage() })
  await pass(300)
  const before = callsTo('refresh').length
  slow.hold()
  areSlow = true
  await first.auth.refresh()
  await settle()
  const refreshing = second.auth.refresh()
  await pass(10, 1)
  for (const arrive of messages) arrive()
  slow.release()
  await pass(1_000)
  await refreshing
  expect(callsTo('refresh').length - before).toBe(1)
  expect(await second.auth.getAccessToken()).toBe(await first.auth.getAccessToken())
})

//  first   ── POST ── answered ── notes the answer ── (its message and next write are late)
//  second  ── (waits for the answer) ──────────────── must find the new token
it('sends one refresh without locks if storage shows the answer before the message arrives', async () => {
  const slow = createSlowStorage()
  const messages: (() => void)[] = []
  let areSlow = false
  const { openTab, pass, settle, callsTo, browser } = setUpTabs({
    without: ['locks'],
    slowMessages: async () => {
      if (areSlow) await new Promise<void>((resolve) => messages.push(resolve))
    }
  })
  // Each tab counts itself as the only one.
  slow.hold()
  const first = openTab({ platform: slow.openPage() })
  const second = openTab({ platform: slow.openPage() })
  await pass(300)
  slow.release()
  const entering = first.auth.login(ada)
  await pass(300)
  await entering
  const before = callsTo('refresh').length
  const gate = browser.hold('/refresh')
  const refreshing = [first.auth.refresh()]
  await gate.arrived(1)
  refreshing.push(second.auth.refresh())
  await settle()
  slow.hold()
  areSlow = true
  gate.release()
  await settle()
  slow.releaseNext()
  await settle()
  for (const arrive of messages) arrive()
  slow.release()
  await pass(1_000)
  await Promise.all(refreshing)
  expect(callsTo('refresh').length - before).toBe(1)
})

it('counts a shared token’s age from its receipt in the first tab, even if the message is read late', async () => {
  const { first, openTab, settle, clock, callsTo, browser } = await setUp()
  const second = openTab()
  await settle()
  clock.tick(100_000)
  second.freeze()
  await first.auth.refresh()
  await settle()
  first.crash()
  // Longer than the token lives.
  clock.tick(310_000)
  await settle()
  const before = callsTo('refresh').length
  second.thaw()
  expect((await second.auth.axios.get('/me')).status).toBe(200)
  expect(callsTo('refresh').length - before).toBe(1)
  expect(browser.requests.filter(({ url }) => url.endsWith('/me'))).toHaveLength(1)
})
