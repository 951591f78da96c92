// I5: all waits of one request for tokens share one deadline.
import { expect, it, vi } from 'vitest'
import { range } from '../support/seeded-random.ts'
import { setUpTokenServer } from '../support/setups/any-token-server.ts'
import { answer, countOf, setUpBrowsers, signIn } from '../support/setups/many-browsers.ts'
import { ada, setUpClient } from '../support/setups/test-client.ts'
import { finish, setUpTabs } from '../support/setups/virtual-tabs.ts'
import { mint } from '../support/tokens.ts'

//  request ─ 401 ─ refresh (6 s) ─ 401 ─ refresh (4 s left) … rejects
it('rejects a request after refreshTimeoutMs in all, although its token is refused twice', async () => {
  const { auth, server, browser, clock } = setUpClient()
  await auth.login(ada)
  server.revokeAccessTokens()
  const first = browser.hold('/refresh')
  const outcome = auth.axios.get('/me').catch((error: unknown) => error)
  await first.arrived(1)
  clock.tick(6_000)
  server.revokeAccessTokens()
  first.release()
  const second = browser.hold('/refresh')
  await second.arrived(1)
  clock.tick(4_000)
  expect(await outcome).toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
  second.release()
})

//  page back from the cache ── request ── asks the other tabs ── refresh …no answer… rejects
it('rejects a request of a page that was away after refreshTimeoutMs in all', async () => {
  const { openTab, pass, browser } = setUpTabs({ server: { accessTokenSeconds: 60 } })
  const first = openTab()
  await pass(300)
  const entering = first.auth.login(ada)
  await pass(300)
  await entering
  const second = openTab()
  await pass(600)
  second.freeze()
  first.enterBfcache()
  await pass(61_000, 500)
  browser.hold('/refresh')
  first.leaveBfcache()
  const outcome = first.auth.axios.get('/me').catch((error: unknown) => error)
  await pass(10_000)
  expect(await outcome).toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
})

//  first  ── request ─ 401 ─ refresh (9.85 s) ─ 401 ─ asks the other tabs …no answer… rejects
//  second ──────────────────────────────────── refreshes: its messages are lost
it('rejects a request that asks the other tabs after refreshTimeoutMs in all', async () => {
  let isLost = false
  const setup = setUpTabs({
    slowMessages: () => (isLost ? new Promise(() => {}) : Promise.resolve())
  })
  const { openTab, pass, browser, server } = setup
  const [first, second] = [openTab(), openTab()]
  await pass(300)
  await finish(setup, first.auth.login(ada))
  isLost = true
  server.revokeAccessTokens()
  const refreshing = browser.hold('/refresh')
  const outcome = first.auth.axios.get('/me').catch((error: unknown) => error)
  await pass(9_850)
  server.revokeAccessTokens()
  const replaying = browser.hold('/me')
  refreshing.release()
  await replaying.arrived(1)
  await finish(setup, second.auth.refresh(), 900)
  replaying.release()
  await pass(200)
  expect(await Promise.race([outcome, 'waits'])).toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
})

//  request ─ 401 ─ refresh (9.9 s) ─ 401 ─ refresh (0.3 s) ─ answered
//                                          └ 0.1 s left: rejects
it('is not degraded if a refresh takes longer than one request can still wait', async () => {
  let refreshes = 0
  const { setup, browser, auth } = await setUpRefusals(() => (++refreshes === 1 ? 9_900 : 300))
  const listener = vi.fn()
  auth.subscribe(listener)
  const outcome = auth.axios.get('/me').catch((error: unknown) => error)
  await setup.pass(11_000, 50)
  expect(await outcome).toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
  expect(countOf(browser, '/refresh')).toBe(2)
  expect(listener).not.toHaveBeenCalled()
})

it.each<[string, 'step' | 'sleep']>([
  ['the clock is set', 'step'],
  ['the device sleeps', 'sleep']
])('replays a request if %s while it waits for a refresh', async (_, move) => {
  const { setup, browser, auth } = await setUpRefusals(() => 100)
  const asking = auth.axios.get('/me')
  await setup.settle()
  setup.clock[move](60_000)
  await setup.pass(1_000, 10)
  expect((await asking).status).toBe(200)
  expect(countOf(browser, '/refresh')).toBe(2)
})

//  request ── refresh (9.4 s) ──────────────────── answered ── refresh …no answer… rejects
//  /slow ───────────────────── re-issued token ─┘ is newer than the answer, but has expired
it('rejects a request after refreshTimeoutMs in all if the first refresh keeps a token that has expired', async () => {
  const { auth, browser, clock } = setUpTokenServer((nth, nowMs) => {
    const iat = Math.floor(nowMs / 1000)
    const access_token = mint({ iat, exp: iat + 60, jti: String(nth) })
    return { body: { access_token }, acceptedSeconds: 60 }
  })
  const pass = async (ms: number) => {
    for (const _ of range(ms / 100)) {
      clock.tick(100)
      await browser.settle()
    }
  }
  await auth.login(ada)
  const iat = Math.floor(clock.trueNow() / 1000) + 62
  const reissued = mint({ iat, exp: iat + 2 })
  browser.intercept('/slow', answer(200, {}, { Authorization: `Bearer ${reissued}` }))
  const slow = browser.hold('/slow')
  const poll = auth.axios.get('/slow')
  await slow.arrived(1)
  clock.sleep(61_000)
  const first = browser.hold('/refresh')
  const outcome = vi.fn()
  const asked = auth.axios.get('/me').catch(outcome)
  await first.arrived(1)
  await pass(1_000)
  slow.release()
  await poll
  await pass(8_400)
  first.release()
  const second = browser.hold('/refresh')
  await second.arrived(1)
  await pass(600)
  expect(outcome).toHaveBeenCalledWith(expect.objectContaining({ code: 'ERR_AUTH_TIMEOUT' }))
  await asked
})

/** Signs Ada in. The server refuses two tokens of requests to `/me`. */
async function setUpRefusals(refreshMs: () => number) {
  const setup = setUpBrowsers({
    latencyMs: (label) => (label === '/refresh is answered' ? refreshMs() : 0)
  })
  const browser = setup.openBrowser()
  const { auth } = setup.openPage(browser)
  await signIn(setup, auth)
  const challenge = { 'WWW-Authenticate': 'Bearer error="invalid_token"' }
  browser.intercept('/me', answer(401, {}, challenge), 2)
  return { setup, browser, auth }
}
