// The options that are about sessions: how long they last, what is forgiven, and how access tokens are called back.
import { describe, invalid, isRecord, oneOf, seconds } from '../lib/checks.ts'
import type { MockStorage } from '../sessions/stored-state.ts'

/** What a refresh shows to get a new access token. */
export type RefreshWith = 'cookie' | 'access-token' | 'refresh-token'

export interface MockSessionOptions {
  /**
   * How a session is refreshed. Default `cookie`: an HttpOnly cookie with a refresh token that rotates.
   *
   * - `access-token`: `Authorization: Bearer` with an access token that is still good gets one that lasts longer. There is
   *   no refresh token: nothing rotates, a sign-out ends the session only if it shows its access token as well, and a
   *   stolen token is good until the session ends.
   * - `refresh-token`: the refresh token is in the body of each answer, and comes back in the form of OAuth 2
   *   (`grant_type=refresh_token`, RFC 6749 §6); refusals are 400. A sign-out shows it as JSON, `{ "refresh_token": … }`.
   */
  readonly refreshWith?: RefreshWith
  /**
   * Lifetime of a session from its login, in whole seconds, 1 to 31 536 000. Default 604 800 (7 days).
   * Nothing extends it: the refresh cookie's `Max-Age` is at most what is left.
   */
  readonly sessionSeconds?: number
  /**
   * How long a session lives without a refresh, in whole seconds, 1 to 31 536 000. Default: as long as `sessionSeconds`
   * says. Only a refresh begins this time anew, in whichever way it comes; no access token outlives it.
   */
  readonly refreshIdleSeconds?: number
  /**
   * How long a refresh token that was just rotated still gets the same successor, in whole seconds, 0 to 86 400.
   * Default 10. With 0 every second use counts as reuse (RFC 9700 §4.14.2), but for a repeated `Idempotency-Key`.
   */
  readonly refreshGraceSeconds?: number
  /**
   * How an access token is called back before it expires. Default `immediate`: every call looks up the token, the
   * session and the user's token version. With `short-lived` nothing is looked up: the signature and the claims count,
   * a sign-out reaches the refresh token alone, and access tokens last 900 seconds at most.
   */
  readonly revocation?: 'immediate' | 'short-lived'
  /**
   * Where a mock in a page keeps its sessions, so that a reload leaves the user signed in: `sessionStorage`, or anything
   * with its three methods. Kept are refresh tokens as hashes, the secret that their successors follow from, token
   * versions, and which of the given `keys` were retired; never a token, a key or a password. All else about keys, revoked
   * access tokens and the journal begin anew with each page: access tokens of before are refused (with `short-lived` only
   * those of keys that the server makes itself or that were retired), and a refresh helps. What cannot be read is a
   * warning, and the server starts afresh. For one page at a time. Default: nothing is kept.
   */
  readonly persist?: MockStorage
}

/** The options about sessions, after validation. */
export interface SessionSettings {
  readonly refreshWith: RefreshWith
  readonly sessionSeconds: number
  readonly refreshIdleSeconds: number | undefined
  readonly refreshGraceSeconds: number
  readonly revocation: 'immediate' | 'short-lived'
  readonly persist: MockStorage | undefined
}

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
    const expectation = `at most ${shortLivedSeconds} where revocation is 'short-lived'`
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
  const expectation = 'an object with getItem, setItem and removeItem, such as sessionStorage'
  throw invalid('persist', expectation, describe(storage))
}
