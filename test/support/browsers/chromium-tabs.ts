// Chromium tabs: open the page in `tabs-page`. A file has one browser, and each test a new context.
import type { AuthClientOptions } from 'everbearer'
import type { MockAuthServer } from 'everbearer/mock'
import type { BrowserContext, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { type AppAndApi, openChromium, serveAppAndApi } from './app-and-api.ts'

export const ada = { email: 'ada@example.com', password: 'lovelace' }
export const grace = { email: 'grace@example.com', password: 'hopper' }

export interface ChromiumTabsSetup extends AppAndApi {
  /** Opens a context without tabs. It closes when the test has finished. */
  openContext(): Promise<BrowserContext>
  openTab(context: BrowserContext, options?: AuthClientOptions): Promise<Page>
  /** Opens a context with this many tabs. Ada is signed in in all of them. */
  openTabs(
    count: number,
    options?: AuthClientOptions
  ): Promise<{ context: BrowserContext; tabs: Page[] }>
  openTwoTabs(
    options?: AuthClientOptions
  ): Promise<{ context: BrowserContext; first: Page; second: Page }>
}

export function setUpChromiumTabs(server: MockAuthServer): ChromiumTabsSetup {
  const { url, apiUrl } = serveAppAndApi(server, 'tabs-page')
  const browser = openChromium()

  async function openContext(): Promise<BrowserContext> {
    const context = await browser().newContext()
    onTestFinished(() => context.close())
    return context
  }

  async function openTab(context: BrowserContext, options: AuthClientOptions = {}): Promise<Page> {
    const page = await context.newPage()
    await page.goto(`${url()}?${new URLSearchParams({ options: JSON.stringify(options) })}`)
    await page.evaluate(() => window.tab.auth.ready())
    return page
  }

  async function openFirst(
    options?: AuthClientOptions
  ): Promise<{ context: BrowserContext; first: Page }> {
    const context = await openContext()
    const first = await openTab(context, options)
    await first.evaluate((credentials) => window.tab.auth.login(credentials), ada)
    return { context, first }
  }

  return {
    url,
    apiUrl,
    openContext,
    openTab,
    async openTabs(count, options) {
      const { context, first } = await openFirst(options)
      const tabs = [first]
      while (tabs.length < count) tabs.push(await openTab(context, options))
      return { context, tabs }
    },
    async openTwoTabs(options) {
      const { context, first } = await openFirst(options)
      return { context, first, second: await openTab(context, options) }
    }
  }
}

export const statusOf = (page: Page): Promise<string> =>
  page.evaluate(() => window.tab.auth.getState().status)
