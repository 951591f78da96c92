// I11 and I12: a sign-out in another tab during a refresh, and sign-ins that it must not end. Found
// by the search with random histories.
import { expect, it } from 'vitest'
import { createSlowStorage } from '../support/setups/slow-storage.ts'
import { ada, grace } from '../support/setups/test-client.ts'
import { setUpTabs, type TabsOptions } from '../support/setups/virtual-tabs.ts'

const signedOut = { status: 'unauthenticated', reason: 'signed-out' }

function setUpTwoTabs(options: TabsOptions = {}) {
  const setup = setUpTabs({ ...options, client: { restore: 'never', ...options.client } })
  return { ...setup, first: setup.openTab(), second: setup.openTab() }
}

//  tab 1 ── sign-in ──────────── sign-out ───────────────
//  tab 2 ───────── POST /refresh ────────── answered: 200
it.each([
  ['tokens are not shared', { client: { tabs: 'signal' } }],
  ['the browser has no channel', { without: ['openChannel'] }]
] as const)(
  'drops the answer to a refresh that another tab has signed out, if %s',
  async (_, options) => {
    const { first, second, browser, pass } = setUpTwoTabs(options)
    const gate = browser.hold('/refresh')
    const entering = first.auth.login(ada)
    await pass(50)
    await entering
    if ('without' in options) second.leaveBfcache()
    await pass(200)
    await gate.arrived(1)
    const leaving = first.auth.logout()
    await pass(100)
    gate.release()
    await pass(1_500)
    await leaving
    await pass(11_000, 100)
    expect(first.auth.getState()).toMatchObject(signedOut)
    expect(second.auth.getState().status).toBe('unauthenticated')
    expect(second.events.map(({ name }) => name)).not.toContain('signed-in')
  }
)

//  tab 1 ── sign-in ───────────────────────────────────────────
//  tab 2 ────────── POST /refresh ──────────────── answered: 200
//  tab 3 ── sign-in ── answered ── sign-out ───────
it('drops the answer to a refresh during which another tab signs in and out', async () => {
  const setup = setUpTwoTabs({ without: ['locks'], client: { tabs: 'signal' } })
  const { first, second, browser, pass } = setup
  const third = setup.openTab()
  const answer = await signInOutside(browser)
  let arrive = () => {}
  const isLate = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const gate = browser.hold('/refresh')
  const again = third.auth.login(async () => {
    await isLate
    return { access_token: answer.accessToken, expires_in: answer.expiresInSeconds }
  })
  const entering = first.auth.login(ada)
  await pass(50)
  await entering
  await gate.arrived(1)
  arrive()
  await pass(50)
  await again
  const leaving = third.auth.logout()
  await pass(100)
  gate.release()
  await pass(1_500)
  await leaving
  await pass(11_000, 100)
  for (const { auth } of [first, second, third])
    expect(auth.getState().status).toBe('unauthenticated')
  expect(second.events.map(({ name }) => name)).not.toContain('signed-in')
})

//  tab 1 ── sign-in (slow) ────────────────────── answered: too late
//  tab 2 ─────── sign-out ── sign-in of grace ──── stays signed in
it('keeps the session of a later sign-in if a sign-in from before the sign-out is answered', async () => {
  const { first, second, browser, pass } = setUpTwoTabs()
  const entering = first.auth.login(ada)
  await pass(50)
  await entering
  const gate = browser.hold('/login')
  const overruled = first.auth.login(ada).catch((error: unknown) => error)
  await pass(20)
  await gate.arrived(1)
  const leaving = second.auth.logout()
  await pass(1_200)
  expect(await leaving).toEqual({ confirmed: false })
  const { accessToken, expiresInSeconds } = await signInOutside(browser)
  const later = second.auth.login(async () => ({
    access_token: accessToken,
    expires_in: expiresInSeconds
  }))
  await pass(2_000)
  await later
  gate.release()
  await pass(1_000)
  expect(await overruled).toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  expect(second.auth.getState()).toMatchObject({ status: 'authenticated' })
  expect(first.auth.getState()).toMatchObject({ status: 'authenticated' })
})

async function signInOutside(browser: ReturnType<typeof setUpTabs>['browser']) {
  const gate = browser.hold('/login')
  gate.release()
  const { body } = await browser.post('/login', grace)
  const { access_token, expires_in } = JSON.parse(body)
  return { accessToken: access_token, expiresInSeconds: expires_in }
}

//  tab 1 ── signs in again ──┐ message lost        ── signs out ──
//  tab 2 ── (of the first sign-in) ──────────────────────────────── signed out too
it('signs out a tab that has missed a later sign-in', async () => {
  let isLost = false
  const { first, second, pass } = setUpTwoTabs({
    slowMessages: () => (isLost ? new Promise(() => {}) : Promise.resolve())
  })
  const entering = first.auth.login(ada)
  await pass(100)
  await entering
  expect(second.auth.getState().status).toBe('authenticated')
  isLost = true
  const again = first.auth.login(ada)
  await pass(100)
  await again
  const leaving = first.auth.logout()
  await pass(1_000)
  await leaving
  await pass(11_000, 100)
  expect(second.auth.getState()).toMatchObject(signedOut)
})

//  tab 1 ── sign-in ── sign-out ──────
//  tab 2 ──────────── wakes ─── (lock) ─ sends nothing
it('sends no refresh if another tab signs out while it waits for the lock', async () => {
  const { first, second, browser, pass, callsTo } = setUpTwoTabs({ without: ['openChannel'] })
  const entering = first.auth.login(ada)
  await pass(50)
  await entering
  browser.intercept('/logout', { kind: 'unreachable' }, 99)
  second.leaveBfcache()
  const leaving = first.auth.logout()
  await pass(12_000, 100)
  await leaving
  expect(callsTo('refresh')).toEqual([])
  expect(second.auth.getState().status).toBe('unauthenticated')
})

//  tab 1 ─────────────── session expired ── signs in ──────────────────────────────
//  tab 2 ── POST /refresh ── frozen ────────────────── thaws: messages, then the answer
it('keeps the session that a tab enters before the answer to a refresh of an earlier one', async () => {
  const { first, second, browser, pass } = setUpTwoTabs({ without: ['locks'] })
  const entering = first.auth.login(ada)
  await pass(300)
  await entering
  expect(second.auth.getState().status).toBe('authenticated')
  second.auth.refresh().catch(() => {})
  second.freeze()
  await pass(100)
  const response = { status: 401, headers: [], setCookies: [], body: '{"error":"invalid_grant"}' }
  browser.intercept('/refresh', { kind: 'answer', response: { ...response } })
  // It waits until the refresh of the frozen tab can no longer be answered.
  const restoring = first.auth.restore().catch(() => {})
  await pass(6_000)
  await restoring
  expect(first.auth.getState()).toMatchObject({ reason: 'session-expired' })
  const again = first.auth.login(ada)
  await pass(300)
  await again
  second.thaw()
  await pass(1_000)
  expect(second.auth.getState().status).toBe('authenticated')
  expect(second.events.map(({ name }) => name)).not.toContain('signed-out')
})

//  tab 1 ── session 1 ── session 2 ── sign-out ── session 3 ───────────
//  tab 2 ──── (sees session 1) ── POST /refresh ────────────── answered for session 2
it('drops the answer for a session that began and ended during the refresh', async () => {
  const slow = createSlowStorage()
  const setup = setUpTabs({ without: ['locks'], client: { restore: 'never', tabs: 'signal' } })
  const { browser, pass, callsTo } = setup
  const first = setup.openTab({ platform: slow.openPage() })
  const second = setup.openTab({ platform: slow.openPage() })
  const finish = async (work: Promise<unknown>, ms = 200) => {
    await pass(ms)
    await work
  }
  const gate = browser.hold('/refresh')
  slow.hold()
  await finish(first.auth.login(ada))
  await finish(first.auth.login(ada))
  slow.releaseNext()
  await gate.arrived(1)
  slow.release()
  // Both wait until the refresh of the other tab can no longer be answered.
  await finish(first.auth.logout(), 6_000)
  await finish(first.auth.login(ada))
  gate.release()
  await pass(500)
  expect(callsTo('refresh').map(({ outcome }) => outcome)).toEqual(['rotated'])
  expect(second.events.map(({ name }) => name)).not.toContain('signed-in')
})
