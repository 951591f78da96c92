// Main job in Chromium: the built package, the page on one origin, the mock on another.
import { createMockAuthServer } from 'everbearer/mock'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { openChromium, serveAppAndApi } from '../support/browsers/app-and-api.ts'
import type { AppReport } from './page/main.ts'

const ada = { email: 'ada@example.com', password: 'lovelace' }
const server = createMockAuthServer({ accessTokenSeconds: 6 })
const { url } = serveAppAndApi(server, 'page')
const browser = openChromium()

const callsTo = (route: string) => server.calls.filter((call) => call.route === route)
const readReport = (page: Page): Promise<AppReport> => page.evaluate(() => window.app.report)
const numberOf = (path: string) => Number(new URL(path, 'http://localhost').searchParams.get('n'))

async function untilEvents(page: Page, name: string, count: number): Promise<void> {
  await page.waitForFunction(
    ([wanted, least]) =>
      window.app.report.events.filter((event) => event.name === wanted).length >= least,
    [name, count] as const
  )
}

async function untilMoreCalls(page: Page, count: number): Promise<void> {
  const { succeeded } = await readReport(page)
  await page.waitForFunction((least) => window.app.report.succeeded >= least, succeeded + count)
}

it('keeps a user signed in through expiry, key rotation and reload without a failed request', async () => {
  const page = await browser().newPage()
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))

  await page.goto(url())
  expect(await page.evaluate(() => window.app.auth.ready())).toMatchObject({ reason: 'no-session' })
  // The restore of the visitor gets 401, which the browser reports. No other 401 may follow.
  expect(complaints.splice(0)).toEqual([expect.stringContaining('401')])
  await page.evaluate((credentials) => window.app.auth.login(credentials), ada)
  const signedInAt = server.calls.length

  await page.evaluate(() => window.app.startCalling())
  await untilEvents(page, 'refreshed', 1)
  const { kid } = server.rotateKey()
  await untilEvents(page, 'reissued', 1)
  await untilEvents(page, 'refreshed', 3)

  const beforeReload = await readReport(page)
  const refreshesBeforeReload = callsTo('refresh').length
  await page.reload()
  await untilMoreCalls(page, 5)
  const restored = await readReport(page)
  expect(restored.events.map(({ name }) => name)).toEqual([
    'refresh-started',
    'signed-in',
    'refresh-settled'
  ])
  expect(callsTo('refresh')).toHaveLength(refreshesBeforeReload + 1)

  expect(server.retireKey()).toHaveLength(1)
  await untilMoreCalls(page, 10)
  await untilEvents(page, 'refreshed', 1)
  await page.evaluate(() => window.app.stopCalling())
  const last = await readReport(page)

  // The app saw no failure.
  expect(beforeReload.failed).toEqual([])
  expect(last.failed).toEqual([])
  expect(complaints).toEqual([])
  // The server refused no request.
  const calls = server.calls.slice(signedInAt)
  expect(calls.filter((call) => (call.status ?? 0) >= 400)).toEqual([])

  // One refresh per token, after the visitor's restore: many calls lie between two refreshes.
  const started = beforeReload.events.filter(({ name }) => name === 'refresh-started').slice(1)
  expect(started).toHaveLength(3)
  expect(beforeReload.events.filter(({ name }) => name === 'refreshed')).toHaveLength(3)
  expect(refreshesBeforeReload - 1).toBe(3)
  started.reduce((previous, { begun }) => {
    expect(begun - previous).toBeGreaterThan(10)
    return begun
  }, 0)
  expect(
    callsTo('refresh')
      .slice(1)
      .map((call) => call.outcome)
  ).toEqual(Array(5).fill('rotated'))

  // The re-issued token is used by every request that started after its arrival.
  const reissued = beforeReload.events.filter(({ name }) => name === 'reissued')
  expect(reissued).toMatchObject([{ kid: kid }])
  const begunByThen = reissued[0]?.begun ?? Number.NaN
  const later = callsTo('me').filter((call) => numberOf(call.path) >= begunByThen)
  expect(later.length).toBeGreaterThan(10)
  expect(new Set(later.map((call) => call.kid))).toEqual(new Set([kid]))
})
