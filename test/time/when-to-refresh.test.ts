// Refresh time: when a token is refreshed before it expires.
import type { TokenFacts } from 'everbearer'
import { expect, it } from 'vitest'
import { keepRefreshAt, planRefreshAgeSeconds } from '../../src/refresh/refresh-time.ts'
import { ada, setUpClient } from '../support/setups/test-client.ts'

const policy = { refreshBeforeExpirySeconds: 60, spreadRefreshes: true }
const fixed = { ...policy, spreadRefreshes: false }

it.each([
  [900, 840],
  [300, 240],
  [240, 180],
  [60, 45],
  [4, 3],
  [1, 0.75]
])('refreshes a token that lives %d s after %d s, without the spread', (lifetime, age) => {
  expect(planRefreshAgeSeconds(lifetime, true, fixed, () => 0.5)).toBe(age)
  expect(planRefreshAgeSeconds(lifetime, false, fixed, () => 0.5)).toBe(age)
})

it('spreads a joint refresh over the whole interval and other ones over its last tenth', () => {
  const random = createSeededRandom(1)
  const ages = (isJoint: boolean) =>
    Array.from({ length: 10_000 }, () => planRefreshAgeSeconds(900, isJoint, policy, random))
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const joint = ages(true)
  expect(Math.min(...joint)).toBeLessThan(5)
  expect(Math.max(...joint)).toBeGreaterThan(800)
  expect(Math.max(...joint)).toBeLessThanOrEqual(840)
  expect(mean(joint)).toBeCloseTo((840 * 0.95) / 2, -1)
  const other = ages(false)
  expect(Math.min(...other)).toBeGreaterThanOrEqual(756)
  expect(Math.max(...other)).toBeLessThanOrEqual(840)
})

it('spreads the refresh of each token that many clients get at the same moment', async () => {
  const { auth, browser, clock, server } = setUpClient({
    spreadRefreshes: true,
    platform: { random: () => 0.5 }
  })
  const planned: (number | undefined)[] = []
  auth.on('signed-in', ({ token }) => planned.push(plannedAge(token)))
  auth.on('refreshed', ({ token }) => planned.push(plannedAge(token)))
  await auth.login(ada)
  server.revokeAccessTokens()
  await auth.axios.get('/me')
  await auth.refresh()
  const response = { status: 503, headers: [], setCookies: [], body: '' }
  browser.intercept('/refresh', { kind: 'answer', response })
  await auth.refresh().catch(() => {})
  clock.tick(2_000)
  await browser.idle()
  // Half of 95 % of 240 s after a sign-in, a refusal and an outage.
  expect(planned).toEqual([114, 114, 228, 114])
})

function plannedAge({ receivedAtMs, refreshAtMs = 0 }: TokenFacts): number {
  return (refreshAtMs - receivedAtMs) / 1000
}

it('keeps the planned refresh when a token is re-issued, unless the new token expires earlier', () => {
  const at = (ms: number) => ({ wallMs: ms, monotonicMs: ms })
  const planned = at(200_000)
  const reissued = (lifetimeSeconds: number | undefined) => ({
    receivedAt: at(100_000),
    lifetimeSeconds
  })
  expect(keepRefreshAt(planned, reissued(300), policy)).toBe(planned)
  expect(keepRefreshAt(planned, reissued(undefined), policy)).toBe(planned)
  expect(keepRefreshAt(planned, reissued(40), policy)).toEqual(at(130_000))
  expect(keepRefreshAt(undefined, reissued(40), policy)).toEqual(at(130_000))
})

/** A linear congruential generator: every run simulates the same clients. */
function createSeededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}
