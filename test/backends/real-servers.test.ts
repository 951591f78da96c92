// Real servers: one list of scenarios against auth servers that everbearer did not write.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Backend, backends } from './backends.ts'
import { type Browser, createBrowser } from './browser.ts'
import { expectRepeatedSignOut, expectSignOut, useUntilRefused } from './expectations.ts'
import {
  clockOffBy,
  credentialsFor,
  hiddenPage,
  openPage,
  type Page,
  reportedNetwork,
  type Site,
  signIn,
  stoppedClock,
  untilRefused
} from './page.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { sharedByTabs } from './tabs.ts'

const missing = inject('missingServers')
const servers = new Map<string, ServerProcess>()

function canRun({ server }: Backend): boolean {
  return !missing.some((kind) => server.endsWith(kind))
}

beforeAll(async () => {
  const scripts = new Set(backends.filter(canRun).map(({ server }) => server))
  await Promise.all(
    [...scripts].map(async (script) => servers.set(script, await startServer(script)))
  )
})

afterAll(async () => {
  await Promise.all([...servers.values()].map(({ stop }) => stop()))
})

for (const backend of backends) {
  describe(backend.name, { concurrent: true, skip: !canRun(backend) }, () => scenarios(backend))
}

function scenarios(backend: Backend): void {
  const site: Site = {
    backend,
    get baseURL() {
      return servers.get(backend.server)?.url ?? ''
    }
  }

  it('signs in, and shows who is signed in', async () => {
    const { client, answer } = await signIn(site)
    expect(client.getState()).toMatchObject({ status: 'authenticated', user: backend.user })
    expect((await client.axios.get(backend.api)).status).toBe(200)
    expect((await client.fetch(backend.api)).status).toBe(200)
    expect(JSON.stringify(answer)).not.toContain(await client.getAccessToken())
  })

  it('answers every request while three tokens expire', async () => {
    const { client, browser } = await signIn(site)
    const tokens = new Set<string>()
    for (let expired = 0; expired < 3; expired += 1) {
      const token = await client.getAccessToken()
      tokens.add(token)
      await useUntilRefused(site, client, token)
    }
    expect(tokens.size).toBe(3)
    expect(statusesOf(browser).filter((status) => status >= 400)).toEqual(backend.firstVisit)
  })

  it.each([-1, 1])('does not refresh in a loop if the clock is off by %i h', async (hours) => {
    const { client, browser } = await signIn(site, clockOffBy(hours))
    const before = browser.calls.length
    await useUntilRefused(site, client, await client.getAccessToken())
    const statuses = statusesOf(browser).slice(before)
    expect(statuses.filter((status) => status !== 200)).toEqual([])
    // The first refresh after a sign-in is at a random time, so the second may follow.
    expect(statuses.length).toBeLessThanOrEqual(2)
  })

  it.each([
    ['in a page that was hidden', hiddenPage],
    ['on a device with a stopped clock', stoppedClock]
  ])('refreshes once for 20 requests on an expired token %s', async (_where, platform) => {
    const { client, browser } = await signIn(site, platform())
    await untilRefused(site, await client.getAccessToken())
    const before = browser.calls.length
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.axios.get(backend.api))
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(browser.calls.slice(before)).toEqual([{ path: expect.any(String), status: 200 }])
  })

  it('restores the session on each page load', async () => {
    const { client, browser } = await signIn(site, hiddenPage())
    client.dispose()
    for (let load = 0; load < 3; load += 1) {
      const page = openPage(site, browser, hiddenPage())
      expect(await page.ready()).toMatchObject({ status: 'authenticated', user: backend.user })
      expect((await page.axios.get(backend.api)).status).toBe(200)
      page.dispose()
    }
  })

  it('refreshes once for two tabs, and signs both out', async () => {
    const shared = sharedByTabs()
    const { client, browser } = await signIn(site, { ...shared, ...hiddenPage() })
    client.dispose()
    const tabs = [1, 2].map(() => openPage(site, browser, { ...shared, ...hiddenPage() }))
    const [first, second] = tabs as [Page, Page]
    for (const { status } of await Promise.all(tabs.map((tab) => tab.ready()))) {
      expect(status).toBe('authenticated')
    }
    await untilRefused(site, await first.getAccessToken())
    const before = browser.calls.length
    await Promise.all([...tabs, ...tabs].map((tab) => tab.axios.get(backend.api)))
    expect(browser.calls.slice(before)).toEqual([{ path: expect.any(String), status: 200 }])
    await expectSignOut(site, first, browser)
    expect(second.getState()).toMatchObject({ status: 'unauthenticated', reason: 'signed-out' })
  })

  it('ends the session if another browser has used its refresh token to sign out', async () => {
    const { client, browser } = await signIn(site)
    const other = openPage(site, browser.copy())
    expect((await other.ready()).status).toBe('authenticated')
    expect(await other.logout()).toEqual({ confirmed: true })
    await client.refresh().catch(() => {})
    expect(client.getState()).toMatchObject({
      status: 'unauthenticated',
      reason: 'session-expired'
    })
  })

  it('is signed out on a first visit', async () => {
    const browser = createBrowser()
    const page = openPage(site, browser)
    expect(await page.ready()).toMatchObject({ status: 'unauthenticated', reason: 'no-session' })
    expect(browser.calls.map(({ status }) => status)).toEqual(backend.firstVisit)
  })

  it('rejects wrong credentials with the status and body of the server', async () => {
    const { status, body } = backend.rejection
    const page = openPage(site, createBrowser())
    await expect(page.login(backend.wrongCredentials)).rejects.toMatchObject({
      code: 'ERR_AUTH_LOGIN_REJECTED',
      status,
      body
    })
    expect(page.getState().status).toBe('unauthenticated')
  })

  it('signs out on the server', async () => {
    const { client, browser } = await signIn(site, hiddenPage())
    await client.refresh()
    await expectSignOut(site, client, browser)
  })

  it('signs out on the server when the access token has expired', async () => {
    const { client, browser } = await signIn(site, hiddenPage())
    await untilRefused(site, await client.getAccessToken())
    await expectSignOut(site, client, browser)
  })

  it('repeats a sign-out once the network is back', async () => {
    const network = reportedNetwork()
    const { client, browser } = await signIn(site, { ...hiddenPage(), onWake: network.onWake })
    const stolen = browser.copy()
    browser.network.isDown = true
    expect(await client.logout()).toEqual({ confirmed: false })
    browser.network.isDown = false
    network.comeBack()
    await expectRepeatedSignOut(site, browser, stolen)
  })

  it('stays signed out on a page load after a sign-out without network', async () => {
    const shared = sharedByTabs()
    const { client, browser } = await signIn(site, { ...shared, ...hiddenPage() })
    const stolen = browser.copy()
    browser.network.isDown = true
    expect(await client.logout()).toEqual({ confirmed: false })
    client.dispose()
    browser.network.isDown = false
    const page = openPage(site, browser, shared)
    expect(await page.ready()).toMatchObject({ status: 'unauthenticated' })
    if (backend.signsOutOnNextLoad) await expectRepeatedSignOut(site, browser, stolen)
  })

  it('can sign in again after a sign-out', async () => {
    const { client, browser } = await signIn(site, hiddenPage())
    await client.logout()
    await client.login(await credentialsFor(site, browser))
    expect((await client.axios.get(backend.api)).status).toBe(200)
    client.dispose()
    expect((await openPage(site, browser).ready()).status).toBe('authenticated')
  })
}

function statusesOf({ calls }: Browser): readonly number[] {
  return calls.map(({ status }) => status)
}
