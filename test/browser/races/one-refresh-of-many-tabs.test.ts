// One refresh of many tabs, with a server that treats any second use of a refresh token as theft.
import { createMockAuthServer } from 'everbearer/mock'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { ada, setUpChromiumTabs, statusOf } from '../../support/browsers/chromium-tabs.ts'
import { watchRefreshes } from '../../support/browsers/refreshes.ts'
import { playRounds, roundsOf } from '../../support/browsers/rounds.ts'

const tabCount = 20

describe('tokens that expire', () => {
  const accessTokenSeconds = 6
  const server = createMockAuthServer({ accessTokenSeconds, refreshGraceSeconds: 0, users: [ada] })
  const { openTabs } = setUpChromiumTabs(server)

  it('are refreshed once each for twenty tabs with fifty requests each', async () => {
    const refreshes = watchRefreshes(server, accessTokenSeconds)
    const { tabs } = await openTabs(tabCount)
    const from = server.calls.length
    const before = refreshes.made
    const everyMs = 1_100
    await Promise.all(tabs.map((tab) => tab.evaluate((ms) => window.tab.call(50, ms), everyMs)))
    const made = refreshes.made - before
    console.log(`${made} tokens of ${tabCount} tabs, ${refreshes.doubled} of them refreshed twice`)
    const reports = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.tab.report)))
    expect(reports.flatMap(({ failed }) => failed)).toEqual([])
    expect(reports.map(({ succeeded }) => succeeded)).toEqual(Array(tabCount).fill(50))
    const refused = server.calls.slice(from).filter(({ status }) => (status ?? 0) >= 400)
    expect(refused).toEqual([])
    expect(refreshes.doubled).toBe(0)
    expect(made).toBeGreaterThanOrEqual(10)
    expect(await Promise.all(tabs.map(statusOf))).toEqual(Array(tabCount).fill('authenticated'))
  })
})

describe('a refresh of twenty tabs at the same time', () => {
  // A scheduled refresh could be in flight already. All tabs would take its token, and send none.
  const server = createMockAuthServer({
    accessTokenSeconds: 3_600,
    refreshGraceSeconds: 0,
    users: [ada]
  })
  const { openTabs } = setUpChromiumTabs(server)

  it('sends one request', async () => {
    const { tabs } = await openTabs(tabCount, { spreadRefreshes: false })
    const rounds = roundsOf({ matrix: 5, long: 200 })
    const results = await playRounds('twenty tabs refresh together', rounds, async () => {
      const gate = server.hold('refresh')
      const refreshing = tabs.map((tab) => tab.evaluate(() => window.tab.auth.refresh()))
      await Promise.all(tabs.map(untilRefreshing))
      await gate.arrived()
      gate.release()
      await Promise.all(refreshing)
      return `${gate.arrivals} sent`
    })
    expect(results).toEqual({ '1 sent': rounds })
    expect(server.calls.map(({ outcome }) => outcome)).not.toContain('refresh_reused')
  })
})

const untilRefreshing = (tab: Page) =>
  tab.waitForFunction(() => window.tab.auth.getRefreshStatus().isRefreshing)
