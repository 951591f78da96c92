// Back-off: how long to wait after a failed refresh.

import { expect, it } from 'vitest'
import { parseRetryAfterMs } from '../../../src/auth-api/answers/retry-after.ts'
import { backoffMs } from '../../../src/refresh/refresh-time.ts'

const urgent = { retryAfterMs: undefined, slackMs: 0 }

it('doubles the retry delay from a second to a minute, half of it jitter, when the token has expired', () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) => backoffMs(failures, urgent, 1))
  expect(ceilings).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000))
  expect(backoffMs(3, urgent, 0)).toBe(2_000)
})

it.each([
  [60_000, 5_000, 60_000],
  [300_000, 5_000, 150_000],
  [100_000, 5_000, 90_000],
  [8_000, 4_000, 8_000]
])('spreads later retries over the %d ms that the token still lives', (slackMs, least, most) => {
  const leisurely = { retryAfterMs: undefined, slackMs }
  expect(backoffMs(1, leisurely, 1)).toBe(1_000)
  expect(backoffMs(2, leisurely, 0)).toBe(least)
  expect(backoffMs(2, leisurely, 1)).toBe(most)
})

it('obeys Retry-After up to five minutes, with jitter', () => {
  expect(backoffMs(1, { ...urgent, retryAfterMs: 30_000 }, 0)).toBe(30_000)
  expect(backoffMs(1, { ...urgent, retryAfterMs: 30_000 }, 1)).toBe(30_500)
  expect(backoffMs(1, { ...urgent, retryAfterMs: 0 }, 0)).toBe(500)
  expect(backoffMs(1, { ...urgent, retryAfterMs: 86_400_000 }, 0)).toBe(300_000)
})

const now = Date.parse('2026-01-01T00:00:00Z')

it.each([
  ['0', 0],
  ['120', 120_000],
  [' 7 ', 7_000],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['-1', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['soon', undefined],
  ['', undefined],
  ['9'.repeat(40), undefined],
  ['Thu, 99 Jan 2026 00:01:00 GMT', undefined],
  [null, undefined]
])('parses the Retry-After header %j as %j', (value, expected) => {
  expect(parseRetryAfterMs(value, now)).toBe(expected)
})
