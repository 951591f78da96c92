// Chromium tabs: open the page in `tabs-page`. A file has one browser, and each test a new context.
import type { MockAuthServer } from 'everbearer/mock'
import type { BrowserContext, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { openChromium, serveAppAndApi } from './app-and-api.ts'

export const ada = { email: 'ada@example.com', password: 'lovelace' }
export const grace = { email: 'grace@example.com', password: 'hopper' }

export interface ChromiumTabsSetup {
  readonly url: () => string
  openTab(context: BrowserContext): Promise<Page>
  /** Opens a context with this many tabs. Ada is signed in in all of them. */
  openTabs(count: number): Promise<{ context: BrowserContext; tabs: Page[] }>
  openTwoTabs(): Promise<{ context: BrowserContext; first: Page; second: Page }>
}

export function setUpChromiumTabs(server: MockAuthServer): ChromiumTabsSetup {
  const url = serveAppAndApi(server, 'tabs-page')
  const browser = openChromium()

  async function openTab(context: BrowserContext): Promise<Page> {
    const page = await context.newPage()
    await page.goto(url())
    await page.evaluate(() => window.tab.auth.ready())
    return page
  }

  async function openContext(): Promise<{ context: BrowserContext; first: Page }> {
    const context = await browser().newContext()
    onTestFinished(() => context.close())
    const first = await openTab(context)
    await first.evaluate((credentials) => window.tab.auth.login(credentials), ada)
    return { context, first }
  }

  return {
    url,
    openTab,
    async openTabs(count) {
      const { context, first } = await openContext()
      const tabs = [first]
      while (tabs.length < count) tabs.push(await openTab(context))
      return { context, tabs }
    },
    async openTwoTabs() {
      const { context, first } = await openContext()
      return { context, first, second: await openTab(context) }
    }
  }
}

export const statusOf = (page: Page): Promise<string> =>
  page.evaluate(() => window.tab.auth.getState().status)
