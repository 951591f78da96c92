// Issued tokens: which ones are forgotten once there are ten thousand.
import { expect, it } from 'vitest'
import { createIssuedTokens } from '../../../src/mock/tokens/access-tokens.ts'

const issued = (jti: string, expSeconds: number) => ({ jti, sid: 'session', expSeconds })

it('forgets the oldest expired tokens, and no others, beyond ten thousand', () => {
  const issuedTokens = createIssuedTokens(0)
  issuedTokens.record(issued('far', 1_000_000), 0)
  for (let index = 0; index < 9_999; index += 1) issuedTokens.record(issued(`old-${index}`, 300), 0)
  expect(issuedTokens.isRevoked('old-0')).toBe(false)

  // The oldest token still counts. It moves to the end, and does not protect the others.
  issuedTokens.record(issued('new-0', 700), 400)
  issuedTokens.record(issued('new-1', 700), 400)
  expect(['far', 'old-0', 'old-1', 'old-2', 'new-0'].map(issuedTokens.isRevoked)).toEqual([
    false,
    true,
    true,
    false,
    false
  ])
})

it('forgets no token that still counts, even beyond ten thousand', () => {
  const issuedTokens = createIssuedTokens(0)
  for (let index = 0; index < 10_100; index += 1)
    issuedTokens.record(issued(`live-${index}`, 300), 0)
  expect(issuedTokens.isRevoked('live-0')).toBe(false)
})
