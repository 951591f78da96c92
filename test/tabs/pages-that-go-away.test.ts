// Pages that go away: a page that closes leaves the record as the other tabs have written it, and
// the next page waits for its refresh.
import type { AuthClientOptions } from 'everbearer'
import { expect, it } from 'vitest'
import { createSlowStorage } from '../support/setups/slow-storage.ts'
import { ada, grace } from '../support/setups/test-client.ts'
import { finish, setUpTabs } from '../support/setups/virtual-tabs.ts'

//  tab 1 ── writes the key ── POST /refresh ── (reloaded) ── answered: rotated
//  tab 2 ── closes ─────────── (its write arrives last)
//  tab 3 ─────────────────────────────────────── opens ────────── waits, and sends the same key
it('keeps the idempotency key of a refresh if another tab closes in the same moment', async () => {
  const slow = createSlowStorage()
  const setup = setUpTabs({ server: { refreshGraceSeconds: 0 } })
  const { browser, pass, callsTo } = setup
  const openPage = () => {
    let isGone = false
    const { storage, onStorageChange } = slow.openPage()
    const platform = {
      storage,
      onStorageChange: (listener: () => void) => onStorageChange(() => isGone || listener())
    }
    const leave = () => {
      isGone = true
    }
    return { ...setup.openTab({ platform }), leave }
  }
  const first = openPage()
  await pass(300)
  const entering = first.auth.login(ada)
  await pass(300)
  await entering
  const second = openPage()
  await pass(600)
  const gate = browser.hold('/refresh')
  slow.hold()
  first.auth.refresh().catch(() => {})
  await gate.arrived(1)
  // The pages are gone before storage shows them another write.
  second.enterBfcache()
  second.leave()
  first.crash()
  first.leave()
  slow.release()
  const third = openPage()
  await pass(2_000)
  gate.release()
  await pass(12_000)
  expect(third.auth.getState().status).toBe('authenticated')
  expect(callsTo('refresh').map(({ outcome }) => outcome)).not.toContain('refresh_reused')
  const keys = browser.requests
    .filter(({ url }) => url.endsWith('/refresh'))
    .map(({ headers }) => headers['Idempotency-Key'])
  expect(keys.slice(-2)).toEqual([keys.at(-1), keys.at(-1)])
})

//  tab 1 ── POST /refresh ── reloaded: the request seems to fail ── (page hides)
//  server ──────────────────────────────────────────────── answers: rotated
//  tab 2 ───────────────────────────────────── opens ────────────── waits for that
it('does not take a request that fails in a page that goes away for one that is over', async () => {
  let arrive = () => {}
  const isOnTheWay = new Promise<void>((resolve) => {
    arrive = resolve
  })
  let isHeld = false
  let fail = (_: Error) => {}
  const setup = setUpTabs({
    server: { refreshGraceSeconds: 0 },
    hooks: {
      delay: async (label) => (isHeld && label === '/refresh arrives' ? isOnTheWay : undefined)
    }
  })
  const { browser, pass, callsTo } = setup
  const first = setup.openTab({
    platform: {
      fetch: (...sent) =>
        new Promise((resolve, reject) => {
          fail = reject
          browser.platform.fetch?.(...sent).then(resolve, reject)
        })
    }
  })
  await pass(300)
  const entering = first.auth.login(ada)
  await pass(600)
  await entering
  isHeld = true
  first.auth.refresh().catch(() => {})
  await pass(50)
  fail(new TypeError('Failed to fetch'))
  await pass(10)
  first.enterBfcache()
  first.crash()
  isHeld = false
  const second = setup.openTab()
  await pass(1_000)
  arrive()
  await pass(12_000)
  expect(callsTo('refresh').map(({ outcome }) => outcome)).not.toContain('refresh_reused')
  expect(second.auth.getState().status).toBe('authenticated')
})

//  page  ── lock ── POST ── (gone) ─────────── answered
//  tab 1 ────────────────── opens: waits ───── lock ── POST ── answered
//  tab 2 ────────────────── opens: waits ────────── (waits for the lock) ── takes the token over
it('sends one refresh from two tabs that wait for the refresh of a page that is gone', async () => {
  const slow = createSlowStorage()
  const setup = setUpTabs({
    server: { refreshGraceSeconds: 0 },
    client: { lockTimeoutMs: 4_000, contract: { refresh: { idempotencyKey: 'never' } } }
  })
  const { browser, pass, callsTo } = setup
  const openPage = () => setup.openTab({ platform: slow.openPage() })
  const first = openPage()
  await pass(300)
  const entering = first.auth.login(ada)
  await pass(600)
  await entering
  const gate = browser.hold('/refresh')
  first.auth.refresh().catch(() => {})
  await gate.arrived(1)
  first.crash()
  const tabs = [openPage(), openPage()]
  await pass(1_000)
  gate.release()
  const from = callsTo('refresh').length
  await pass(3_000)
  // The other processes do not see in time that one of the tabs has begun.
  slow.hold()
  await pass(1_500)
  slow.release()
  await pass(6_000)
  expect(callsTo('refresh').slice(from)).toHaveLength(1)
  const statuses = tabs.map(({ auth }) => auth.getState().status)
  expect(statuses).toEqual(['authenticated', 'authenticated'])
})

it('lets a new tab ask the others after a browser has opened four tabs and closed two', async () => {
  const { openTab, pass, callsTo } = setUpTabs()
  const first = openTab()
  await pass(300)
  const entering = first.auth.login(ada)
  await pass(300)
  await entering
  first.auth.dispose()
  await pass(100)
  const restored = [openTab(), openTab(), openTab(), openTab()]
  await pass(1_500)
  for (const { auth } of restored.slice(2)) auth.dispose()
  await pass(100)
  const refreshes = callsTo('refresh').length
  const last = openTab()
  await pass(600)
  expect(last.auth.getState().status).toBe('authenticated')
  expect(callsTo('refresh')).toHaveLength(refreshes)
})

const response = { status: 503, headers: [], setCookies: [], body: '' }
const isGrace = { status: 'authenticated', user: { sub: 'user-2' } }

/** A page of Ada, and another tab of hers. The answer to the page's refresh is held. */
async function refreshOfGonePage(client: AuthClientOptions = {}, isRetried = false) {
  const setup = setUpTabs({ server: { refreshGraceSeconds: 60 }, client })
  const { browser, pass, openTab } = setup
  const gone = openTab()
  await pass(300)
  await finish(setup, gone.auth.login(ada))
  const other = openTab()
  await pass(600)
  if (isRetried) {
    browser.intercept('/refresh', { kind: 'unreachable' })
    await finish(setup, Promise.allSettled([other.auth.refresh()]), 500)
  }
  const gate = browser.hold('/refresh')
  gone.auth.refresh().catch(() => {})
  await pass(300)
  await gate.arrived(1)
  gone.crash()
  return { ...setup, gate, other }
}

//  page  (Ada) ── POST /refresh ── (gone) ────────────────── answered: cookie of Ada
//  other (Ada) ───────────────────── login() ── (waits) ── signs in as Grace
it.each<[string, AuthClientOptions, boolean]>([
  ['', {}, false],
  [' with a key that failed here', {}, true],
  [' and a longer wait for the lock', { lockTimeoutMs: 60_000 }, false]
])('signs in after the refresh of a page that is gone%s', async (_, client, isRetried) => {
  const setup = await refreshOfGonePage(client, isRetried)
  const { pass, gate, other } = setup
  const entering = other.auth.login(grace)
  await pass(1_000)
  gate.release()
  await finish(setup, entering, 6_000)
  await finish(setup, Promise.allSettled([other.auth.refresh()]), 2_000)
  expect(other.auth.getState()).toMatchObject(isGrace)
})

//  page  ── POST /refresh ── (gone) ────────────────────────────── answered: a new cookie
//  other ───────────────────── logout() ── login() ── (they wait) ── POST /logout ── POST /login
it('signs out, and in again, after the refresh of a page that is gone', async () => {
  const setup = await refreshOfGonePage()
  const { browser, pass, gate, other } = setup
  const leaving = other.auth.logout()
  await pass(200)
  const entering = other.auth.login(grace)
  await pass(500)
  expect(browser.requests.map(({ url }) => url).join()).not.toContain('/logout')
  gate.release()
  await finish(setup, Promise.all([leaving, entering]), 7_000)
  await finish(setup, Promise.allSettled([other.auth.refresh()]), 2_000)
  expect(other.auth.getState()).toMatchObject(isGrace)
})

//  page ── POST /refresh ── (gone) ── answered
//  next ── restore() or login() as Ada, and login() as Grace: both wait ── one after the other
it.each(['restore', 'login'] as const)(
  'sends a sign-in after an earlier %s of the page if both wait for a page that is gone',
  async (first) => {
    const setup = await refreshOfGonePage({ restore: 'never' })
    const { browser, pass, gate, other, openTab } = setup
    other.crash()
    const { auth } = openTab()
    const earlier = first === 'login' ? auth.login(ada) : auth.restore()
    earlier.catch(() => {})
    await pass(50)
    const entering = auth.login(grace)
    await pass(100)
    const sent = () => browser.requests.map(({ url }) => new URL(url).pathname)
    const before = sent().length
    browser.intercept(`/${first === 'login' ? 'login' : 'refresh'}`, { kind: 'answer', response })
    gate.release()
    const slow = browser.hold(first === 'login' ? '/login' : '/refresh')
    // Storage does not show the answer, because its page is gone.
    await pass(6_000)
    await slow.arrived(1)
    expect(sent().slice(before)).toHaveLength(1)
    slow.release()
    await finish(setup, entering, 1_000)
    expect(auth.getState()).toMatchObject(isGrace)
  }
)

//  page 1 ── restore(): POST /refresh ── (reloaded) ─────────────── answered: rotated
//  page 2 ──────────────────────────────── restore() ── (waits) ──── POST /refresh
it('waits for the restore() of the page before a reload', async () => {
  const setup = setUpTabs({ client: { restore: 'never' } })
  const { browser, pass, callsTo, openTab } = setup
  // The user has signed in on another page.
  await browser.post('/login', ada)
  const gate = browser.hold('/refresh')
  const first = openTab()
  first.auth.restore().catch(() => {})
  await gate.arrived(1)
  await pass(200)
  first.crash()
  const { auth } = openTab()
  const restoring = auth.restore()
  await pass(200)
  gate.release()
  await finish(setup, restoring, 6_000)
  expect(callsTo('refresh').map(({ outcome }) => outcome)).not.toContain('refresh_reused')
  expect(auth.getState().status).toBe('authenticated')
})
