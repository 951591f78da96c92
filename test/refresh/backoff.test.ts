// How long to wait after a failure.
import { expect, it } from 'vitest'
import { backoffMs, parseRetryAfterMs } from '../../src/refresh/backoff.ts'

it('doubles from a second to a minute, with half of it jitter', () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) =>
    backoffMs(failures, undefined, 1)
  )
  expect(ceilings).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1000))
  expect(backoffMs(3, undefined, 0)).toBe(2_000)
})

it('waits as long as the server asks, up to five minutes', () => {
  expect(backoffMs(1, 30_000, 0)).toBe(30_000)
  expect(backoffMs(1, 0, 0)).toBe(500)
  expect(backoffMs(1, 86_400_000, 0)).toBe(300_000)
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
])('reads Retry-After %j as %j', (value, expected) => {
  expect(parseRetryAfterMs(value, now)).toBe(expected)
})
