// I10: a readable Retry-After is obeyed up to a cap; otherwise the usual back-off applies.
import { expect, it } from 'vitest'
import { answers, setUpFaultyServer } from '../../support/setups/faulty-auth-server.ts'
import { ada } from '../../support/setups/test-client.ts'

/** With `random` at 0.5, the first failure waits three quarters of a second. */
const usualMs = 750

const forms: readonly [string, number][] = [
  ['0', usualMs],
  ['1', 1_000],
  ['2', 2_000],
  ['30', 30_000],
  ['0030', 30_000],
  [' 7 ', 7_000],
  ['299', 299_000],
  ['300', 300_000],
  ['301', 300_000],
  ['3600', 300_000],
  ['31536000', 300_000],
  ['999999999999999', 300_000],
  ['Thu, 01 Jan 2026 00:00:00 GMT', usualMs],
  ['Thu, 01 Jan 2026 00:00:45 GMT', 45_000],
  ['Thu, 01 Jan 2026 00:02:00 GMT', 120_000],
  ['Thu, 01 Jan 2026 09:00:00 GMT', 300_000],
  ['Fri, 01 Jan 2126 00:00:00 GMT', 300_000],
  ['Wed, 31 Dec 2025 23:59:00 GMT', usualMs],
  ['Thu, 01 Jan 1970 00:00:00 GMT', usualMs],
  ['Thu, 99 Jan 2026 00:01:00 GMT', usualMs],
  ['Thu, 01 Jan 2026 00:01:00 +0000', usualMs],
  ['2026-01-01T00:01:00Z', usualMs],
  ['', usualMs],
  ['-1', usualMs],
  ['+5', usualMs],
  ['1.5', usualMs],
  ['1e3', usualMs],
  ['0x20', usualMs],
  ['5, 10', usualMs],
  ['5 s', usualMs],
  ['"5"', usualMs],
  ['soon', usualMs],
  ['NaN', usualMs],
  ['Infinity', usualMs],
  ['null', usualMs]
]

const cases = forms.flatMap(([value, expectedMs]) =>
  [429, 503].map((status) => ({ value, expectedMs, status }))
)

it.each(cases)(
  'retries after $expectedMs ms, plus or minus a second, on $status with Retry-After "$value"',
  async ({ value, expectedMs, status }) => {
    const { auth, clock, idle, fault, sent } = setUpFaultyServer({}, { accessTokenSeconds: 3_600 })
    await auth.login(ada)
    fault('/refresh', answers(status, {}, { 'Retry-After': value }))
    await expect(auth.refresh()).rejects.toMatchObject({ status })
    clock.tick(Math.max(0, expectedMs - 1_000))
    await idle()
    expect(sent('/refresh')).toBe(1)
    clock.tick(2_000)
    await idle()
    expect(sent('/refresh')).toBe(2)
    expect(auth.getState()).toMatchObject({ status: 'authenticated', degraded: undefined })
  }
)

function toStatus(result: PromiseSettledResult<unknown>): unknown {
  return result.status === 'rejected' && result.reason.status
}

it('sends no refresh until Retry-After has passed, despite calls, requests and wakes', async () => {
  const { auth, server, browser, clock, idle, fault, sent } = setUpFaultyServer()
  await auth.login(ada)
  server.revokeAccessTokens()
  fault('/refresh', answers(503, {}, { 'Retry-After': '60' }))
  const asked: Promise<unknown>[] = []
  for (let second = 0; second < 60; second += 1) {
    const asks = [auth.refresh(), auth.getAccessToken(), auth.axios.get('/me')]
    for (const ask of asks) ask.catch(() => {})
    browser.wake('visible')
    browser.wake('online')
    // Less than 10 s before the end, the callers wait instead.
    if (second <= 50)
      expect((await Promise.allSettled(asks)).map(toStatus)).toEqual([503, false, 503])
    else asked.push(...asks)
    expect(sent('/refresh')).toBe(1)
    clock.tick(1_000)
    await idle()
  }
  clock.tick(500)
  await idle()
  expect(sent('/refresh')).toBe(2)
  await Promise.all(asked)
  expect((await auth.axios.get('/me')).status).toBe(200)
})
