// I12, I15: a tab that cannot refresh and has missed a sign-in in another tab ends its session. A
// tab that has only lost storage keeps it.
import { expect, it } from 'vitest'
import { withoutRefresh as contract } from '../support/setups/contracts.ts'
import { ada, grace } from '../support/setups/test-client.ts'
import { finish, setUpTabs, type TabsOptions } from '../support/setups/virtual-tabs.ts'

const changed = { status: 'unauthenticated', reason: 'user-changed' }

async function openAda({ client, ...options }: TabsOptions = {}) {
  const setup = setUpTabs({ ...options, client: { contract, ...client }, server: { contract } })
  const first = setup.openTab()
  await setup.pass(300)
  await finish(setup, first.auth.login(ada))
  const request = () =>
    finish(
      setup,
      first.auth.axios.get('/me').then(
        ({ status }) => status,
        ({ code }) => code
      ),
      1_000
    )
  return { ...setup, setup, first, request }
}

//  first  ── signed in ── (back/forward cache) ───────────── returns: its session is over
//  second ────────────────────────── signs in ── closed
it.each([ada, grace])(
  'ends the session of a page that returns from the cache after $email signed in in a closed tab',
  async (user) => {
    const { first, setup, openTab, pass } = await openAda()
    first.enterBfcache()
    const second = openTab()
    await pass(300)
    await finish(setup, second.auth.login(user))
    second.auth.dispose()
    first.leaveBfcache()
    await pass(1_000)
    expect(first.auth.getState()).toEqual(changed)
    expect(first.events.slice(1)).toEqual([
      { name: 'signed-out', event: { reason: 'user-changed' } }
    ])
    await finish(setup, first.auth.login(ada))
    expect(first.auth.getState().status).toBe('authenticated')
  }
)

it.each<[string, TabsOptions]>([
  ['tabs share no token', { client: { tabs: 'signal' } }],
  ['BroadcastChannel is missing', { without: ['openChannel'] }]
])('sends no request of a user after a sign-in in another tab if %s', async (_, options) => {
  const { first, setup, openTab, pass, request, callsTo } = await openAda(options)
  const second = openTab()
  await pass(300)
  await finish(setup, second.auth.login(grace))
  await request()
  expect(first.auth.getState()).toEqual(changed)
  expect(second.auth.getState().status).toBe('authenticated')
  expect(callsTo('me').filter(({ status }) => status === 200)).toEqual([])
})

//  first  ── signed in ── a request: asks ── (no answer) ── its session is over ── signed in
//  second ───── signs in ── (busy) ───────────────────────────────────────── answers
it.each<[string, typeof ada, object]>([
  ['enters the session', ada, { status: 'authenticated' }],
  ['stays out of the session of another user', grace, changed]
])('%s when the other tab answers late', async (_, user, state) => {
  let delayMs = 0
  const { first, setup, openTab, pass, request } = await openAda({
    slowMessages: () => new Promise((resolve) => setup.clock.platform.setTimer(resolve, delayMs))
  })
  const second = openTab()
  await pass(300)
  delayMs = 2_000
  await finish(setup, second.auth.login(user))
  expect(await request()).toBe('ERR_AUTH_SESSION_CHANGED')
  expect(first.auth.getState()).toEqual(changed)
  await pass(3_000)
  expect(first.auth.getState()).toMatchObject(state)
})

it('sends the token of a page that was in the cache while storage was cleared', async () => {
  const { first, pass, browser, request, callsTo } = await openAda()
  first.enterBfcache()
  await pass(1_000)
  browser.clearStorage()
  await pass(1_000)
  first.leaveBfcache()
  await pass(1_000)
  expect(await request()).toBe(200)
  expect(await request()).toBe(200)
  expect(callsTo('me')).toHaveLength(2)
})
