// Tabs in Chromium, with a server that treats any second use of a refresh token as theft.
import { createMockAuthServer } from 'everbearer/mock'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { ada, grace, setUpChromiumTabs, statusOf } from '../support/browsers/chromium-tabs.ts'
import type { TabReport } from './tabs-page/main.ts'

const server = createMockAuthServer({
  accessTokenSeconds: 6,
  refreshGraceSeconds: 0,
  users: [ada, grace]
})
const { openTab, openTabs, openTwoTabs } = setUpChromiumTabs(server)

const reportOf = (page: Page): Promise<TabReport> => page.evaluate(() => window.tab.report)

async function untilEvent(page: Page, name: string, detail?: string): Promise<void> {
  await page.waitForFunction(
    ([wanted, with_]) =>
      window.tab.report.events.some(
        (event) => event.name === wanted && (with_ === undefined || event.detail === with_)
      ),
    [name, detail] as const
  )
}

it('gives a new tab the token of another tab, without a call to the server', async () => {
  const { context } = await openTabs(1)
  const tab = await openTab(context)
  const names = (await reportOf(tab)).events.map(({ name }) => name)
  expect((await reportOf(tab)).events[0]).toMatchObject({ name: 'signed-in', detail: 'other-tab' })
  expect(names).not.toContain('refresh-started')
})

it('signs twenty tabs out when the user signs out in one of them', async () => {
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

it('sends no old token from the back/forward cache after a sign-out in another tab', async () => {
  const { context, first, second } = await openTwoTabs()
  await first.goto('about:blank')
  await second.evaluate(() => window.tab.auth.logout())
  const before = server.calls.length
  await first.goBack({ waitUntil: 'commit' })
  await first.waitForFunction(() => window.tab.auth.getState().status === 'unauthenticated')
  await first.evaluate(() => window.tab.call(3, 10))
  const calls = server.calls.slice(before).filter(({ route }) => route === 'me')
  expect(calls).toHaveLength(3)
  expect(calls.every(({ kid }) => kid === undefined)).toBe(true)
  await context.close()
})

it('ends with user-changed, and sends no token, when another user signs in in another tab', async () => {
  const { first, second } = await openTwoTabs()
  await first.evaluate((credentials) => window.tab.auth.login(credentials), grace)
  await untilEvent(second, 'signed-out', 'user-changed')
  expect(await statusOf(first)).toBe('authenticated')
  const before = server.calls.length
  await second.evaluate(() => window.tab.call(2, 10))
  expect(server.calls.slice(before).every(({ kid }) => kid === undefined)).toBe(true)
})
