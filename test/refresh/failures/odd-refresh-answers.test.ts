// Odd refresh answers: answers and moments that are easy to misread.
import { expect, it } from 'vitest'
import { setUpTokenServer } from '../../support/setups/any-token-server.ts'
import { answers, setUpFaultyServer } from '../../support/setups/faulty-auth-server.ts'
import { ada, setUpClient } from '../../support/setups/test-client.ts'
import { jwt } from '../../support/tokens.ts'

it.each([200, 403, 511])(
  'retries at once when the network is back after a captive portal answered %d in HTML',
  async (status) => {
    const { auth, browser, clock, idle, fault, clearFaults, callsTo } = setUpFaultyServer(
      {},
      { accessTokenSeconds: 60 }
    )
    await auth.login(ada)
    fault('/refresh', answers(status, '<!doctype html>', { 'Content-Type': 'text/html' }), 100)
    for (let second = 0; second < 130; second += 1) {
      clock.tick(1_000)
      await idle()
    }
    clearFaults('/refresh')
    browser.wake('online')
    clock.tick(1_000)
    await idle()
    expect(callsTo('refresh')).toHaveLength(1)
  }
)

it('does not refresh in a loop if the claims of a token leave it no lifetime', async () => {
  const { auth, browser, clock, refreshedAt } = setUpTokenServer((nth, ms) => ({
    body: { access_token: jwt({ jti: nth, iat: ms / 1000, exp: ms / 1000 }) },
    acceptedSeconds: 0
  }))
  await auth.login({ email: 'ada' })
  for (let second = 0; second < 60; second += 1) {
    clock.tick(1_000)
    await browser.idle()
  }
  expect(refreshedAt.length).toBeLessThanOrEqual(2)
})

it('ends the session on wake if another tab has an unconfirmed sign-out', async () => {
  const { auth, reload, browser, idle } = setUpClient()
  await auth.login(ada)
  const other = reload({ restore: 'always' })
  await other.ready()
  browser.intercept('/logout', { kind: 'unreachable' })
  await other.logout()
  browser.wake('visible')
  await idle()
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
  await expect(auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_NOT_AUTHENTICATED' })
})

it('sends no refresh for a session that another tab has signed out of', async () => {
  const { auth, reload, browser, callsTo } = setUpClient()
  await auth.login(ada)
  const other = reload({ restore: 'always' })
  await other.ready()
  browser.intercept('/logout', { kind: 'unreachable' })
  await other.logout()
  const before = callsTo('refresh').length
  await expect(auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_NOT_AUTHENTICATED' })
  expect(callsTo('refresh')).toHaveLength(before)
  expect(auth.getState()).toEqual({ status: 'unauthenticated', reason: 'signed-out' })
})

it('fails no request with tokens that live one second', async () => {
  const { auth, clock, idle } = setUpClient({}, { accessTokenSeconds: 1 })
  await auth.login(ada)
  let failed = 0
  for (let request = 0; request < 300; request += 1) {
    clock.tick(100)
    await auth.axios.get('/me').catch(() => {
      failed += 1
    })
    await idle()
  }
  expect(failed).toBe(0)
})

it('keeps the session on a 403 with an HTML body, even if its content type is not HTML', async () => {
  const { auth, fault } = setUpFaultyServer()
  await auth.login(ada)
  fault('/refresh', answers(403, '<!doctype html>'))
  await auth.refresh().catch(() => {})
  expect(auth.getState().status).toBe('authenticated')
})

it.each([-3_600_000, 3_600_000])(
  'reads a Retry-After date by the server’s clock if the device’s clock is off by %d ms',
  async (offsetMs) => {
    const { auth, fault } = setUpFaultyServer({}, {}, offsetMs)
    await auth.login(ada)
    const headers = {
      'Retry-After': 'Thu, 01 Jan 2026 00:01:00 GMT',
      Date: 'Thu, 01 Jan 2026 00:00:00 GMT'
    }
    fault('/refresh', answers(503, {}, headers))
    await expect(auth.refresh()).rejects.toMatchObject({ retryAfterMs: 60_000 })
  }
)

it('does not refresh after a 401 from an auth endpoint that the app calls itself', async () => {
  const { auth, browser } = setUpClient()
  await auth.login(ada)
  const before = browser.requests.length
  await expect(auth.axios.post('/login', { ...ada, password: 'wrong' })).rejects.toMatchObject({
    response: { status: 401 }
  })
  expect(browser.requests).toHaveLength(before + 1)
})

it('caps an absurd lifetime at a valid date', async () => {
  const { auth, events } = setUpClient()
  await auth.login(async () => ({ access_token: 'a', expires_in: 1e308 }))
  expect(JSON.stringify(events)).not.toContain('null')
  expect(events).toMatchObject([{ event: { token: { lifetimeSeconds: 3_153_600_000 } } }])
})
