// Reads the options that are about sessions.
import { describe, invalid, isRecord, oneOf, seconds } from '../lib/checks.ts'
import type { MockStorage } from '../persistence.ts'
import type { MockSessionOptions, SessionSettings } from './session-options.ts'

const aDaySeconds = 86_400
/** A quarter of an hour: longer than that nobody should have to wait for a sign-out to count. */
const shortLivedSeconds = 900

export const sessionOptionNames: readonly (keyof MockSessionOptions)[] = [
  'refreshWith',
  'sessionSeconds',
  'refreshIdleSeconds',
  'refreshGraceSeconds',
  'revocation',
  'persist'
]

export function readSessionSettings(
  options: MockSessionOptions,
  accessTokenSeconds: number
): SessionSettings {
  const { refreshIdleSeconds: idle, refreshGraceSeconds: grace = 10 } = options
  const revocation = oneOf('revocation', options.revocation ?? 'immediate', [
    'immediate',
    'short-lived'
  ])
  if (revocation === 'short-lived' && accessTokenSeconds > shortLivedSeconds) {
    const expectation = `be at most ${shortLivedSeconds} where revocation is 'short-lived'`
    throw invalid('accessTokenSeconds', expectation, String(accessTokenSeconds))
  }
  return {
    refreshWith: oneOf('refreshWith', options.refreshWith ?? 'cookie', [
      'cookie',
      'access-token',
      'refresh-token'
    ]),
    sessionSeconds: seconds('sessionSeconds', options.sessionSeconds ?? 604_800, 1),
    refreshIdleSeconds: idle === undefined ? undefined : seconds('refreshIdleSeconds', idle, 1),
    refreshGraceSeconds: seconds('refreshGraceSeconds', grace, 0, aDaySeconds),
    revocation,
    persist: readStorage(options.persist)
  }
}

function readStorage(storage: unknown): MockStorage | undefined {
  if (storage === undefined) return undefined
  const methods = ['getItem', 'setItem', 'removeItem']
  const isStorage =
    isRecord(storage) && methods.every((name) => typeof storage[name] === 'function')
  if (isStorage) return storage as unknown as MockStorage
  const expectation = 'be an object with getItem, setItem and removeItem, such as sessionStorage'
  throw invalid('persist', expectation, describe(storage))
}
