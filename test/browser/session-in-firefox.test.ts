// One session in two tabs of Firefox: sign-in, refresh, request, sign-out.
import { createMockAuthServer } from 'everbearer/mock'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { serveAppAndApi } from '../support/browsers/app-and-api.ts'
import { ada } from '../support/browsers/chromium-tabs.ts'
import { type Firefox, type FirefoxTab, launchFirefox } from '../support/browsers/firefox.ts'

const server = createMockAuthServer({ refreshGraceSeconds: 0, users: [ada] })
const { url } = serveAppAndApi(server, 'tabs-page')
let firefox: Firefox

beforeAll(async () => {
  firefox = await launchFirefox()
})
afterAll(() => firefox?.close())

async function openTab(): Promise<FirefoxTab> {
  const tab = await firefox.openTab()
  await tab.goto(url())
  await tab.evaluate('window.tab.auth.ready()')
  return tab
}

const callsTo = (route: string) => server.calls.filter((call) => call.route === route)
const statusOf = (tab: FirefoxTab) => tab.evaluate('window.tab.auth.getState().status')
const tokenOf = (tab: FirefoxTab) => tab.evaluate('window.tab.auth.getAccessToken()')

it('shares a sign-in, a refresh and a sign-out between two tabs', async () => {
  const [first, second] = [await openTab(), await openTab()]
  await first.evaluate(`window.tab.auth.login(${JSON.stringify(ada)})`)
  await vi.waitFor(async () => expect(await statusOf(second)).toBe('authenticated'), 30_000)
  expect(callsTo('login')).toHaveLength(1)

  const before = callsTo('refresh').length
  await Promise.all([first, second].map((tab) => tab.evaluate('window.tab.auth.refresh()')))
  expect(callsTo('refresh').slice(before)).toMatchObject([{ outcome: 'rotated' }])
  expect(await tokenOf(second)).toBe(await tokenOf(first))

  await second.evaluate('window.tab.call(3, 0)')
  expect(await second.evaluate('window.tab.report')).toMatchObject({ succeeded: 3, failed: [] })

  await second.evaluate('window.tab.auth.logout()')
  await vi.waitFor(async () => expect(await statusOf(first)).toBe('unauthenticated'), 30_000)
})
