// Tabs that crash, freeze, close or go elsewhere while they refresh, before a server without any grace.
import { createMockAuthServer, type MockAuthServer } from 'everbearer/mock'
import type { BrowserContext, Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ada, createTabsWorld, grace, statusOf } from '../support/browsers/chromium-tabs.ts'

const server = createMockAuthServer({ refreshGraceSeconds: 0, users: [ada, grace] })

/** The next refresh waits, before or after the server has done its work. */
interface Gate {
  readonly where: 'before' | 'after'
  readonly arrived: () => void
  readonly opened: Promise<void>
}
let gate: Gate | undefined

const gated: MockAuthServer = {
  ...server,
  async handle(request, adapter) {
    const waiting = request.url.endsWith('/refresh') ? gate : undefined
    if (waiting !== undefined) gate = undefined
    if (waiting?.where === 'before') {
      waiting.arrived()
      await waiting.opened
    }
    const response = await server.handle(request, adapter)
    if (waiting?.where === 'after') {
      waiting.arrived()
      await waiting.opened
    }
    return response
  }
}

function holdNextRefresh(where: Gate['where']): { arrived: Promise<void>; open: () => void } {
  let arrived = () => {}
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve
  })
  gate = { where, arrived, opened }
  onTestFinished(open)
  return { arrived: arrival, open }
}

const { url, openTab, openTwoTabs } = createTabsWorld(gated)

async function openTabs() {
  const opened = await openTwoTabs()
  const from = server.calls.length
  const refreshes = () =>
    server.calls.slice(from).flatMap(({ route, outcome }) => (route === 'refresh' ? [outcome] : []))
  return { ...opened, refreshes }
}

const refresh = (page: Page) => page.evaluate(() => window.tab.auth.refresh())

async function crash(context: BrowserContext, page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash')
  const session = await context.newCDPSession(page)
  session.send('Page.crash').catch(() => {})
  await crashed
}

describe('when the tab that refreshes crashes', () => {
  it.each([
    ['as it begins', undefined],
    ['while the server has not begun', 'before'],
    ['while the answer is on its way', 'after']
  ] as const)('%s, the other one renews the session', async (_, where) => {
    const { context, first, second, refreshes } = await openTabs()
    const held = where && holdNextRefresh(where)
    refresh(first).catch(() => {})
    await held?.arrived
    await crash(context, first)
    const renewing = refresh(second)
    held?.open()
    await renewing
    expect(await statusOf(second)).toBe('authenticated')
    expect(refreshes()).not.toContain('refresh_reused')
  })
})

describe('when the page that refreshes goes away', () => {
  it.each([
    ['is reloaded', (page: Page) => page.reload({ waitUntil: 'commit' })],
    ['goes elsewhere', (page: Page) => page.goto('about:blank')],
    ['is closed', (page: Page) => page.close()]
  ])('because it %s, nobody is signed out', async (_, go) => {
    for (const where of ['before', 'after'] as const) {
      const { context, first, second, refreshes } = await openTabs()
      await second.close()
      const held = holdNextRefresh(where)
      refresh(first).catch(() => {})
      await held.arrived
      await go(first)
      const next = await context.newPage()
      await next.goto(url())
      held.open()
      expect(await next.evaluate(() => window.tab.auth.ready())).toMatchObject({
        status: 'authenticated'
      })
      expect(refreshes()).not.toContain('refresh_reused')
    }
  })
})

it('goes on when a frozen tab keeps the lock', async () => {
  const { context, first, second, refreshes } = await openTabs()
  const held = holdNextRefresh('before')
  refresh(first).catch(() => {})
  await held.arrived
  const session = await context.newCDPSession(first)
  await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  held.open()
  // The server has answered, and the frozen page does not hear of it: nobody tells, and nobody gives the lock back.
  await refresh(second)
  expect(await statusOf(second)).toBe('authenticated')
  expect(refreshes()).not.toContain('refresh_reused')
  await session.send('Page.setWebLifecycleState', { state: 'active' })
  await first.evaluate(() => window.tab.call(1, 0))
  expect(await statusOf(first)).toBe('authenticated')
})

it('ends with the cookie of the user who signed in while another tab refreshed', async () => {
  const { context, first, second } = await openTabs()
  const held = holdNextRefresh('after')
  refresh(second).catch(() => {})
  await held.arrived
  const entering = first.evaluate((credentials) => window.tab.auth.login(credentials), grace)
  held.open()
  await entering
  await first.close()
  await second.close()
  const next = await openTab(context)
  expect(await statusOf(next)).toBe('authenticated')
  const subjectOf = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sub
  const login = server.calls.findLast(({ route }) => route === 'login')
  expect(subjectOf(await next.evaluate(() => window.tab.auth.getAccessToken()))).toBe(login?.sub)
})
