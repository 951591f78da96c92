// I11: a sign-out in another tab overrules a sign-in that began before it.
import { expect, it } from 'vitest'
import { ada, grace } from '../support/setups/test-client.ts'
import { setUpTabs } from '../support/setups/virtual-tabs.ts'

async function openTabsOfAda() {
  const setup = setUpTabs()
  const first = setup.openTab()
  await setup.settle()
  const entering = first.auth.login(ada)
  await setup.pass(300)
  await entering
  const second = setup.openTab()
  await setup.pass(600)
  expect(second.auth.getState().status).toBe('authenticated')
  return { ...setup, first, second }
}

it.each([
  ['login()', '/login'],
  ['restore()', '/refresh']
] as const)('signs out in all tabs if another tab signs out during %s', async (call, path) => {
  const { first, second, browser, pass, callsTo, server } = await openTabsOfAda()
  const gate = browser.hold(path)
  const entering = call === 'login()' ? first.auth.login(grace) : first.auth.restore()
  const outcome = entering.catch((error: unknown) => error)
  await pass(50)
  await gate.arrived(1)
  const leaving = second.auth.logout()
  await pass(100)
  gate.release()
  await pass(1_000)
  expect(await outcome).toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
  await leaving
  await pass(11_000, 100)
  const signedOut = { status: 'unauthenticated', reason: 'signed-out' }
  expect(first.auth.getState()).toMatchObject(signedOut)
  expect(second.auth.getState()).toMatchObject(signedOut)
  expect(callsTo('logout')).toHaveLength(1)
  expect(server.sessions).toEqual([])
})

//  tab 1 ── login() ── (waits for the lock) ──────────── sends nothing
//  tab 2 ── refresh …no answer…   logout()
it.each(['login()', 'restore()'] as const)(
  'sends nothing for %s if another tab signs out while it waits for the lock',
  async (call) => {
    const { first, second, browser, pass, callsTo } = await openTabsOfAda()
    const gate = browser.hold('/refresh')
    const refreshing = second.auth.refresh().catch(() => {})
    await pass(50)
    await gate.arrived(1)
    const callsBefore = callsTo('login').length + callsTo('refresh').length
    const entering = call === 'login()' ? first.auth.login(grace) : first.auth.restore()
    const outcome = entering.catch((error: unknown) => error)
    await pass(50)
    const leaving = second.auth.logout()
    await pass(50)
    gate.release()
    await pass(3_000)
    expect(await outcome).toMatchObject({ code: 'ERR_AUTH_SESSION_CHANGED' })
    await Promise.all([leaving, refreshing])
    expect(callsTo('login').length + callsTo('refresh').length).toBe(callsBefore)
  }
)

it('signs in if another tab has signed out without a confirmation before', async () => {
  const { first, second, browser, pass } = await openTabsOfAda()
  browser.intercept('/logout', { kind: 'unreachable' }, 2)
  const leaving = second.auth.logout()
  await pass(300)
  expect(await leaving).toEqual({ confirmed: false })
  const entering = first.auth.login(grace)
  await pass(300)
  await entering
  expect(first.auth.getState().status).toBe('authenticated')
})
