// Tabs that crash, freeze, close or navigate during a refresh. The server has no grace period.
import { createMockAuthServer, type MockAuthServer } from 'everbearer/mock'
import type { BrowserContext, Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ada, grace, setUpChromiumTabs, statusOf } from '../support/browsers/chromium-tabs.ts'

const server = createMockAuthServer({ refreshGraceSeconds: 0, users: [ada, grace] })

/** A hold on the next refresh, before or after the server rotates the refresh token. */
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

const { url, openTab, openTwoTabs } = setUpChromiumTabs(gated)

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

describe('a crash of the tab that refreshes', () => {
  it.each([
    ['at the start of its refresh', undefined],
    ['before the server handles its refresh', 'before'],
    ['before its refresh is answered', 'after']
  ] as const)('keeps the session in the other tab if a tab crashes %s', async (_, where) => {
    const { context, first, second, refreshes } = await openTabs()
    const held = where && holdNextRefresh(where)
    refresh(first).catch(() => {})
    await held?.arrived
    await crash(context, first)
    const refreshing = refresh(second)
    held?.open()
    await refreshing
    expect(await statusOf(second)).toBe('authenticated')
    expect(refreshes()).not.toContain('refresh_reused')
  })
})

describe('a page that goes away during its refresh', () => {
  it.each([
    ['is reloaded', (page: Page) => page.reload({ waitUntil: 'commit' })],
    ['navigates away', (page: Page) => page.goto('about:blank')],
    ['is closed', (page: Page) => page.close()]
  ])('keeps the session if a page %s during its refresh', async (_, go) => {
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

it('refreshes although a frozen tab holds the lock', async () => {
  const { context, first, second, refreshes } = await openTabs()
  const held = holdNextRefresh('before')
  refresh(first).catch(() => {})
  await held.arrived
  const session = await context.newCDPSession(first)
  await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  held.open()
  // The frozen page does not process the answer: it sends no message and does not release the lock.
  await refresh(second)
  expect(await statusOf(second)).toBe('authenticated')
  expect(refreshes()).not.toContain('refresh_reused')
  await session.send('Page.setWebLifecycleState', { state: 'active' })
  await first.evaluate(() => window.tab.call(1, 0))
  expect(await statusOf(first)).toBe('authenticated')
})

it('keeps the cookie of the user who signs in while another tab refreshes', async () => {
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
