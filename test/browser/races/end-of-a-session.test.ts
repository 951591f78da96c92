// End of a session in several tabs: every tab reports the reason, and a crash is not an end.
import { createMockAuthServer } from 'everbearer/mock'
import type { BrowserContext, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { ada, setUpChromiumTabs, statusOf } from '../../support/browsers/chromium-tabs.ts'
import { playRounds, roundsOf } from '../../support/browsers/rounds.ts'

const server = createMockAuthServer({ refreshGraceSeconds: 0, users: [ada] })
const { openTab, openTabs } = setUpChromiumTabs(server)

const reasonOf = (tab: Page) =>
  tab.evaluate(() => {
    const state = window.tab.auth.getState()
    return String(state.status === 'unauthenticated' ? state.reason : state.status)
  })

it('reports session-expired in every tab if one tab learns it while another waits', async () => {
  const rounds = roundsOf({ matrix: 10, long: 100 })
  const results = await playRounds('expiry in two tabs', rounds, async () => {
    const { context, tabs } = await openTabs(2)
    server.endSessions()
    const gate = server.hold('refresh')
    const refreshing = tabs.map((tab) =>
      tab.evaluate(() => window.tab.auth.refresh().catch(() => {}))
    )
    await gate.arrived()
    const isRefreshing = () => window.tab.auth.getRefreshStatus().isRefreshing
    await Promise.all(tabs.map((tab) => tab.waitForFunction(isRefreshing)))
    gate.release()
    await Promise.all(refreshing)
    const reasons = await Promise.all(tabs.map(reasonOf))
    await context.close()
    return reasons.toSorted().join(', ')
  })
  expect(results).toEqual({ 'session-expired, session-expired': rounds })
})

async function crash(context: BrowserContext, page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash')
  const session = await context.newCDPSession(page)
  session.send('Page.crash').catch(() => {})
  await crashed
}

describe('a page that crashes during a refresh that takes three seconds', () => {
  it.each([
    ['before the server handles it', 'arrival', 'same-origin'],
    ['before its answer', 'commit', 'same-origin'],
    ['before the server handles it, with idempotency keys', 'arrival', 'always'],
    ['before its answer, with idempotency keys', 'commit', 'always']
  ] as const)('leaves the session to the next page if it crashes %s', async (_, moment, keys) => {
    const rounds = roundsOf({ matrix: 1, long: 10 })
    const results = await playRounds(`crash, held at ${moment}, keys ${keys}`, rounds, async () => {
      const options = { contract: { refresh: { idempotencyKey: keys } } }
      const { context, tabs } = await openTabs(1, options)
      const [tab] = tabs as [Page]
      const from = server.calls.length
      const gate = server.hold('refresh', { after: moment })
      tab.evaluate(() => window.tab.auth.refresh()).catch(() => {})
      await gate.arrived()
      // The time is the scenario: a slow server answers a page that is gone.
      setTimeout(gate.release, 3_000)
      await crash(context, tab)
      const next = await openTab(context, options)
      const status = await statusOf(next)
      const outcomes = server.calls.slice(from).map(({ outcome }) => outcome)
      await context.close()
      return outcomes.includes('refresh_reused') ? 'reuse alarm' : status
    })
    expect(results).toEqual({ authenticated: rounds })
  })
})
