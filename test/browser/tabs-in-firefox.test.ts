// Tabs in Firefox: one session, with a server that has no grace period.
import { createMockAuthServer } from 'everbearer/mock'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { serveAppAndApi } from '../support/browsers/app-and-api.ts'
import { ada, grace } from '../support/browsers/chromium-tabs.ts'
import { type Firefox, type FirefoxTab, launchFirefox } from '../support/browsers/firefox.ts'
import { canaryHunter } from '../support/hunt/canary.ts'
import { readPages } from '../support/hunt/page-hunt.ts'

const server = createMockAuthServer({ refreshGraceSeconds: 0, users: [ada, grace] })
const { url } = serveAppAndApi(server, 'tabs-page')
let firefox: Firefox
const tabs: FirefoxTab[] = []

beforeAll(async () => {
  firefox = await launchFirefox()
  console.log(`Firefox ${firefox.version}`)
  for (let tab = 0; tab < 10; tab += 1) tabs.push(await openTab())
})

afterAll(() => firefox?.close())

async function openTab(): Promise<FirefoxTab> {
  const tab = await firefox.openTab()
  await tab.goto(url())
  await tab.evaluate('window.tab.auth.ready()')
  return tab
}

/** Polls with a limit for slow machines. */
const eventually = (look: () => Promise<void>) =>
  vi.waitFor(look, { timeout: 30_000, interval: 50 })
const inAll = (expression: string, of: readonly FirefoxTab[] = tabs) =>
  Promise.all(of.map((tab) => tab.evaluate(expression)))
const statuses = () => inAll('window.tab.auth.getState().status')
const refreshes = () => server.calls.refresh.filter(({ status }) => status === 200).length
const firstTab = () => tabs[0] as FirefoxTab

async function signIn(user: object = ada): Promise<void> {
  await firstTab().evaluate(`window.tab.auth.login(${JSON.stringify(user)})`)
}

it('signs ten tabs in, sends one refresh for all of them, and signs them out', async () => {
  await signIn()
  await eventually(async () => expect(await statuses()).toEqual(Array(10).fill('authenticated')))
  for (let time = 0; time < 20; time += 1) {
    const before = refreshes()
    await inAll('window.tab.auth.refresh()')
    expect(refreshes() - before).toBe(1)
  }
  expect(server.calls.map(({ outcome }) => outcome)).not.toContain('refresh_reused')
  await tabs[5]?.evaluate('window.tab.auth.logout()')
  await eventually(async () => expect(await statuses()).toEqual(Array(10).fill('unauthenticated')))
})

it('gives a new tab the token of another tab, without a refresh', async () => {
  await signIn()
  const before = server.calls.refresh.length
  const tab = await openTab()
  expect(await tab.evaluate('window.tab.report.events')).toMatchObject([{ detail: 'other-tab' }])
  expect(server.calls.refresh).toHaveLength(before)
})

it('sends no old token from the back/forward cache of Firefox after a sign-out in another tab', async () => {
  await signIn()
  const tab = await openTab()
  await tab.goto('about:blank')
  await firstTab().evaluate('window.tab.auth.logout()')
  const before = server.calls.length
  await tab.goBack()
  await eventually(async () =>
    expect(await tab.evaluate('window.tab.auth.getState().status')).toBe('unauthenticated')
  )
  await tab.evaluate('window.tab.call(2, 0)')
  expect(server.calls.slice(before).every(({ kid }) => kid === undefined)).toBe(true)
})

it('signs the tabs of one user out with user-changed when another user signs in', async () => {
  await signIn()
  await eventually(async () => expect(await statuses()).toEqual(Array(10).fill('authenticated')))
  await signIn(grace)
  await eventually(async () => {
    const reasons = await inAll('window.tab.auth.getState().reason', tabs.slice(1))
    expect(reasons).toEqual(Array(9).fill('user-changed'))
  })
})

it('reports a token in the storage or the console of a Firefox tab', async () => {
  await signIn()
  await readPages()
  expect(() => canaryHunter.check()).not.toThrow()
  const token = 'await window.tab.auth.getAccessToken()'
  await firstTab().evaluate(`(async () => localStorage.setItem('leak', ${token}))()`)
  await readPages()
  expect(() => canaryHunter.check()).toThrow('page, localStorage')
  await firstTab().evaluate("localStorage.removeItem('leak')")
  await firstTab().evaluate(`(async () => console.log({ leak: ${token} }))()`)
  await readPages()
  expect(() => canaryHunter.check()).toThrow('A token leaked: console.')
})
