// I4, I10: while the refresh endpoint is down, requests go out for as long as the token lives.
import { isAuthError } from 'everbearer'
import { expect, it } from 'vitest'
import { answers, type Fault, setUpFaultyServer } from '../../support/setups/faulty-auth-server.ts'
import { ada } from '../../support/setups/test-client.ts'

const html = answers(200, '<!doctype html><title>Sign in to the Wi-Fi</title>', {
  'Content-Type': 'text/html'
})

it.each<[string, Fault, string]>([
  ['503', answers(503, {}), 'ERR_AUTH_SERVER_ERROR'],
  ['503 with Retry-After', answers(503, {}, { 'Retry-After': '5' }), 'ERR_AUTH_SERVER_ERROR'],
  ['a page in HTML', html, 'ERR_AUTH_RESPONSE_MALFORMED'],
  ['a redirect', answers(302), 'ERR_AUTH_NETWORK']
])(
  'sends requests until the token expires, then rejects with the reason, then recovers, if refreshes get %s for a minute',
  async (_, fault, code) => {
    const setup = setUpFaultyServer({}, { accessTokenSeconds: 60 })
    const { auth, clock, callsTo, sent } = setup
    await auth.login(ada)
    const requests: Promise<{ readonly atMs: number; readonly outcome: string }>[] = []
    for (let atMs = 0; atMs < 180_000; atMs += 500) {
      if (atMs === 44_500) setup.fault('/refresh', fault, 1_000)
      if (atMs === 105_000) setup.clearFaults('/refresh')
      const outcome = auth.axios.get('/me').then(
        (response) => String(response.status),
        (error) => (isAuthError(error) ? error.code : 'another error')
      )
      requests.push(outcome.then((outcome) => ({ atMs, outcome })))
      await setup.browser.settle()
      expect(auth.getState().status).toBe('authenticated')
      for (let slice = 0; slice < 10; slice += 1) {
        clock.tick(50)
        await setup.browser.settle()
      }
    }
    const failed = (await Promise.all(requests)).filter(({ outcome }) => outcome !== '200')
    expect(new Set(failed.map(({ outcome }) => outcome))).toEqual(new Set([code]))
    expect(failed[0]?.atMs).toBe(60_000)
    expect(failed.at(-1)?.atMs).toBeLessThan(105_000 + 60_000)
    // The outage causes a single gap.
    expect(failed).toHaveLength(((failed.at(-1)?.atMs ?? 0) - 60_000) / 500 + 1)
    expect(callsTo('me').every((call) => call.status === 200)).toBe(true)
    expect(sent('/refresh')).toBeLessThanOrEqual(14)
  }
)
