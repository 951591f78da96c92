// Frozen, crashed and restored pages: they catch up with the other tabs, and do not block them.
import type { Platform } from 'everbearer'
import { expect, it } from 'vitest'
import { ada, grace } from '../support/setups/test-client.ts'
import {
  finish,
  setUpTabs,
  type TabsOptions,
  type TabsSetup,
  type VirtualTab
} from '../support/setups/virtual-tabs.ts'

async function openTwo(options: TabsOptions = {}) {
  const setup = setUpTabs(options)
  const first = setup.openTab()
  await setup.settle()
  await first.auth.login(ada)
  const second = setup.openTab()
  await setup.settle()
  return { ...setup, first, second }
}

/** Ada signs out, and Grace signs in. */
async function changeUser({ auth }: VirtualTab, pass: TabsSetup['pass']): Promise<void> {
  const leaving = auth.logout()
  await pass(20)
  await leaving
  await auth.login(grace)
}

it.each([
  ['by the stored session version', {}],
  ['without a channel', { without: ['openChannel'] }]
] satisfies [string, TabsOptions][])(
  'signs a restored page out before it sends anything if another tab has signed out, %s',
  async (_, options) => {
    const { first, second, pass, browser } = await openTwo(options)
    await pass(300)
    second.enterBfcache()
    const leaving = first.auth.logout()
    await pass(50)
    expect((await leaving).confirmed).toBe(true)
    const sent = browser.requests.length
    second.leaveBfcache()
    expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
    await second.auth.axios.get('/me').catch(() => {})
    expect(
      browser.requests.slice(sent).filter(({ headers }) => headers.Authorization !== undefined)
    ).toEqual([])
  }
)

it('takes over the token that another tab refreshed while the page was in the back/forward cache', async () => {
  const { first, second, pass, callsTo } = await openTwo()
  second.enterBfcache()
  await first.auth.refresh()
  second.leaveBfcache()
  const request = second.auth.axios.get('/me')
  await pass(150)
  await request
  expect(callsTo('refresh').slice(1)).toHaveLength(1)
  expect(second.auth.getState().status).toBe('authenticated')
})

it('becomes user-changed when a page is restored after another user signed in', async () => {
  const { first, second, pass, browser } = await openTwo()
  second.enterBfcache()
  await changeUser(first, pass)
  second.leaveBfcache()
  await pass(150)
  expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'user-changed' })
  const sent = browser.requests.length
  await second.auth.axios.get('/me').catch(() => {})
  expect(
    browser.requests.slice(sent).every(({ headers }) => headers.Authorization === undefined)
  ).toBe(true)
})

//  first   ── signs out ── Grace signs in ── closed
//  second  ── (cached) ─────────────────────────────── pageshow ── refresh ── 503: it cannot stay
it('is signed out when a page is restored after another sign-in, although the refresh fails', async () => {
  const { first, second, pass, browser } = await openTwo()
  second.enterBfcache()
  await changeUser(first, pass)
  first.crash()
  const response = { status: 503, headers: [], setCookies: [], body: '' }
  browser.intercept('/refresh', { kind: 'answer', response }, 1_000)
  second.leaveBfcache()
  second.auth.axios.get('/me').catch(() => {})
  await pass(2_000)
  expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
})

it.each(['before the request is sent', 'while the server is at work', 'before the answer is read'])(
  'refreshes in another tab when one crashes %s',
  async (phase) => {
    const { first, second, pass, settle, browser, callsTo } = await openTwo()
    const gate = phase === 'before the request is sent' ? undefined : browser.hold('/refresh')
    first.auth.refresh().catch(() => {})
    if (phase !== 'before the request is sent') await gate?.arrived(1)
    if (phase === 'before the answer is read') first.freeze()
    first.crash()
    gate?.release()
    await settle()
    const refreshing = second.auth.refresh()
    await pass(6_000)
    await refreshing
    expect(second.auth.getState().status).toBe('authenticated')
    expect(callsTo('refresh').map(({ outcome }) => outcome)).not.toContain('refresh_reused')
  }
)

it('waits for the answer to the refresh of a closed page before it sends another', async () => {
  const { first, pass, settle, browser, callsTo, openTab } = await openTwo()
  const gate = browser.hold('/refresh')
  first.auth.refresh().catch(() => {})
  await gate.arrived(1)
  first.crash()
  const next = openTab({ tabs: 'off' })
  await pass(500)
  gate.release()
  await settle()
  const before = callsTo('refresh').length
  await pass(5_000)
  expect(next.auth.getState().status).toBe('authenticated')
  expect(callsTo('refresh').length - before).toBe(1)
  expect(callsTo('refresh').map(({ outcome }) => outcome)).not.toContain('refresh_reused')
})

it('refreshes without the lock if the tab that holds it is frozen', async () => {
  const { first, second, pass, settle, callsTo } = await openTwo({
    server: { refreshGraceSeconds: 10 }
  })
  const refreshing = first.auth.refresh()
  first.freeze()
  await settle()
  const secondRefresh = second.auth.refresh()
  await pass(5_100, 50)
  await secondRefresh
  expect(second.auth.getState().status).toBe('authenticated')
  first.thaw()
  await settle()
  await refreshing
  expect(first.auth.getState().status).toBe('authenticated')
  expect(callsTo('refresh').map(({ outcome }) => outcome)).not.toContain('refresh_reused')
})

it('gives the token of another tab to the callers of a refresh without an answer, and does not retry it', async () => {
  const { openTab, settle, pass, browser } = setUpTabs()
  let isStuck = false
  let stuck = 0
  const fetch: Platform['fetch'] = (url, init) => {
    if (!isStuck) return (browser.platform.fetch as Platform['fetch'])(url, init)
    stuck += 1
    return new Promise((_, reject) => {
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
    })
  }
  const first = openTab({ platform: { fetch } })
  await settle()
  await first.auth.login(ada)
  const second = openTab()
  await settle()
  isStuck = true
  const released = first.auth.refresh()
  await settle()
  second.auth.refresh().catch(() => {})
  await pass(6_000, 50)
  await released
  expect(await first.auth.getAccessToken()).toBe(await second.auth.getAccessToken())
  await pass(30_000, 500)
  expect(stuck).toBe(1)
  expect(first.auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
})

//  first  ── (busy) ──────────────────────────── answers at last ── closed
//  second ── page load: no answer ── refresh ────────────────────────────── has the token
//  third  ───────────────────────────────────────────────────────────────── page load: takes it
it('gives a token to a page load after a page that was busy during an earlier page load was closed', async () => {
  const setup = setUpTabs()
  const first = setup.openTab()
  await setup.pass(300)
  await finish(setup, first.auth.login(ada))
  first.freeze()
  const second = setup.openTab()
  await setup.pass(1_000)
  expect(second.auth.getState().status).toBe('authenticated')
  first.thaw()
  await setup.pass(1_000)
  first.enterBfcache()
  await setup.pass(5_000, 50)
  const before = setup.callsTo('refresh').length
  const third = setup.openTab()
  await setup.pass(1_000)
  expect(third.auth.getState().status).toBe('authenticated')
  expect(setup.callsTo('refresh')).toHaveLength(before)
})

it('closes its channel while the page is in the back/forward cache', async () => {
  const open = new Set<string>()
  const { openTab, settle } = setUpTabs()
  const tab = openTab({
    platform: {
      openChannel(name) {
        open.add(name)
        return { post() {}, close: () => void open.delete(name) }
      }
    }
  })
  await settle()
  expect(open.size).toBe(1)
  tab.enterBfcache()
  expect(open.size).toBe(0)
  tab.leaveBfcache()
  expect(open.size).toBe(1)
  tab.auth.dispose()
  expect(open.size).toBe(0)
})

it.each([
  ['signed out', undefined],
  ['signed in as another user', grace]
])(
  'sends no old token if a tab %s and a poll of a restored page runs before its events',
  async (_, user) => {
    const { first, second, pass, browser } = await openTwo()
    await pass(300)
    second.enterBfcache()
    const leaving = first.auth.logout()
    await pass(50)
    await leaving
    if (user !== undefined) {
      const entering = first.auth.login(user)
      await pass(50)
      await entering
    }
    const sent = browser.requests.length
    const polling = second.auth.axios
      .get('/me', { everbearer: { background: true } })
      .catch(() => {})
    second.leaveBfcache()
    await pass(15_000)
    await polling
    const carried = browser.requests.slice(sent).filter(({ headers }) => headers.Authorization)
    expect(carried).toEqual([])
  }
)
