// Session options: lifetimes, refresh, grace period, revocation and persistence.
import { describe, invalid, isRecord, oneOf, seconds } from '../lib/checks.ts'
import type { OptionTable, SettingsOf } from '../lib/option-table.ts'
import type { MockStorage } from '../sessions/persistence.ts'

export interface MockSessionOptions {
  /**
   * Lifetime of a session from its login, in whole seconds from 1 to 31 536 000. A refresh does not
   * extend it: the `Max-Age` of the refresh cookie is at most the rest of it.
   * Default 604 800 (7 days).
   */
  readonly sessionSeconds?: number
  /**
   * Lifetime of a session without a refresh, in whole seconds from 1 to 31 536 000. Only a refresh
   * restarts it. No access token outlives it. Default: the value of `sessionSeconds`.
   */
  readonly refreshIdleSeconds?: number
  /**
   * Grace period for a refresh token that was just rotated, in whole seconds from 0 to 86 400.
   * During this period the token returns the same successor again. With 0 a second use counts as
   * reuse (RFC 9700 §4.14.2), unless it repeats the `Idempotency-Key`. Default 10.
   */
  readonly refreshGraceSeconds?: number
  /**
   * How access tokens are revoked before they expire:
   *
   * - `immediate`: every call looks up the token, its session and the user's token version
   * - `short-lived`: a call checks only signature and claims. A logout revokes only the refresh
   *   token. `accessTokenSeconds` is limited to 900.
   *
   * Default `immediate`.
   */
  readonly revocation?: 'immediate' | 'short-lived'
  /**
   * Storage that keeps the sessions of a mock in a page, so that a reload leaves the user signed
   * in. Use `sessionStorage`, or an object with its three methods, for one page at a time.
   *
   * The storage receives hashes of refresh tokens, the secret that derives their successors, token
   * versions, and the `kid`s of retired `keys`. It never receives a token, a key or a password.
   *
   * All other changes to keys, revoked access tokens and the call log start afresh in each page.
   * The server therefore refuses access tokens of the previous page, and the client refreshes. With
   * `short-lived` it refuses only tokens of generated and of retired keys.
   *
   * If the stored state cannot be read, the server warns and starts without sessions. Default:
   * nothing is stored.
   */
  readonly persist?: MockStorage
}

export type SessionSettings = SettingsOf<
  MockSessionOptions,
  {
    readonly refreshIdleSeconds: number | undefined
    readonly persist: MockStorage | undefined
  }
>

/** A logout takes this long, at most, to reach an access token that is not looked up. */
const shortLivedSeconds = 900

export const sessionOptions: OptionTable<SessionSettings> = {
  sessionSeconds: (name, value = 604_800) => seconds(name, value, 1),
  refreshIdleSeconds: (name, value) => (value === undefined ? undefined : seconds(name, value, 1)),
  refreshGraceSeconds: (name, value = 10) => seconds(name, value, 0, 86_400),
  revocation: (name, value = 'immediate') => oneOf(name, value, ['immediate', 'short-lived']),
  persist: (name, value) => (value === undefined ? undefined : readStorage(name, value))
}

/** @throws TypeError if access tokens last too long, or are revoked too early, for no look-up */
export function checkRevocation(
  { revocation }: SessionSettings,
  accessTokenSeconds: number,
  invalidatesPrevious: boolean
): void {
  if (revocation === 'immediate') return
  if (invalidatesPrevious) {
    const reason = 'because contract.refresh.invalidatesPrevious is true'
    throw invalid('revocation', `'immediate', ${reason}`, describe(revocation))
  }
  if (accessTokenSeconds <= shortLivedSeconds) return
  const expectation = `at most ${shortLivedSeconds} if revocation is 'short-lived'`
  throw invalid('accessTokenSeconds', expectation, String(accessTokenSeconds))
}

function readStorage(name: string, storage: unknown): MockStorage {
  const methods = ['getItem', 'setItem', 'removeItem']
  const isStorage =
    isRecord(storage) && methods.every((method) => typeof storage[method] === 'function')
  if (isStorage) return storage as unknown as MockStorage
  const expectation = 'an object with getItem, setItem and removeItem, such as sessionStorage'
  throw invalid(name, expectation, describe(storage))
}
