// Cleared storage: the app clears `localStorage` at a sign-out, as many apps do.
import { createMockAuthServer } from 'everbearer/mock'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { ada, setUpChromiumTabs, statusOf } from '../../support/browsers/chromium-tabs.ts'
import { playRounds, roundsOf } from '../../support/browsers/rounds.ts'

const server = createMockAuthServer({ refreshGraceSeconds: 0, users: [ada] })
const { openTabs, openTwoTabs } = setUpChromiumTabs(server)
const rounds = roundsOf({ matrix: 3, long: 50 })

const places = {
  'after logout()': (tab: Page) =>
    tab.evaluate(() => {
      window.tab.auth.logout()
      localStorage.clear()
    }),
  'in subscribe()': (tab: Page) =>
    tab.evaluate(() => {
      window.tab.auth.subscribe(() => localStorage.clear())
      window.tab.auth.logout()
    }),
  'in signed-out': (tab: Page) =>
    tab.evaluate(() => {
      window.tab.auth.on('signed-out', () => localStorage.clear())
      window.tab.auth.logout()
    })
}
type Place = keyof typeof places

/** Playwright reports the commit of the navigation, so the old document is gone. */
const reload = async (tab: Page) => {
  await tab.reload()
  await tab.evaluate(() => window.tab.auth.ready())
}

function untilLogout(from: number): Promise<boolean> {
  const isSent = () => server.calls.slice(from).some(({ route }) => route === 'logout')
  return expect
    .poll(isSent, { timeout: 3_000 })
    .toBe(true)
    .then(
      () => true,
      () => false
    )
}

describe.each(Object.keys(places) as Place[])('localStorage.clear() %s', (place) => {
  it('sends the sign-out, and a reload does not sign the user in again', async () => {
    const results = await playRounds(`clear() ${place}`, rounds, async () => {
      const { context, tabs } = await openTabs(1)
      const [tab] = tabs as [Page]
      const from = server.calls.length
      await places[place](tab)
      const isSent = await untilLogout(from)
      await reload(tab)
      const status = await statusOf(tab)
      await context.close()
      return `${isSent ? 'sent' : 'not sent'}, then ${status}`
    })
    expect(results).toEqual({ 'sent, then unauthenticated': rounds })
  })

  it('does not lose a sign-out if the page reloads in the same task', async () => {
    const results = await playRounds(`clear() ${place} and reload()`, rounds, async () => {
      const { context, tabs } = await openTabs(1)
      const [tab] = tabs as [Page]
      const from = server.calls.length
      const reloaded = tab.waitForEvent('load')
      await tab.evaluate(() => window.tab.auth.on('signed-out', () => location.reload()))
      await places[place](tab).catch(() => {})
      await reloaded
      await tab.evaluate(() => window.tab.auth.ready())
      const status = await statusOf(tab)
      const isSent = await untilLogout(from)
      await context.close()
      return `${isSent ? 'sent' : 'not sent'}, then ${status}`
    })
    expect(results).toEqual({ 'sent, then unauthenticated': rounds })
  })

  it('ends the session in another tab', async () => {
    const results = await playRounds(`clear() ${place}, two tabs`, rounds, async () => {
      const { context, first, second } = await openTwoTabs()
      await places[place](first)
      const end = () => window.tab.auth.getState().status === 'unauthenticated'
      await second.waitForFunction(end, undefined, { timeout: 3_000 }).catch(() => {})
      const status = await statusOf(second)
      await context.close()
      return status
    })
    expect(results).toEqual({ unauthenticated: rounds })
  })
})
