// Key controls: rotate, publish, activate, retire and register keys, or replace all of them.

import { ownAlgorithms } from '../keys/algorithms.ts'
import type { KeyChangeOptions, MockKeyChange } from '../keys/audit-log.ts'
import type { MockIssuer, MockKey } from '../keys/given-key.ts'
import { importedKey, type MockKeyStatus, type NewKey } from '../keys/key.ts'
import type { KeyRegistry } from '../keys/registry.ts'
import { callback, methodOptions, oneOf, text } from '../lib/checks.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { ResetGeneration } from '../lib/reset-generation.ts'
import { readIssuer, readKey, refuseOwnIssuer } from '../options/keys.ts'

/** Options of `registerKey`. */
export interface Registration extends KeyChangeOptions {
  /** Status of the new key. Default `verifying`. */
  readonly as?: MockKeyStatus['status']
}

/** The result of `emergencyRotate`. */
export interface EmergencyRotation {
  /** The key that signed before. It is now retired. */
  readonly previousKid: string
  /** The new signing key. */
  readonly kid: string
  /** The retired keys: all others. Their tokens are refused. */
  readonly retiredKids: readonly string[]
  /** The number of sessions that were ended. */
  readonly endedSessions: number
}

export interface KeyControls {
  /**
   * Creates a new key, which signs from now on. Tokens of the earlier keys stay valid; the response
   * to a request with such a token carries a re-issued token in a header.
   *
   * @example
   * const { previousKid } = server.rotateKey()
   * // Tokens of both keys are valid, until the old key goes:
   * server.retireKey(previousKid)
   *
   * @throws MockAuthServerError `key_exists` if the `kid` has ever been used
   */
  rotateKey(change?: NewKey): { previousKid: string; kid: string }

  /**
   * Creates a key that is in the JWK Set and verifies but does not sign. It is the first step of a
   * rotation if other servers cache the JWK Set. Call `activateKey` when all of them have fetched
   * the new one (`jwksMaxAgeSeconds`).
   * @throws MockAuthServerError `key_exists` if the `kid` has ever been used
   */
  publishKey(change?: NewKey): { kid: string }

  /**
   * Lets an existing key sign. Call it with `previousKid` to revert a rotation.
   * @throws MockAuthServerError `unknown_key` if the key does not exist, `cannot_sign` if it has no
   *   private half
   */
  activateKey(kid: string, change?: KeyChangeOptions): { previousKid: string; kid: string }

  /**
   * Removes a key, or without a `kid` every verifying key; published keys then stay. Tokens of
   * the removed keys are refused.
   * @returns the `kid`s of the removed keys
   * @throws MockAuthServerError `signing_key` if the key signs, `unknown_key` if it does not exist
   */
  retireKey(kid?: string, change?: KeyChangeOptions): readonly string[]

  /**
   * Adds a key from another source at run time, such as a key management service. Errors of
   * `provide` are passed on.
   *
   * @example
   * await server.registerKey(() => loadKeyFromVault(), { as: 'signing', by: 'nightly job' })
   *
   * @throws TypeError for a key with the wrong shape or strength; MockAuthServerError `key_exists`,
   *   `cannot_sign` or `unusable_key`, or `too_late` if the server is reset before the key arrives
   */
  registerKey(
    provide: () => MockKey | Promise<MockKey>,
    registration?: Registration
  ): Promise<{ kid: string }>

  /**
   * Accepts access tokens of an external issuer. A second call replaces its keys; an empty JWK Set
   * removes them.
   * @throws TypeError for an issuer with the wrong shape; MockAuthServerError `key_exists` if a
   *   `kid` already names a different key, including one of this issuer
   */
  trustIssuer(issuer: MockIssuer, change?: KeyChangeOptions): void

  /**
   * Responds to a leaked key: creates a new signing key, retires all other keys of the server and
   * ends every session. All users have to sign in again, and old tokens are not re-issued.
   * @throws MockAuthServerError `key_exists` if the `kid` has ever been used
   */
  emergencyRotate(change?: NewKey): EmergencyRotation

  /**
   * Generates or imports every key that has not been needed yet, those of external issuers
   * included. Calling it is optional. It makes the first login faster, and reports at once if the
   * platform lacks an algorithm.
   * @throws MockAuthServerError `unusable_key`
   */
  ready(): Promise<void>

  /** The server's own keys; the signing key comes first. */
  readonly keys: readonly MockKeyStatus[]

  /**
   * Every change of keys since the start, with time, author and reason. Each change creates a new
   * array of frozen entries.
   */
  readonly keyAudit: readonly MockKeyChange[]
}

interface KeyControlsDeps {
  readonly registry: KeyRegistry
  readonly generation: ResetGeneration
  /** Ends every session, for an emergency rotation. Returns how many were active. */
  readonly endEverySession: () => number
}

export function createKeyControls({
  registry,
  generation,
  endEverySession
}: KeyControlsDeps): Omit<KeyControls, 'keys' | 'keyAudit'> {
  const { ring, issuers, ownIssuer } = registry

  return {
    rotateKey: (change = {}) => ring.rotate(readNewKey('rotateKey', change)),
    publishKey: (change = {}) => ring.publish(readNewKey('publishKey', change)),
    activateKey: (kid, change = {}) => ring.activate(kid, readChange('activateKey', change)),
    retireKey: (kid, change = {}) => ring.retire(kid, readChange('retireKey', change)),

    async registerKey(provide, registration = {}) {
      const caller = 'registerKey'
      callback('provide', provide, caller)
      const names = ['as', 'by', 'reason'] as const
      const { as = 'verifying', ...given } = methodOptions<Registration>(
        caller,
        registration,
        names
      )
      const change = readChange(caller, given)
      const status = oneOf('as', as, ['signing', 'verifying', 'published'], caller)
      const isCurrent = generation.begin()
      const key = importedKey(readKey('key', await provide(), caller))
      await key.material()
      if (!isCurrent()) {
        const message = `registerKey(): the server was reset before key ${key.kid} was provided.`
        throw new MockAuthServerError('too_late', message)
      }
      ring.register(key, status, change)
      return { kid: key.kid }
    },

    trustIssuer(issuer, change = {}) {
      const caller = 'trustIssuer'
      const trusted = readIssuer('issuer', issuer, caller)
      refuseOwnIssuer('issuer', trusted, ownIssuer, caller)
      issuers.trust(trusted, readChange(caller, change))
    },

    emergencyRotate(change = {}) {
      let endedSessions = 0
      const rotation = ring.replaceAll(readNewKey('emergencyRotate', change), () => {
        endedSessions = endEverySession()
      })
      return { ...rotation, endedSessions }
    },

    async ready() {
      await Promise.all([...ring.all(), ...issuers.list()].map((key) => key.material()))
    }
  }
}

function readNewKey(caller: string, change: NewKey): NewKey {
  const own = readChange(caller, change, ['alg', 'kid'])
  if (own.alg !== undefined) oneOf('alg', own.alg, ownAlgorithms, caller)
  if (own.kid !== undefined) text('kid', own.kid, caller)
  return own
}

function readChange(
  caller: string,
  change: KeyChangeOptions,
  more: readonly ('alg' | 'kid')[] = []
): NewKey {
  const own = methodOptions<NewKey>(caller, change, [...more, 'by', 'reason'])
  if (own.by !== undefined) text('by', own.by, caller)
  if (own.reason !== undefined) text('reason', own.reason, caller)
  return own
}
