// Many tabs of a real browser, before a server that takes any second use of a refresh token for theft.
import { join } from 'node:path'
import { createMockAuthServer } from 'everbearer/mock'
import { listen } from 'everbearer/mock/node'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { serveBuiltPage } from '../support/built-page.ts'
import { launchChromium } from '../support/chromium.ts'
import type { TabReport } from './tabs-page/main.ts'

const ada = { email: 'ada@example.com', password: 'lovelace' }
const grace = { email: 'grace@example.com', password: 'hopper' }
const server = createMockAuthServer({
  accessTokenSeconds: 6,
  refreshGraceSeconds: 0,
  users: [ada, grace]
})
let api: Awaited<ReturnType<typeof listen>>
let site: Awaited<ReturnType<typeof serveBuiltPage>>
let browser: Browser

beforeAll(async () => {
  api = await listen(server)
  site = await serveBuiltPage(join(import.meta.dirname, 'tabs-page'), {
    API_URL: JSON.stringify(api.url)
  })
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await site?.close()
  await api?.close()
})

const range = (count: number) => Array.from({ length: count }, (_, index) => index)
const callsTo = (route: string) => server.calls.filter((call) => call.route === route)
const reportOf = (page: Page): Promise<TabReport> => page.evaluate(() => window.tab.report)
const statusOf = (page: Page) => page.evaluate(() => window.tab.auth.getState().status)

async function openTab(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  await page.goto(site.url)
  await page.evaluate(() => window.tab.auth.ready())
  return page
}

/** A browser of its own with this many tabs, all of which are signed in. */
async function openTabs(count: number): Promise<{ context: BrowserContext; tabs: Page[] }> {
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const first = await openTab(context)
  await first.evaluate((credentials) => window.tab.auth.login(credentials), ada)
  const tabs = [first]
  for (const _ of range(count - 1)) tabs.push(await openTab(context))
  return { context, tabs }
}

async function untilEvent(page: Page, name: string, detail?: string): Promise<void> {
  await page.waitForFunction(
    ([wanted, with_]) =>
      window.tab.report.events.some(
        (event) => event.name === wanted && (with_ === undefined || event.detail === with_)
      ),
    [name, detail] as const
  )
}

it('gives a new tab its token from a sibling, with no call to the server', async () => {
  const { context } = await openTabs(1)
  const tab = await openTab(context)
  const names = (await reportOf(tab)).events.map(({ name }) => name)
  expect((await reportOf(tab)).events[0]).toMatchObject({ name: 'signed-in', detail: 'sibling' })
  expect(names).not.toContain('refresh-started')
})

it('makes one refresh per token for twenty tabs with fifty requests each, over ten expiries', async () => {
  const { tabs } = await openTabs(20)
  const from = server.calls.length
  await Promise.all(tabs.map((tab) => tab.evaluate(() => window.tab.call(50, 1_100))))
  const calls = server.calls.slice(from)
  const reports = await Promise.all(tabs.map(reportOf))
  expect(reports.flatMap(({ failed }) => failed)).toEqual([])
  expect(reports.map(({ succeeded }) => succeeded)).toEqual(Array(20).fill(50))
  const refreshes = calls.filter(({ route }) => route === 'refresh')
  expect(new Set(refreshes.map(({ outcome }) => outcome))).toEqual(new Set(['rotated']))
  expect(refreshes.length).toBeGreaterThanOrEqual(10)
  expect(calls.filter(({ status }) => (status ?? 0) >= 400)).toEqual([])
  // Between two refreshes lies a token's worth of calls of all tabs: no token was renewed twice.
  const positions = refreshes.map((refresh) => calls.indexOf(refresh))
  for (const [index, position] of positions.entries()) {
    if (index > 0) expect(position - (positions[index - 1] ?? 0)).toBeGreaterThan(20)
  }
})

it('signs twenty tabs out when one of them does', async () => {
  const { tabs } = await openTabs(20)
  const [first, ...others] = tabs
  const signedOutAtMs = await first?.evaluate(async () => {
    const atMs = Date.now()
    await window.tab.auth.logout()
    return atMs
  })
  await Promise.all(others.map((tab) => untilEvent(tab, 'signed-out', 'signed-out')))
  const reports = await Promise.all(others.map(reportOf))
  const delaysMs = reports.map(
    ({ events }) =>
      (events.find(({ name }) => name === 'signed-out')?.atMs ?? Number.NaN) - (signedOutAtMs ?? 0)
  )
  console.log(`a sign-out reached ${others.length} tabs within ${Math.max(...delaysMs)} ms`)
  expect(await Promise.all(tabs.map(statusOf))).toEqual(Array(20).fill('unauthenticated'))
  const before = server.calls.length
  await Promise.all(tabs.map((tab) => tab.evaluate(() => window.tab.call(1, 0))))
  const calls = server.calls.slice(before)
  expect(calls).toHaveLength(20)
  expect(calls.every(({ kid }) => kid === undefined)).toBe(true)
})

it('sends nothing with the old token when the user comes Back to a page after a sign-out elsewhere', async () => {
  const { context, tabs } = await openTabs(2)
  const [first, second] = tabs
  if (first === undefined || second === undefined) throw new Error('two tabs were opened')
  await first.goto('about:blank')
  await second.evaluate(() => window.tab.auth.logout())
  const before = server.calls.length
  await first.goBack()
  await first.waitForFunction(() => window.tab.auth.getState().status === 'unauthenticated')
  await first.evaluate(() => window.tab.call(3, 10))
  const calls = server.calls.slice(before).filter(({ route }) => route === 'me')
  expect(calls).toHaveLength(3)
  expect(calls.every(({ kid }) => kid === undefined)).toBe(true)
  await context.close()
})

it('tells the tab of one user that another signed in, and sends nothing of the one with the token of the other', async () => {
  const { tabs } = await openTabs(2)
  const [first, second] = tabs
  if (first === undefined || second === undefined) throw new Error('two tabs were opened')
  await first.evaluate((credentials) => window.tab.auth.login(credentials), grace)
  await untilEvent(second, 'signed-out', 'user-changed')
  expect(await statusOf(first)).toBe('authenticated')
  const before = server.calls.length
  await second.evaluate(() => window.tab.call(2, 10))
  expect(server.calls.slice(before).every(({ kid }) => kid === undefined)).toBe(true)
})

it('makes one refresh where twenty tabs wake together', async () => {
  const { tabs } = await openTabs(20)
  const before = callsTo('refresh').length
  await Promise.all(tabs.map((tab) => tab.evaluate(() => window.tab.auth.refresh())))
  const made = callsTo('refresh').length - before
  console.log(`twenty tabs that refreshed together made ${made} calls`)
  expect(made).toBe(1)
})
