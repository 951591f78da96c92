// I12: a new tab that can neither ask the server nor another tab in time joins the live session
// later, and does not end it.
import type { AuthClientOptions, AuthContract } from 'everbearer'
import { expect, it } from 'vitest'
import { byAccessToken, byRefreshToken, withoutRefresh } from '../support/setups/contracts.ts'
import { createSlowStorage } from '../support/setups/slow-storage.ts'
import { ada } from '../support/setups/test-client.ts'
import { finish, setUpTabs } from '../support/setups/virtual-tabs.ts'

const contracts: readonly [string, AuthContract][] = [
  ['a refresh token in memory', byRefreshToken],
  ['the access token', byAccessToken],
  ['no refresh', withoutRefresh]
]

/** Opens a tab and signs Ada in. `delay` delays each later message. */
async function openAda(client: AuthClientOptions) {
  let delayMs = 0
  const { contract = {} } = client
  const setup = setUpTabs({
    client,
    server: { contract },
    slowMessages: () => new Promise((resolve) => setup.clock.platform.setTimer(resolve, delayMs))
  })
  const first = setup.openTab()
  await setup.pass(300)
  await finish(setup, first.auth.login(ada))
  const delay = (ms: number) => {
    delayMs = ms
  }
  return { ...setup, first, delay }
}

//  first  ────────────────────────────── (busy) ── answers
//  second ── page load: asks ── no session ───────────────── signed in
it.each(contracts)(
  'signs a new tab in when another tab answers late, with %s',
  async (_, contract) => {
    const { openTab, pass, delay, callsTo } = await openAda({ contract, restore: 'hint' })
    delay(150)
    const second = openTab()
    await pass(280)
    expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
    await pass(100)
    expect(second.auth.getState()).toMatchObject({ user: { sub: 'user-1' } })
    expect(second.events).toMatchObject([{ name: 'signed-in', event: { via: 'other-tab' } }])
    expect(callsTo('refresh')).toEqual([])
  }
)

it('signs a tab in by a late answer after its restore() could not ask the server', async () => {
  const setup = await openAda({ contract: byRefreshToken })
  setup.delay(150)
  const second = setup.openTab()
  const state = await finish(setup, second.auth.restore(), 290)
  expect(state).toMatchObject({ status: 'unauthenticated', reason: 'no-session' })
  await setup.pass(100)
  expect(second.auth.getState()).toMatchObject({ user: { sub: 'user-1' } })
})

//  first  ── signs in ── (busy) ────────────────── answers
//  second ── page load: asks ── POST /refresh ── 401 ── signed out
it('keeps a new tab signed out if the server has rejected its restore, and another tab answers late', async () => {
  const { openTab, pass, delay, browser } = await openAda({})
  delay(200)
  browser.intercept('/refresh', { kind: 'answer', response: rejection })
  const second = openTab()
  await pass(2_000)
  expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
})

it('keeps a tab without a credential signed out after logout(), if another tab answers late', async () => {
  const setup = await openAda({ contract: byRefreshToken })
  setup.delay(200)
  const second = setup.openTab()
  await setup.pass(280)
  await finish(setup, second.auth.logout(), 2_000)
  for (const { auth } of [setup.first, second])
    expect(auth.getState()).toMatchObject({ reason: 'signed-out' })
})

//  first  ── signs in ── clears storage ───────────────────── writes the session back
//  second ──────────────────────────────── page load: no session ──────────────────── signed in
it.each<[string, AuthClientOptions]>([
  ...contracts.map(([name, contract]): [string, AuthClientOptions] => [name, { contract }]),
  ['a cookie and `hint`', { restore: 'hint' }]
])(
  'signs a new tab in that was opened after the app had cleared storage, with %s',
  async (_, client) => {
    const { contract = {} } = client
    const slow = createSlowStorage()
    const open = () => setup.openTab({ platform: slow.openPage() })
    const setup = setUpTabs({ client, server: { contract } })
    const first = open()
    await setup.pass(300)
    await finish(setup, first.auth.login(ada))
    slow.clearIn(first.platform)
    slow.hold()
    const second = open()
    await setup.pass(20)
    expect(second.auth.getState()).toMatchObject({ reason: 'no-session' })
    slow.release()
    await setup.pass(300)
    for (const { auth } of [first, second])
      expect(auth.getState()).toMatchObject({ user: { sub: 'user-1' } })
    expect(setup.callsTo('refresh')).toEqual([])
  }
)

it('keeps a visitor signed out who has opened several tabs with `hint`', async () => {
  const { openTab, pass, browser } = setUpTabs({ client: { restore: 'hint' } })
  const tabs = [openTab(), openTab(), openTab()]
  const states = tabs.map(({ auth }) => auth.getState())
  await pass(2_000)
  for (const [nth, { auth, events }] of tabs.entries()) {
    expect(states[nth]).toEqual({ status: 'unauthenticated', reason: 'no-session' })
    expect(auth.getState()).toBe(states[nth])
    expect(events).toEqual([])
  }
  expect(browser.requests).toEqual([])
})

//  first  ── signs in ── (busy)
//  second ──────────────── page load: no answer in time ── no session ── closed
//  third  ────────────────────────────────────────────────────────────────────── page load: asks
it.each(contracts)(
  'keeps the session in storage if no other tab answers a new tab in time, with %s',
  async (_, contract) => {
    const { first, openTab, pass, browser, delay } = await openAda({ contract, restore: 'hint' })
    delay(400)
    const second = openTab()
    await pass(280)
    expect(second.auth.getState()).toMatchObject({ reason: 'no-session' })
    expect(browser.storedSession()).toBe('live')
    second.auth.dispose()
    delay(0)
    await pass(1_000)
    const third = openTab()
    await pass(1_000)
    for (const { auth } of [first, third]) expect(auth.getState().status).toBe('authenticated')
  }
)

const rejection = {
  status: 401,
  headers: [['Content-Type', 'application/json']] satisfies [string, string][],
  setCookies: [],
  body: '{"error":"invalid_grant"}'
}
