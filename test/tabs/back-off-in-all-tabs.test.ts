// I10: back-off and `Retry-After` hold for all tabs of a browser together.
import type { WireResponse } from 'everbearer/mock'
import { expect, it } from 'vitest'
import { createSlowStorage } from '../support/setups/slow-storage.ts'
import { ada } from '../support/setups/test-client.ts'
import { setUpTabs, type TabsSetup, type VirtualTab } from '../support/setups/virtual-tabs.ts'

function answer(status: number, headers: [string, string][] = []): WireResponse {
  return { status, headers, setCookies: [], body: '{}' }
}

interface Crowd extends TabsSetup {
  readonly tabs: readonly VirtualTab[]
  /** How many refreshes were sent since the tabs are open. */
  refreshes(): number
}

/** Twenty tabs of a signed-in user. Then the token is revoked, and refreshes get this answer. */
async function openCrowd(response: WireResponse, failures = 1_000): Promise<Crowd> {
  const setup = setUpTabs()
  const first = setup.openTab({ restore: 'never' })
  await first.auth.login(ada)
  const tabs = [first, ...Array.from({ length: 19 }, () => setup.openTab({ restore: 'always' }))]
  await setup.pass(2_000)
  for (const { auth } of tabs) expect(auth.getState().status).toBe('authenticated')
  const sent = () => setup.browser.requests.filter(({ url }) => url.endsWith('/refresh')).length
  const before = sent()
  setup.server.revokeAccessTokens()
  setup.browser.intercept('/refresh', { kind: 'answer', response }, failures)
  return { ...setup, tabs, refreshes: () => sent() - before }
}

/** Each tab sends a request in each step. */
async function poll({ tabs, pass }: Crowd, steps: number, stepMs: number): Promise<void> {
  for (let step = 0; step < steps; step += 1) {
    for (const { auth } of tabs) auth.axios.get('/me').catch(() => {})
    await pass(stepMs, stepMs)
  }
}

it('sends one refresh per 8 seconds from twenty tabs if the server answers Retry-After: 8', async () => {
  const crowd = await openCrowd(answer(429, [['Retry-After', '8']]))
  await poll(crowd, 80, 200)
  expect(crowd.refreshes()).toBe(2)
  await poll(crowd, 20, 200)
  expect(crowd.refreshes()).toBeLessThanOrEqual(3)
})

it('backs off from 503 as one tab would', async () => {
  const crowd = await openCrowd(answer(503))
  await poll(crowd, 80, 200)
  expect(crowd.refreshes()).toBeGreaterThan(2)
  // After about 0.8, 1.5, 3, 6 and 12 seconds.
  expect(crowd.refreshes()).toBeLessThanOrEqual(6)
})

it('holds back a tab that is opened while Retry-After lasts', async () => {
  const crowd = await openCrowd(answer(429, [['Retry-After', '30']]))
  await poll(crowd, 5, 200)
  for (const { auth } of crowd.tabs) auth.dispose()
  const late = crowd.openTab({ restore: 'always' })
  await crowd.pass(5_000, 500)
  expect(crowd.refreshes()).toBe(1)
  expect(late.auth.getState()).toEqual({ status: 'unauthenticated', reason: 'unreachable' })
})

it('sends one refresh if twenty tabs are loaded while the server fails', async () => {
  const setup = setUpTabs()
  const first = setup.openTab({ restore: 'never' })
  await first.auth.login(ada)
  first.crash()
  const response = answer(503)
  setup.browser.intercept('/refresh', { kind: 'answer', response }, 1_000)
  const before = setup.browser.requests.length
  for (let tab = 0; tab < 20; tab += 1) setup.openTab({ restore: 'always' })
  await setup.pass(400, 50)
  expect(setup.browser.requests.length - before).toBe(1)
})

//  tab A  ── lock ── POST ── 503
//  others ──── (wait) ───────── lock, held back: they ask the tabs, but without the lock
it('signs in at once while the refreshes of twenty tabs are held back', async () => {
  const crowd = await openCrowd(answer(503))
  await poll(crowd, 20, 50)
  expect(crowd.refreshes()).toBe(2)
  const entering = crowd.tabs[19]?.auth.login(ada)
  await crowd.pass(500)
  expect(await Promise.race([entering, 'waits'])).toMatchObject({ token_type: 'Bearer' })
})

it('refreshes once for twenty tabs when the server answers again after a failure', async () => {
  const crowd = await openCrowd(answer(503), 1)
  await poll(crowd, 10, 200)
  expect(crowd.refreshes()).toBe(2)
  for (const { auth } of crowd.tabs) {
    expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
    expect((await auth.axios.get('/me')).status).toBe(200)
  }
})

//  first   ── lock ── POST ── 503 ── writes the hold ─┐ (its write is late)
//  second  ──── (waits for the lock) ─────────────────┴── lock ── must see the hold
it.each([503, 429])(
  'sends one refresh from two tabs if storage shows the failure later than the lock (%i)',
  async (status) => {
    const setup = setUpTabs()
    const slow = createSlowStorage()
    const open = () => setup.openTab({ platform: slow.openPage() })
    const first = open()
    await setup.pass(300)
    const entering = first.auth.login(ada)
    await setup.pass(300)
    await entering
    const tabs = [first, open()]
    await setup.pass(300)
    setup.server.revokeAccessTokens()
    setup.browser.intercept('/refresh', { kind: 'answer', response: answer(status) }, 1_000)
    slow.hold()
    const before = setup.browser.requests.length
    for (const { auth } of tabs) auth.axios.get('/me').catch(() => {})
    await setup.pass(50)
    slow.release()
    await setup.pass(400)
    const sent = setup.browser.requests.slice(before)
    expect(sent.filter(({ url }) => url.endsWith('/refresh'))).toHaveLength(1)
  }
)
