// Web Locks that are not granted: in a silent browser, and in a page until it is activated.
import { createMockAuthServer } from 'everbearer/mock'
import { describe, expect, it } from 'vitest'
import { ada, setUpChromiumTabs, statusOf } from '../../support/browsers/chromium-tabs.ts'
import { openWithoutDevtools } from '../../support/browsers/chromium-without-devtools.ts'

const server = createMockAuthServer({ refreshGraceSeconds: 0, users: [ada] })
const { url, apiUrl, openContext, openTab, openTabs } = setUpChromiumTabs(server)

const silence = () => {
  navigator.locks.request = () => new Promise(() => {})
}

describe('a browser that never answers a request for a lock', () => {
  it('restores the session', async () => {
    const { context } = await openTabs(1)
    await context.addInitScript(silence)
    for (const tab of context.pages()) await tab.close()
    const tab = await openTab(context, { lockTimeoutMs: 500 })
    expect(await statusOf(tab)).toBe('authenticated')
  })

  it('signs in, refreshes and signs out', async () => {
    const context = await openContext()
    await context.addInitScript(silence)
    const tab = await openTab(context, { lockTimeoutMs: 500 })
    expect(await statusOf(tab)).toBe('unauthenticated')
    await tab.evaluate((credentials) => window.tab.auth.login(credentials), ada)
    await tab.evaluate(() => window.tab.auth.refresh())
    expect(await statusOf(tab)).toBe('authenticated')
    expect(await tab.evaluate(() => window.tab.auth.logout())).toMatchObject({ confirmed: true })
  })
})

describe('a prerendered page', () => {
  it.each([
    ['before the user goes there', false],
    ['when the user goes there', true]
  ])('restores the session %s', { timeout: 60_000 }, async (_, isActivated) => {
    const from = server.calls.length
    const gate = server.hold('jwks')
    const accepted = new Promise<void>((resolve) => {
      server.onCall(({ route, status }) => {
        if (route === 'me' && status === 200) resolve()
      })
    })
    const query = new URLSearchParams({ api: apiUrl(), next: '/' })
    await openWithoutDevtools(`${url()}prerender.html?${query}`)
    // The first call is of the page itself, and the second one of the prerendered page.
    await gate.arrived(2)
    if (isActivated) gate.release()
    await accepted
    const calls = server.calls.slice(from)
    const refreshes = calls.filter(({ route }) => route === 'refresh')
    expect(refreshes.map(({ outcome }) => outcome)).toEqual(['rotated'])
    gate.release()
  })
})
