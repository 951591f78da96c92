// Sign-in by redirect: another user comes back from an identity provider while a tab is signed in.
import { createMockAuthServer, type MockAuthServer } from 'everbearer/mock'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { ada, grace, setUpChromiumTabs } from '../../support/browsers/chromium-tabs.ts'
import { playRounds, roundsOf } from '../../support/browsers/rounds.ts'

const server = createMockAuthServer({ refreshGraceSeconds: 0, users: [ada, grace] })

/** Signs Grace in and goes to the URL in the query, as an identity provider does. */
const identityProvider = `<!doctype html>
<link rel="icon" href="data:," />
<script type="module">
  const query = new URLSearchParams(location.search)
  const body = JSON.stringify(${JSON.stringify(grace)})
  await fetch('/login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
  const link = document.createElement('a')
  link.href = query.get('next')
  link.referrerPolicy = query.get('referrer')
  link.click()
</script>`

const isProvider = (url: string) => new URL(url).pathname === '/identity-provider'
const withProvider: MockAuthServer = {
  ...server,
  owns: (request) => isProvider(request.url) || server.owns(request),
  handle: async (request, adapter) =>
    isProvider(request.url)
      ? {
          status: 200,
          headers: [['Content-Type', 'text/html']],
          setCookies: [],
          body: identityProvider
        }
      : server.handle(request, adapter)
}
const { url, apiUrl, openTabs } = setUpChromiumTabs(withProvider)

const subjectOf = (tab: Page) =>
  tab.evaluate(() => {
    const state = window.tab.auth.getState()
    return state.status === 'authenticated' ? state.user?.sub : state.status
  })

async function play(referrer: 'origin' | 'no-referrer'): Promise<string> {
  const { context, tabs } = await openTabs(1)
  const [tab] = tabs as [Page]
  const subject = await subjectOf(tab)
  const page = await context.newPage()
  const isExplicit = referrer === 'no-referrer'
  const options = JSON.stringify(isExplicit ? { restore: 'never' } : {})
  const next = `${url()}?${new URLSearchParams({ options })}`
  await page.goto(`${apiUrl()}/identity-provider?${new URLSearchParams({ next, referrer })}`)
  await page.waitForURL(next)
  const from = server.calls.findLast(({ route }) => route === 'login')?.index ?? 0
  if (isExplicit) await page.evaluate(() => window.tab.auth.restore())
  await page.evaluate(() => window.tab.auth.ready())
  await page.evaluate(() => window.tab.call(1, 0))
  const found = await subjectOf(page)
  const isLeft = () => window.tab.auth.getState().status === 'unauthenticated'
  await tab.waitForFunction(isLeft, undefined, { timeout: 5_000 }).catch(() => {})
  const former = await tab.evaluate(() => window.tab.auth.getState())
  const calls = server.calls.filter(({ index, route }) => index > from && route === 'me')
  await context.close()
  if (found === subject) return "the page got the other tab's user"
  if (calls.some(({ sub }) => sub === subject)) return 'the page sent a token of the other user'
  return former.status === 'unauthenticated' ? String(former.reason) : former.status
}

describe("a page that another user's redirect opens while a tab is signed in", () => {
  const rounds = roundsOf({ matrix: 5, long: 50 })

  it('asks the server and not the tab, and the tab ends with user-changed', async () => {
    const results = await playRounds('redirect with a referrer', rounds, () => play('origin'))
    expect(results).toEqual({ 'user-changed': rounds })
  })

  it('asks the server if it calls restore() without a referrer', async () => {
    const results = await playRounds('redirect and restore()', rounds, () => play('no-referrer'))
    expect(results).toEqual({ 'user-changed': rounds })
  })
})
