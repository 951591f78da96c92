// Two clients on a page: with two names they are two accounts.
import { createMockAuthServer } from 'everbearer/mock'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { ada, grace, setUpChromiumTabs } from '../../support/browsers/chromium-tabs.ts'

const contract = { refresh: { credential: 'refresh-token' } } as const
const server = createMockAuthServer({ contract, refreshGraceSeconds: 0, users: [ada, grace] })
const { openContext, openTab } = setUpChromiumTabs(server)

declare global {
  interface Window {
    second: Window['tab']['auth']
  }
}

async function openAccounts(): Promise<{ tabs: Page[] }> {
  const context = await openContext()
  const options = { contract, name: 'first' }
  const tabs = [await openTab(context, options), await openTab(context, options)]
  for (const tab of tabs) {
    await tab.evaluate((given) => {
      window.second = window.tab.create({ ...given, name: 'second' })
      return window.second.ready()
    }, options)
  }
  return { tabs }
}

const statuses = (tabs: readonly Page[]) =>
  Promise.all(
    tabs.map((tab) =>
      tab.evaluate(() => [window.tab.auth, window.second].map((it) => it.getState().status))
    )
  )

it('keeps two accounts apart in all tabs if the clients have two names', async () => {
  const { tabs } = await openAccounts()
  const [first, second] = tabs as [Page, Page]
  await first.evaluate((who) => window.tab.auth.login(who), ada)
  await second.evaluate((who) => window.second.login(who), grace)
  await expect
    .poll(() => statuses(tabs))
    .toEqual([
      ['authenticated', 'authenticated'],
      ['authenticated', 'authenticated']
    ])
  await Promise.all(tabs.map((tab) => tab.evaluate(() => window.tab.auth.refresh())))
  await Promise.all(tabs.map((tab) => tab.evaluate(() => window.second.refresh())))
  await first.evaluate(() => window.second.logout())
  await expect
    .poll(() => statuses(tabs))
    .toEqual([
      ['authenticated', 'unauthenticated'],
      ['authenticated', 'unauthenticated']
    ])
  await second.evaluate(() => window.tab.auth.axios.get('/me'))
  const outcomes = server.calls.map(({ outcome }) => outcome)
  expect(outcomes).not.toContain('refresh_reused')
})
