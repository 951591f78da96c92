// I11: a sign-out wins over requests in flight: afterwards only the sign-out carries a token.
import { expect, it } from 'vitest'
import { createSeededRandom, range } from '../support/seeded-random.ts'
import { countOf, setUpBrowsers, signIn } from '../support/setups/many-browsers.ts'

it.each(range(25))(
  'holds no token after a sign-out during fifty requests and a refresh, in order %d',
  async (seed) => {
    const random = createSeededRandom(seed)
    let isSlow = false
    const setup = setUpBrowsers({ latencyMs: () => (isSlow ? 1 + random() * 100 : 0) })
    const browser = setup.openBrowser()
    const { auth, events } = setup.openPage(browser)
    await signIn(setup, auth)
    isSlow = true
    setup.server.rotateKey()
    const requests = range(25).map(() => auth.axios.get('/me'))
    await setup.pass(Math.floor(random() * 60), 5)
    setup.server.revokeAccessTokens()
    requests.push(...range(25).map(() => auth.axios.get('/me')))
    const refreshing = auth.refresh()
    const settled = Promise.allSettled([...requests, refreshing])
    await setup.pass(Math.floor(random() * 150), 5)
    const sentBefore = browser.requests.length
    const signingOut = auth.logout()
    await setup.pass(1_000, 5)
    expect(await signingOut).toEqual({ confirmed: true })
    for (const one of await settled) {
      const isExpected =
        one.status === 'fulfilled' ||
        one.reason.code === 'ERR_AUTH_SESSION_CHANGED' ||
        one.reason.response?.status === 401
      expect(isExpected).toBe(true)
    }
    await expect(auth.getAccessToken()).rejects.toMatchObject({
      code: 'ERR_AUTH_NOT_AUTHENTICATED'
    })
    const later = Promise.allSettled(range(5).map(() => auth.axios.get('/me')))
    await setup.pass(400_000, 10_000)
    for (const one of await later) {
      expect(one).toMatchObject({ status: 'rejected', reason: { response: { status: 401 } } })
    }
    const sentAfter = browser.requests.slice(sentBefore)
    expect(sentAfter.length).toBeGreaterThanOrEqual(6)
    const withToken = sentAfter.filter(({ headers }) => 'Authorization' in headers)
    expect(withToken.map(({ url }) => new URL(url).pathname)).toEqual(['/logout'])
    expect(countOf(browser, '/logout')).toBe(1)
    expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
    expect(events.filter(({ name }) => name === 'signed-out')).toHaveLength(1)
    expect(setup.clock.pendingTimers()).toBe(0)
  }
)
