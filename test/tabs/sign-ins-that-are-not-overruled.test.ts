// I11: only a later sign-out of the user overrules a sign-in. An old sign-out, or an idle limit, in
// another tab does not.
import { expect, it } from 'vitest'
import { ada, grace } from '../support/setups/test-client.ts'
import { finish, setUpTabs } from '../support/setups/virtual-tabs.ts'

//  first  ── signs out ── (frozen) ─────────────────────────── thaws: writes the sign-out again
//  second ──────────────────────── storage is cleared ── login() ─────────────────────────────── ok
it('signs in although a frozen tab writes an old sign-out back to cleared storage', async () => {
  const setup = setUpTabs({ client: { restore: 'never' } })
  const { browser, pass, openTab } = setup
  const first = openTab()
  await finish(setup, first.auth.login(ada))
  expect(await finish(setup, first.auth.logout())).toEqual({ confirmed: true })
  first.freeze()
  browser.clearStorage()
  await pass(60_000, 1_000)
  const second = openTab()
  await pass(300)
  const gate = browser.hold('/login')
  const entering = second.auth.login(grace)
  await gate.arrived(1)
  first.thaw()
  await pass(200)
  gate.release()
  await finish(setup, entering)
  expect(second.auth.getState().status).toBe('authenticated')
})

//  first  ── signed in, not used ────────── idle limit: signs out
//  second ────────────────── login(function) ────────────────────── answered: signed in
it('signs in although another tab reaches the idle limit during the sign-in', async () => {
  const setup = setUpTabs({
    client: { restore: 'never', idlePolicy: { signOutAfterSeconds: 300, whileHidden: 'refresh' } },
    server: { accessTokenSeconds: 3_600 }
  })
  const { browser, pass, openTab } = setup
  const first = openTab()
  await finish(setup, first.auth.login(ada))
  const second = openTab()
  await pass(285_000, 500)
  const gate = browser.hold('/login')
  const entering = second.auth.login(async () => {
    const { body } = await browser.post('/login', grace)
    return JSON.parse(body)
  })
  await pass(20_000, 500)
  expect(first.auth.getState()).toMatchObject({ status: 'unauthenticated', reason: 'idle' })
  gate.release()
  await finish(setup, entering, 3_000)
  expect(second.auth.getState().status).toBe('authenticated')
})

//  first  ── refreshes: rejected ── asks the other tabs ── (frozen) ─────────────── thaws
//  second ───────── refreshes (its message is lost) ───────── rejected ── signs in ────── signed in
it('stays signed in if a frozen tab learns that its refresh of an earlier session was rejected', async () => {
  let isLost = false
  const slowMessages = () => (isLost ? new Promise<void>(() => {}) : Promise.resolve())
  const setup = setUpTabs({ without: ['locks'], slowMessages })
  const { browser, pass, openTab } = setup
  const [first, second] = [openTab(), openTab()]
  await pass(300)
  await finish(setup, first.auth.login(ada))
  const response = { status: 401, headers: [], setCookies: [], body: '{"error":"invalid_grant"}' }
  browser.intercept('/refresh', { kind: 'answer', response })
  const gate = browser.hold('/refresh')
  isLost = true
  const outcome = first.auth.refresh().catch((error: unknown) => error)
  await gate.arrived(1)
  browser.hold('/refresh').release()
  await finish(setup, second.auth.refresh(), 6_000)
  gate.release()
  await pass(100)
  first.enterBfcache()
  browser.intercept('/refresh', { kind: 'answer', response })
  await finish(setup, Promise.allSettled([second.auth.refresh()]))
  expect(second.auth.getState().status).toBe('unauthenticated')
  await finish(setup, second.auth.login(ada))
  first.leaveBfcache()
  await pass(1_000)
  expect(await outcome).toMatchObject({ code: 'ERR_AUTH_SESSION_EXPIRED' })
  expect(second.auth.getState().status).toBe('authenticated')
})
