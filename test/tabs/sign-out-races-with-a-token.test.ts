// I11: a sign-out that races with a new token in another tab ends the session in both.
import { expect, it } from 'vitest'
import { createSlowStorage } from '../support/setups/slow-storage.ts'
import { ada, grace } from '../support/setups/test-client.ts'
import { setUpTabs, type TabsOptions } from '../support/setups/virtual-tabs.ts'

async function openTwo(options: TabsOptions = {}) {
  const slow = createSlowStorage()
  const setup = setUpTabs(options)
  const open = () => setup.openTab({ platform: slow.openPage() })
  const first = open()
  await setup.pass(300)
  const entering = first.auth.login(ada)
  await setup.pass(300)
  await entering
  const second = open()
  await setup.pass(300)
  expect(second.auth.getState().status).toBe('authenticated')
  return { ...setup, slow, first, second, open }
}

//  first   ── signs out ── writes ────────────────────────────────── (its write arrives, or not)
//  second  ── gets a new token ── writes before it has seen that ─── ends its session too
it.each(['a refresh', 'a re-issued token'])(
  'ends the session in both tabs if a sign-out races with %s',
  async (cause) => {
    const { first, second, slow, server, browser, pass, open } = await openTwo()
    const path = cause === 'a refresh' ? '/refresh' : '/me'
    if (cause === 'a re-issued token') server.rotateKey()
    const gate = browser.hold(path)
    const work = cause === 'a refresh' ? second.auth.refresh() : second.auth.axios.get('/me')
    work.catch(() => {})
    await gate.arrived(1)
    slow.hold()
    const leaving = first.auth.logout()
    gate.release()
    await pass(20)
    slow.release()
    await pass(6_000, 50)
    await leaving
    const signedOut = { status: 'unauthenticated', reason: 'signed-out' }
    expect(first.auth.getState()).toEqual(signedOut)
    expect(second.auth.getState()).toEqual(signedOut)
    const third = open()
    await pass(1_000)
    expect(third.auth.getState().status).toBe('unauthenticated')
    expect(server.sessions).toEqual([])
  }
)

it('ends the session in the other tab if the page that signed out is closed before its write arrives', async () => {
  const { first, second, slow, server, pass } = await openTwo()
  server.rotateKey()
  await second.auth.axios.get('/me')
  slow.hold()
  const leaving = first.auth.logout()
  await pass(50)
  await leaving
  first.crash()
  expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
})

it('reports in each tab why the session ended, also if it waits for the lock', async () => {
  const { first, second, server, pass } = await openTwo()
  server.endSessions()
  const refreshes = [first, second].map(({ auth }) => auth.refresh().catch(() => {}))
  await pass(1_000)
  await Promise.all(refreshes)
  for (const { auth } of [first, second]) {
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'session-expired' })
  }
})

it('reports why the session ended to a tab that only storage informs', async () => {
  const { first, second, server, pass } = await openTwo({ without: ['openChannel'] })
  server.endSessions()
  const refreshing = first.auth.refresh().catch(() => {})
  await pass(1_000)
  await refreshing
  expect(second.auth.getState()).toEqual({
    status: 'unauthenticated',
    reason: 'session-expired'
  })
})

//  tab 1 ── refresh ── 401: the session is over ── its write
//  tab 2 ────────────────────────────────────────────── refresh() before the event
it('sends no refresh if the record shows that another tab has ended the session', async () => {
  const setup = setUpTabs()
  const first = setup.openTab()
  await setup.settle()
  await first.auth.login(ada)
  const second = setup.openTab()
  await setup.pass(300)
  setup.server.endSessions()
  const before = setup.callsTo('refresh').length
  let outcome: Promise<unknown> | undefined
  first.auth.on('signed-out', () => {
    outcome = second.auth.refresh().catch((error: unknown) => error)
  })
  await first.auth.refresh().catch(() => {})
  await setup.pass(300)
  expect(await outcome).toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  expect(setup.callsTo('refresh').length - before).toBe(1)
})

it('keeps the new session of another tab if an old sign-out is still pending without storage', async () => {
  const { openTab, pass, browser } = setUpTabs({ without: ['storage'] })
  const signOuts = () => browser.requests.filter(({ url }) => url.endsWith('/logout')).length
  const first = openTab()
  const second = openTab()
  await pass(1_000, 50)
  const entering = first.auth.login(ada)
  await pass(500)
  await entering
  browser.intercept('/logout', { kind: 'unreachable' }, 2)
  const leaving = first.auth.logout()
  await pass(500)
  expect(await leaving).toEqual({ confirmed: false })
  const next = second.auth.login(grace)
  await pass(500)
  await next
  const before = signOuts()
  browser.wake('online')
  await pass(1_000)
  expect(signOuts()).toBe(before)
  expect(second.auth.getState().status).toBe('authenticated')
  const request = second.auth.axios.get('/me')
  await pass(500)
  expect((await request).status).toBe(200)
})

it('keeps an idle tab signed in while the user is active in another one, without storage', async () => {
  const { openTab, pass, clock } = setUpTabs({
    without: ['storage'],
    server: { accessTokenSeconds: 86_400 },
    client: { idlePolicy: { signOutAfterSeconds: 600 } }
  })
  const first = openTab()
  await pass(500)
  const entering = first.auth.login(ada)
  await pass(500)
  await entering
  const second = openTab()
  await pass(1_000)
  expect(second.auth.getState().status).toBe('authenticated')
  for (let minute = 0; minute < 30; minute += 1) {
    clock.tick(60_000)
    first.auth.markActive()
    await pass(20)
  }
  expect(second.auth.getState().status).toBe('authenticated')
  clock.tick(601_000)
  await pass(20)
  expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'idle' })
})
