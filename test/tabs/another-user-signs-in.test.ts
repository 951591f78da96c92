// Another user signs in in another tab: this tab signs out, and never mixes requests and tokens of
// two users.
import { expect, it, vi } from 'vitest'
import { opaqueTokens } from '../support/setups/contracts.ts'
import { ada, grace } from '../support/setups/test-client.ts'
import { setUpTabs, type TabsOptions } from '../support/setups/virtual-tabs.ts'

async function openAda(options: TabsOptions = {}) {
  const setup = setUpTabs(options)
  const first = setup.openTab()
  await setup.settle()
  const entering = first.auth.login(ada)
  await setup.pass(300)
  await entering
  const second = setup.openTab()
  await setup.settle()
  return { ...setup, first, second }
}

it.each(['share', 'signal', 'off'] as const)(
  'sends no request of one user with the token of another if no token names its user, with tabs: %s',
  async (tabs) => {
    const { first, second, pass, clock } = await openAda({
      client: { contract: opaqueTokens, tabs }
    })
    await pass(400)
    const token = await second.auth.getAccessToken()
    const entering = first.auth.login(grace)
    await pass(400)
    await entering
    clock.tick(240_000)
    await pass(1_000)
    const next = second.auth.getAccessToken().catch(() => undefined)
    await pass(500)
    const names = second.events.map(({ name }) => name)
    if ((await next) !== token) expect(names).toContain('signed-out')
  }
)

it.each([
  ['with a sub in the token', {}],
  ['without locks and storage', { without: ['locks', 'storage'] }],
  ['with tabs that only signal', { client: { tabs: 'signal' } }]
] satisfies [string, TabsOptions][])(
  'signs the first user’s tab out as user-changed when another user signs in elsewhere, %s',
  async (_, options) => {
    const { first, second, settle, pass } = await openAda(options)
    await pass(400)
    expect(second.auth.getState().status).toBe('authenticated')
    const entering = first.auth.login(grace)
    await pass(400)
    await entering
    expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'user-changed' })
    expect(second.events).toContainEqual({ name: 'signed-out', event: { reason: 'user-changed' } })
    await settle()
    await expect(second.auth.getAccessToken()).rejects.toMatchObject({
      code: 'ERR_AUTH_NOT_AUTHENTICATED'
    })
    expect(first.auth.getState().status).toBe('authenticated')
  }
)

it('rejects an answer to the first user that arrives after another user signed in elsewhere', async () => {
  const { first, second, browser, pass } = await openAda()
  const gate = browser.hold('/notes')
  const asked = second.auth.axios.get('/notes').then(
    ({ status }) => status,
    ({ code }) => code
  )
  await gate.arrived(1)
  const entering = first.auth.login(grace)
  await pass(400)
  await entering
  gate.release()
  expect(await asked).toBe('ERR_AUTH_SESSION_CHANGED')
})

it('rejects queued requests of the first user when another user signs in elsewhere', async () => {
  const { first, second, settle, browser, server, callsTo } = await openAda()
  server.revokeAccessTokens()
  const gate = browser.hold('/login')
  const entering = first.auth.login(grace)
  await gate.arrived(1)
  const queued = Promise.allSettled(
    Array.from({ length: 5 }, () => second.auth.axios.post('/notes', { of: 'ada' }))
  )
  await settle()
  const refused = browser.requests.filter(({ url }) => url.endsWith('/notes'))
  expect(refused).toHaveLength(5)
  gate.release()
  await entering
  for (const result of await queued) {
    expect(result).toMatchObject({ reason: { code: 'ERR_AUTH_SESSION_CHANGED' } })
  }
  expect(browser.requests.filter(({ url }) => url.endsWith('/notes'))).toEqual(refused)
  expect(callsTo('refresh').slice(1)).toEqual([])
})

it('keeps the cookie of the user who signed in while another tab refreshed', async () => {
  const { first, second, settle, pass, browser, openTab, callsTo } = await openAda()
  const gate = browser.hold('/refresh')
  second.auth.refresh().catch(() => {})
  await gate.arrived(1)
  const entering = first.auth.login(grace)
  gate.release()
  await pass(200)
  await entering
  const third = openTab({ tabs: 'off' })
  await settle()
  const token = await third.auth.getAccessToken()
  const subject = (one: string) =>
    JSON.parse(Buffer.from(one.split('.')[1] ?? '', 'base64url').toString()).sub
  expect(subject(token)).toBe(subject(await first.auth.getAccessToken()))
  expect(callsTo('refresh').map(({ outcome }) => outcome)).not.toContain('refresh_reused')
})

// It may be another user, so the app must see that the first session has ended.
it('ends the session as user-changed and enters the new one if opaque tokens name no user', async () => {
  const { first, second, pass } = await openAda({ client: { contract: opaqueTokens } })
  await pass(400)
  const entering = first.auth.login(ada)
  await pass(400)
  await entering
  expect(second.events.slice(-2)).toMatchObject([
    { name: 'signed-out', event: { reason: 'user-changed' } },
    { name: 'signed-in', event: { via: 'other-tab' } }
  ])
  expect(await second.auth.getAccessToken()).toBe(await first.auth.getAccessToken())
})

it('calls a subscriber once if a tab enters a new session and opaque tokens name no user', async () => {
  const { first, second, pass } = await openAda({ client: { contract: opaqueTokens } })
  await pass(400)
  const listener = vi.fn()
  second.auth.subscribe(listener)
  const entering = first.auth.login(grace)
  await pass(400)
  await entering
  expect(second.events.slice(-2)).toMatchObject([{ name: 'signed-out' }, { name: 'signed-in' }])
  expect(listener).toHaveBeenCalledTimes(1)
})

it('enters the new session after an emergency if opaque tokens name no user', async () => {
  const { first, second, server, pass } = await openAda({ client: { contract: opaqueTokens } })
  await pass(400)
  server.endSessions()
  const refused = first.auth.refresh().catch(() => {})
  await pass(400)
  await refused
  expect(second.auth.getState()).toMatchObject({ reason: 'session-expired' })
  const entering = first.auth.login(ada)
  await pass(400)
  await entering
  expect(second.auth.getState().status).toBe('authenticated')
  expect(second.events.filter(({ name }) => name === 'signed-out')).toHaveLength(1)
})

it('signs an expired tab in again only if its own user signs in in another tab', async () => {
  const { first, second, settle, server } = await openAda()
  server.endSessions()
  await first.auth.refresh().catch(() => {})
  await settle()
  await first.auth.login(grace)
  await settle()
  expect(second.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'user-changed' })
  await first.auth.login(ada)
  await settle()
  expect(second.auth.getState().status).toBe('authenticated')
})

it('signs in as any user who signs in in another tab after a sign-out', async () => {
  const { first, second, settle } = await openAda()
  await second.auth.logout()
  await settle()
  await first.auth.login(grace)
  await settle()
  expect(second.auth.getState().status).toBe('authenticated')
  expect(await second.auth.getAccessToken()).toBe(await first.auth.getAccessToken())
})

//  first   ── grace signs in ── refresh ──✗ the answer is lost ────────── retried with the same key
//  second  ── (frozen) ─────────────── receives grace's sign-in ─┘ and keeps her stored key
it('retries a refresh with its idempotency key if a thawed tab follows the user change in between', async () => {
  const setup = await openAda({ client: { contract: { refresh: { idempotencyKey: 'always' } } } })
  const { first, second, browser, pass } = setup
  second.freeze()
  const entering = first.auth.login(grace)
  await pass(300)
  await entering
  const before = browser.requests.length
  browser.intercept('/refresh', { kind: 'lost' })
  await expect(first.auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
  second.thaw()
  await pass(20)
  expect(second.auth.getState()).toMatchObject({ reason: 'user-changed' })
  const refreshing = first.auth.refresh()
  await pass(2_500)
  await refreshing
  const refreshes = browser.requests.slice(before).filter(({ url }) => url.endsWith('/refresh'))
  const [lost, repeated] = refreshes.map(({ headers }) => headers['Idempotency-Key'])
  expect(lost).toMatch(/\w/)
  expect(repeated).toBe(lost)
})

//  first   ──────────── grace signs in ──(the message is slow)────────────▶ keeps Grace's session
//  second  ── request ─────────────────── the answer re-issues Ada's token ─┘ not published
it('does not publish a re-issued token of the previous user to other tabs', async () => {
  let release = () => {}
  let isSlow = false
  const arrived = new Promise<void>((resolve) => {
    release = resolve
  })
  const setup = await openAda({ slowMessages: async () => (isSlow ? arrived : undefined) })
  const { first, second, server, settle } = setup
  server.rotateKey()
  const gate = server.hold('api', { after: 'commit' })
  const sending = second.auth.axios.get('/notes').catch(() => {})
  await gate.arrived()
  isSlow = true
  await first.auth.login(grace)
  const token = await first.auth.getAccessToken()
  gate.release()
  await sending
  await settle()
  release()
  await settle()
  expect(second.events.map(({ name }) => name)).toContain('reissued')
  expect(first.auth.getState().status).toBe('authenticated')
  expect(await first.auth.getAccessToken()).toBe(token)
  expect(second.auth.getState()).toMatchObject({ reason: 'user-changed' })
})
