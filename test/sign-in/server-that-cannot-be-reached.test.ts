// I14: `initializing` ends after `refreshTimeoutMs`, also if the restore gets no answer.
import type { AuthClient } from 'everbearer'
import { expect, it } from 'vitest'
import {
  answers,
  type Fault,
  type FaultyServerSetup,
  hangs,
  setUpFaultyServer
} from '../support/setups/faulty-auth-server.ts'
import { ada } from '../support/setups/test-client.ts'

const unreachable = { status: 'unauthenticated', reason: 'unreachable' }
const loses: Fault = () => Promise.reject(new TypeError('the network is down'))

interface Page extends FaultyServerSetup {
  readonly page: AuthClient
  pass(ms: number): Promise<void>
}

/** Loads a page of a signed-in user while each refresh gets this fault. */
async function loadPage(fault: Fault, restore: 'always' | 'hint' = 'always'): Promise<Page> {
  const setup = setUpFaultyServer({ restore })
  await setup.idle()
  await setup.auth.login(ada)
  setup.auth.dispose()
  setup.fault('/refresh', fault, 1_000)
  const page = setup.reload()
  return {
    ...setup,
    page,
    async pass(ms) {
      for (let leftMs = ms; leftMs > 0; leftMs -= 500) {
        await setup.browser.settle()
        setup.clock.tick(Math.min(leftMs, 500))
      }
      await setup.browser.settle()
    }
  }
}

const failures: readonly [string, Fault][] = [
  ['no answer', hangs],
  ['a lost connection', loses],
  ['503', answers(503)],
  ['429', answers(429)],
  ['a captive portal', answers(200, '<!doctype html>', { 'Content-Type': 'text/html' })]
]

it.each(failures)(
  'becomes unreachable after refreshTimeoutMs, and restores later, on %s',
  async (_, fault) => {
    const { page, pass, clearFaults, events, eventNames } = await loadPage(fault)
    await pass(1_000)
    expect(page.getState().status).toBe('initializing')
    await pass(9_000)
    expect(page.getState()).toEqual(unreachable)
    expect(await page.ready()).toEqual(unreachable)
    expect(eventNames()).not.toContain('signed-out')
    clearFaults('/refresh')
    await pass(90_000)
    expect(page.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
    expect(events.at(-2)).toMatchObject({ name: 'signed-in', event: { via: 'restore' } })
    expect((await page.axios.get('/me')).status).toBe(200)
  }
)

it('becomes unreachable at once if Retry-After is longer than refreshTimeoutMs', async () => {
  const { page } = await loadPage(answers(503, '', { 'Retry-After': '60' }))
  expect(await page.ready()).toEqual(unreachable)
})

it.each([404, 400, 204, 200])(
  'becomes unreachable and keeps asking if a session is known and the server answers %d without a token',
  async (status) => {
    const { page, pass, clearFaults } = await loadPage(answers(status, {}), 'hint')
    await pass(10_000)
    expect(page.getState()).toEqual(unreachable)
    clearFaults('/refresh')
    await pass(90_000)
    expect(page.getState().status).toBe('authenticated')
  }
)

it('asks less and less often while it is unreachable', async () => {
  const { page, pass, sent } = await loadPage(loses)
  await pass(600_000)
  expect(page.getState()).toEqual(unreachable)
  expect(sent('/refresh')).toBeGreaterThan(10)
  expect(sent('/refresh')).toBeLessThan(25)
})

it('asks within a second when the network is back', async () => {
  const { page, pass, browser, clearFaults, clock, idle } = await loadPage(loses)
  await pass(100_000)
  clearFaults('/refresh')
  browser.wake('online')
  clock.tick(1_000)
  await idle()
  expect(page.getState().status).toBe('authenticated')
})

it('sends requests without a token while it is unreachable, except those that require one', async () => {
  const { page, pass, browser } = await loadPage(loses)
  await pass(10_000)
  const open = await page.axios.get('/open', { validateStatus: () => true })
  expect(open.config.headers.Authorization).toBe(undefined)
  expect(browser.requests.at(-1)?.url).toMatch(/open$/)
  const remembered = { code: 'ERR_AUTH_NETWORK', message: /^No refresh was sent/ }
  const required = page.axios.get('/me', { everbearer: { accessToken: 'require' } })
  await expect(required).rejects.toMatchObject({ code: remembered.code })
  await expect(page.getAccessToken()).rejects.toThrow(remembered.message)
})

it('asks the server if refresh() is called while it is unreachable', async () => {
  const { page, pass, clearFaults } = await loadPage(loses)
  await pass(10_000)
  await expect(page.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_NETWORK' })
  expect(page.getState()).toEqual(unreachable)
  clearFaults('/refresh')
  await page.refresh()
  expect(page.getState().status).toBe('authenticated')
})

it('becomes no-session, without an event, if the server rejects while it is unreachable', async () => {
  const { page, pass, server, clearFaults, eventNames, sent } = await loadPage(loses)
  await pass(10_000)
  server.endSessions()
  clearFaults('/refresh')
  await pass(60_000)
  expect(page.getState()).toEqual({ status: 'unauthenticated', reason: 'no-session' })
  const before = sent('/refresh')
  await pass(120_000)
  expect(sent('/refresh')).toBe(before)
  expect(eventNames()).not.toContain('signed-out')
})

it('signs in with login(), and out with logout(), while it is unreachable', async () => {
  const { page, pass, eventNames } = await loadPage(loses)
  await pass(10_000)
  await page.login(ada)
  expect(page.getState().status).toBe('authenticated')
  await page.logout()
  expect(page.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  expect(eventNames().at(-1)).toBe('signed-out')
})

it('signs out with logout() while it is unreachable, and reports it', async () => {
  const { page, pass, eventNames, sent } = await loadPage(loses)
  await pass(10_000)
  await page.logout()
  expect(page.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  expect(eventNames().at(-1)).toBe('signed-out')
  const before = sent('/refresh')
  await pass(120_000)
  expect(sent('/refresh')).toBe(before)
})
