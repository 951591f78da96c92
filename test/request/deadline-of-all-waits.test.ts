// I5: all waits of one request for tokens share one deadline.
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'
import { setUpTabs } from '../support/setups/virtual-tabs.ts'

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
