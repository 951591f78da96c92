// Rotated refresh tokens: no tab presents a refresh token that another tab has spent. The server
// would take it for theft.
import type { AuthContract } from 'everbearer'
import { expect, it } from 'vitest'
import { byRefreshToken } from '../support/setups/contracts.ts'
import { ada } from '../support/setups/test-client.ts'
import { finish, setUpTabs, type TabsOptions } from '../support/setups/virtual-tabs.ts'

async function openTwo(client: TabsOptions['client'] = {}, options: TabsOptions = {}) {
  const setup = setUpTabs({
    ...options,
    client: { contract: byRefreshToken, ...client },
    server: { contract: byRefreshToken, ...options.server }
  })
  const first = setup.openTab()
  await setup.pass(300)
  await finish(setup, first.auth.login(ada))
  const second = setup.openTab()
  await setup.pass(600)
  expect(second.auth.getState().status).toBe('authenticated')
  const outcomes = () => setup.server.calls.map(({ outcome }) => outcome)
  return { ...setup, first, second, outcomes }
}

function createMemoryStore() {
  let stored: string | undefined
  return {
    get: async () => stored,
    async set(token: string) {
      stored = token
    },
    async remove() {
      stored = undefined
    }
  }
}

//  tab 1 ─────────────── refresh ── hidden: its token expires ── answers with the refresh token
//  tab 2 ── away ────────────────────────────────────────────────▲ comes back
it.each([
  ['the back/forward cache', 'enterBfcache', 'leaveBfcache'],
  ['a freeze', 'freeze', 'thaw']
] as const)(
  'takes the refresh token of a tab with an expired access token, after %s',
  async (_, leave, comeBack) => {
    const setup = await openTwo()
    const { first, second, browser, clock, pass, outcomes } = setup
    second[leave]()
    await pass(200)
    await finish(setup, first.auth.refresh())
    browser.setVisible(false)
    clock.tick(20 * 60_000)
    await pass(500)
    browser.setVisible(true)
    second[comeBack]()
    await pass(500)
    const { status } = await finish(setup, second.auth.axios.get('/me'), 3_000)
    expect(status).toBe(200)
    expect(outcomes()).not.toContain('refresh_reused')
  }
)

//  tab 1 ── refresh ─────────────────────── rotated ── messages arrive late
//  tab 2 ─────── GET /me ── re-issued access token ─▲ its message has the old refresh token
it.each([0, 1])(
  'keeps the rotated refresh token if an access token is re-issued to another tab: tab %s is next',
  async (next) => {
    const late: (() => void)[] = []
    let isLate = false
    const setup = await openTwo(
      {},
      {
        slowMessages: () =>
          isLate ? new Promise((resolve) => late.push(resolve)) : Promise.resolve()
      }
    )
    const { first, second, browser, clock, server, pass, settle, outcomes } = setup
    clock.tick(10_000)
    await settle()
    server.rotateKey()
    const gate = browser.hold('/me')
    const asking = second.auth.axios.get('/me')
    await gate.arrived(1)
    isLate = true
    const refreshing = first.auth.refresh()
    await settle()
    await refreshing
    gate.release()
    await asking
    await settle()
    isLate = false
    for (const arrive of late) arrive()
    await pass(1_000)
    const tabs = [first, second]
    await finish(setup, tabs[next]?.auth.refresh() ?? Promise.reject(), 2_000)
    expect(outcomes()).not.toContain('refresh_reused')
    const statuses = tabs.map(({ auth }) => auth.getState().status)
    expect(statuses).toEqual(['authenticated', 'authenticated'])
  }
)

it.each(['signal', 'off'] as const)(
  'presents the refresh token that another tab has stored, with tabs: %s',
  async (tabs) => {
    const setup = await openTwo({ tabs, refreshTokenStore: createMemoryStore() })
    const { first, second, outcomes } = setup
    for (const { auth } of [first, second, first]) await finish(setup, auth.refresh())
    expect(outcomes()).not.toContain('refresh_reused')
  }
)

it('presents the refresh token that a closed tab has stored, after the back/forward cache', async () => {
  const setup = await openTwo({ refreshTokenStore: createMemoryStore() })
  const { first, second, clock, pass, outcomes } = setup
  second.enterBfcache()
  await pass(200)
  await finish(setup, first.auth.refresh())
  first.auth.dispose()
  clock.tick(600_000)
  await pass(200)
  second.leaveBfcache()
  await pass(1_000)
  const { status } = await finish(setup, second.auth.axios.get('/me'), 2_000)
  expect(status).toBe(200)
  expect(outcomes()).not.toContain('refresh_reused')
})

it('presents the refresh token in memory if the store still has a spent one', async () => {
  const { get, set, remove } = createMemoryStore()
  let isFull = false
  const store = { get, remove, set: (token: string) => (isFull ? Promise.reject() : set(token)) }
  const setup = await openTwo({ refreshTokenStore: store })
  isFull = true
  for (let refresh = 0; refresh < 3; refresh += 1) await finish(setup, setup.first.auth.refresh())
  expect(setup.outcomes()).not.toContain('refresh_reused')
})

//  tab 1 ── r1 ── (clock is set) ── refresh: r2 ── closed
//  tab 2 ── r1 ────────────────────────────────┴── r2 ───── refresh: r2
it.each([0, -3_600_000, 3_600_000])(
  'takes the refresh token of another tab after the clock was set by %i ms',
  async (byMs) => {
    const setup = await openTwo()
    const { first, second, clock, pass, outcomes } = setup
    clock.step(byMs)
    await pass(2_000)
    await finish(setup, first.auth.refresh())
    first.auth.dispose()
    await finish(setup, second.auth.refresh(), 2_000)
    expect(outcomes()).not.toContain('refresh_reused')
  }
)

//  tab 1 ─────────────── refresh: r2
//  tab 2 ── r1 ── away ─────────────── comes back ── restore(): POST /refresh with r2
it('asks the tabs for the refresh token before restore()', async () => {
  const setup = await openTwo()
  const { first, second, pass, outcomes } = setup
  second.enterBfcache()
  await finish(setup, first.auth.refresh())
  await pass(2_000)
  second.leaveBfcache()
  await finish(setup, second.auth.restore(), 2_000)
  expect(outcomes()).not.toContain('refresh_reused')
})

//  restore(): POST /refresh with r1 ─────────────────────── answered: r2
//  request ──────────────────────── newer, re-issued token       └ refresh: r2
it('keeps the refresh token of a restore() that is answered late', async () => {
  const setup = await openTwo()
  const { first, second, browser, server, pass, outcomes } = setup
  second.auth.dispose()
  await pass(2_000)
  const gate = browser.hold('/refresh')
  const restoring = first.auth.restore()
  await gate.arrived(1)
  await pass(2_000)
  server.rotateKey()
  await finish(setup, first.auth.axios.get('/me'))
  gate.release()
  await finish(setup, restoring)
  await finish(setup, first.auth.refresh(), 2_000)
  expect(outcomes()).not.toContain('refresh_reused')
})

//  tab 1 ── session s ── POST /refresh ──────────────────────────── answered: a token of s
//  tab 2 ───────────────────── login(function): session t ── its token comes to tab 1 ──▲
it.each([0, 2_000])(
  'keeps the tokens of a later sign-in if a refresh is answered, %i ms after it was sent',
  async (sentBeforeMs) => {
    const setup = await openTwo()
    const { first, second, browser, server, pass } = setup
    const before = server.sessions[0]?.sid ?? ''
    await pass(2_000)
    const gate = browser.hold('/refresh')
    const refreshing = first.auth.refresh()
    await gate.arrived(1)
    await pass(sentBeforeMs)
    const { body } = await browser.post('/login', ada)
    await finish(
      setup,
      second.auth.login(async () => JSON.parse(body))
    )
    gate.release()
    await finish(setup, refreshing)
    // Some servers allow one session per user.
    server.endSession(before)
    await finish(setup, second.auth.refresh(), 2_000)
    for (const { auth } of [first, second]) expect(auth.getState().status).toBe('authenticated')
    expect(await finish(setup, second.auth.logout(), 2_000)).toEqual({ confirmed: true })
    expect(server.sessions).toEqual([])
  }
)

/** Opaque access tokens: only the refresh tokens show which answer came later. */
const opaque: AuthContract = {
  ...byRefreshToken,
  tokens({ body }) {
    const { access_token, ...rest } = Object(body)
    return { ...rest, access_token: access_token?.replaceAll('.', '~') }
  }
}

//  tab 1 ── refresh: r1 ─────────────────────────────────────────── answered: r2, which is spent
//  tab 2 ────────── (waits for the lock) refresh: r2 ── refresh: r3
it.each(['refresh', 'restore'] as const)(
  'keeps the last refresh token if an earlier %s() is answered late, with opaque access tokens',
  async (call) => {
    const client = { contract: opaque, lockTimeoutMs: 1_000, refreshTimeoutMs: 8_000 }
    const setup = await openTwo(client, { server: { refreshGraceSeconds: 30 } })
    const { first, second, browser, pass, outcomes } = setup
    const gate = browser.hold('/refresh')
    const late = first.auth[call]().catch(() => {})
    await gate.arrived(1)
    browser.hold('/refresh').release()
    await pass(1_000)
    await finish(setup, second.auth.refresh(), 5_000)
    await pass(1_000)
    await finish(setup, second.auth.refresh(), 2_000)
    gate.release()
    await finish(setup, late)
    await pass(40_000, 1_000)
    for (const { auth } of [first, second]) await finish(setup, auth.refresh(), 3_000)
    expect(outcomes()).not.toContain('refresh_reused')
  }
)
