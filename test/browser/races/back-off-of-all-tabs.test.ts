// Back-off of all tabs: a refresh that the server puts off is put off in every tab.
import { createMockAuthServer, type MockFaultAnswer } from 'everbearer/mock'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { ada, setUpChromiumTabs, statusOf } from '../../support/browsers/chromium-tabs.ts'
import { roundsOf } from '../../support/browsers/rounds.ts'

const server = createMockAuthServer({ accessTokenSeconds: 3, refreshGraceSeconds: 0, users: [ada] })
const { openTabs } = setUpChromiumTabs(server)

const retryAfterSeconds = 8
const tooManyRequests: MockFaultAnswer = {
  status: 429,
  headers: {
    'Retry-After': String(retryAfterSeconds),
    'Access-Control-Expose-Headers': 'Retry-After'
  }
}

/**
 * Fails every refresh of twenty tabs that poll, until `count` of them have failed. Returns the
 * times between them.
 */
async function failRefreshes(fault: MockFaultAnswer, count: number): Promise<number[]> {
  const { context, tabs } = await openTabs(20)
  const atMs: number[] = []
  const heal = server.failNext('refresh', fault, { times: Number.POSITIVE_INFINITY })
  await new Promise<void>((resolve) => {
    const stop = server.onCall(({ route, startedAtMs, status }) => {
      if (route !== 'refresh' || status !== fault.status) return
      atMs.push(startedAtMs)
      if (atMs.length < count) return
      stop()
      resolve()
    })
    for (const tab of tabs) poll(tab)
  })
  heal()
  await Promise.all(tabs.map(untilRefreshed))
  expect(await Promise.all(tabs.map(statusOf))).toEqual(Array(20).fill('authenticated'))
  await context.close()
  return atMs.slice(1).map((time, index) => time - (atMs[index] ?? Number.NaN))
}

function poll(tab: Page): void {
  tab.evaluate(() => void setInterval(() => window.tab.call(1, 0), 1_000)).catch(() => {})
}

// Not the next call that succeeds: the tokens live for a few seconds, and the server may be slow.
async function untilRefreshed(tab: Page): Promise<void> {
  const refreshes = () => window.tab.report.events.filter(({ name }) => name === 'refreshed').length
  const before = await tab.evaluate(refreshes)
  await expect.poll(() => tab.evaluate(refreshes), { timeout: 120_000 }).toBeGreaterThan(before)
}

it('obeys Retry-After once for all tabs', { timeout: 600_000 }, async () => {
  const failures = roundsOf({ matrix: 3, long: 8 })
  const gapsMs = await failRefreshes(tooManyRequests, failures)
  console.log(
    `429 with Retry-After: ${retryAfterSeconds}, twenty tabs, times between requests:`,
    gapsMs
  )
  // Server and browser measure with different clocks.
  expect(Math.min(...gapsMs)).toBeGreaterThan(retryAfterSeconds * 1_000 - 50)
})

it('backs off once for all tabs after 503', { timeout: 600_000 }, async () => {
  const failures = roundsOf({ matrix: 4, long: 6 })
  const gapsMs = await failRefreshes({ status: 503 }, failures)
  console.log('503, twenty tabs, times between requests:', gapsMs)
  // The delay doubles from one second. Half of it is jitter.
  const shortest = gapsMs.map((_, index) => 500 * 2 ** index)
  expect(gapsMs.map((gapMs, index) => gapMs >= (shortest[index] ?? 0) - 50)).toEqual(
    gapsMs.map(() => true)
  )
})
