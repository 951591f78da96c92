// Pages that come back from the back/forward cache. They poll, and the session has changed in
// another tab. Headless Chromium does not freeze a page on command, so virtual tabs test that.
import { createMockAuthServer } from 'everbearer/mock'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { ada, grace, setUpChromiumTabs } from '../../support/browsers/chromium-tabs.ts'
import { playRounds, roundsOf } from '../../support/browsers/rounds.ts'

const server = createMockAuthServer({ refreshGraceSeconds: 0, users: [ada, grace] })
const { url, openContext, openTab } = setUpChromiumTabs(server)
const rounds = roundsOf({ matrix: 5, long: 50 })

declare global {
  interface Window {
    /** The user of each token that the page has sent, and when. */
    sentAs: { readonly sub: string; readonly atMs: number }[]
  }
}

/** Opens a page that polls. Its listeners and its timer are older than the client's. */
async function openPollingPage(): Promise<{ polling: Page; other: Page }> {
  const context = await openContext()
  const polling = await context.newPage()
  await polling.addInitScript(() => {
    const call = () => void window.tab?.call(1, 0)
    for (const type of ['pageshow', 'focus']) addEventListener(type, call)
    for (const type of ['visibilitychange', 'resume']) document.addEventListener(type, call)
    setInterval(call, 20)
    // The server would also see requests of the page before it left, because they may arrive late.
    window.sentAs = []
    const { setRequestHeader } = XMLHttpRequest.prototype
    XMLHttpRequest.prototype.setRequestHeader = function (name, value) {
      if (name === 'Authorization') {
        const { sub } = JSON.parse(atob(value.split('.')[1] ?? ''))
        window.sentAs.push({ sub, atMs: Date.now() })
      }
      setRequestHeader.call(this, name, value)
    }
  })
  await polling.goto(url())
  return { polling, other: await openTab(context) }
}

const signIn = (tab: Page, user: object) => tab.evaluate((it) => window.tab.auth.login(it), user)
const untilSignedIn = (tab: Page) =>
  tab.waitForFunction(() => window.tab.auth.getState().status === 'authenticated')
const timesRestored = (tab: Page) =>
  tab.evaluate(
    () => window.tab.report.events.filter(({ name }) => name === 'back-from-cache').length
  )

/** Whether the page has sent a token of this user since then. */
async function hasSent(page: Page, user: string | undefined, sinceMs: number): Promise<boolean> {
  const sentAs = await page.evaluate(() => window.sentAs)
  return sentAs.some(({ sub, atMs }) => sub === user && atMs >= sinceMs)
}

const changes: readonly (readonly [string, (other: Page) => Promise<unknown>])[] = [
  ['a sign-out', (other) => other.evaluate(() => window.tab.auth.logout())],
  ["another user's sign-in", (other) => signIn(other, grace)],
  [
    'a sign-out and Clear-Site-Data: "storage"',
    async (other) => {
      await other.evaluate(() => window.tab.auth.logout())
      await other.goto(`${url()}clear-site-data`)
    }
  ]
]

it.each(changes)(
  'sends no old token from the cache after %s in another tab',
  { timeout: 3_600_000 },
  async (name, change) => {
    const { polling, other } = await openPollingPage()
    const results = await playRounds(`back from the cache after ${name}`, rounds, async () => {
      await other.goto(url())
      await signIn(other, ada)
      await untilSignedIn(polling)
      const subject = server.calls.findLast(({ route }) => route === 'login')?.sub
      const restored = await timesRestored(polling)
      await polling.goto('about:blank')
      await change(other)
      const backAtMs = Date.now()
      await polling.goBack({ waitUntil: 'commit' })
      await polling.waitForFunction(() => window.tab.auth.getState().status === 'unauthenticated')
      await polling.evaluate(() => window.tab.call(1, 0))
      if ((await timesRestored(polling)) !== restored + 1) return 'not from the cache'
      return (await hasSent(polling, subject, backAtMs)) ? 'sent an old token' : 'ended'
    })
    expect(results).toEqual({ ended: rounds })
  }
)
