// Expiries in Firefox: ten tabs over ten tokens, with a server that has no grace period.
import { createMockAuthServer } from 'everbearer/mock'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { serveAppAndApi } from '../../support/browsers/app-and-api.ts'
import { ada } from '../../support/browsers/chromium-tabs.ts'
import { type Firefox, type FirefoxTab, launchFirefox } from '../../support/browsers/firefox.ts'
import { watchRefreshes } from '../../support/browsers/refreshes.ts'

const accessTokenSeconds = 6
const server = createMockAuthServer({ accessTokenSeconds, refreshGraceSeconds: 0, users: [ada] })
const { url } = serveAppAndApi(server, 'tabs-page')
let firefox: Firefox

beforeAll(async () => {
  firefox = await launchFirefox()
})
afterAll(() => firefox?.close())

async function openTab(): Promise<FirefoxTab> {
  const tab = await firefox.openTab()
  // Tabs behind the first one are hidden, and would let their tokens expire.
  const options = JSON.stringify({ idlePolicy: { whileHidden: 'refresh' } })
  await tab.goto(`${url()}?${new URLSearchParams({ options })}`)
  await tab.evaluate('window.tab.auth.ready()')
  return tab
}

it('refreshes each of ten tokens once for ten tabs, and signs no tab out', async () => {
  const refreshes = watchRefreshes(server, accessTokenSeconds)
  const first = await openTab()
  await first.evaluate(`window.tab.auth.login(${JSON.stringify(ada)})`)
  const tabs = [first]
  while (tabs.length < 10) tabs.push(await openTab())
  await refreshes.until(refreshes.made + 10)
  const statuses = await Promise.all(
    tabs.map((tab) => tab.evaluate('window.tab.auth.getState().status'))
  )
  console.log(
    `${refreshes.made} tokens of ten tabs in Firefox, ${refreshes.doubled} refreshed twice`
  )
  expect(statuses).toEqual(Array(10).fill('authenticated'))
  expect(refreshes.doubled).toBe(0)
  expect(server.calls.map(({ outcome }) => outcome)).not.toContain('refresh_reused')
})
