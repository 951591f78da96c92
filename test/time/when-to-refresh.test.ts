// Refresh time: when a token is refreshed before it expires.
import { expect, it } from 'vitest'
import { keepRefreshAt, planRefreshAgeSeconds } from '../../src/refresh/refresh-time.ts'

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

it('spreads the first refresh over the whole interval and later ones over its last tenth', () => {
  const random = createSeededRandom(1)
  const ages = (isFirst: boolean) =>
    Array.from({ length: 10_000 }, () => planRefreshAgeSeconds(900, isFirst, policy, random))
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const first = ages(true)
  expect(Math.min(...first)).toBeLessThan(5)
  expect(Math.max(...first)).toBeGreaterThan(800)
  expect(Math.max(...first)).toBeLessThanOrEqual(840)
  expect(mean(first)).toBeCloseTo((840 * 0.95) / 2, -1)
  const later = ages(false)
  expect(Math.min(...later)).toBeGreaterThanOrEqual(756)
  expect(Math.max(...later)).toBeLessThanOrEqual(840)
})

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
