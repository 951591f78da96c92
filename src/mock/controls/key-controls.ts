// The levers of the key registry: rotation in one step or in several, registration, retirement, the emergency.

import { ownAlgorithms } from '../keys/algorithms.ts'
import type { KeyChangeOptions, MockKeyChange } from '../keys/audit-log.ts'
import type { MockIssuer, MockKey } from '../keys/given-key.ts'
import { importedKey } from '../keys/key.ts'
import type { MockKeyStatus, NewKey } from '../keys/key-ring.ts'
import type { KeyRegistry } from '../keys/registry.ts'
import { callback, methodOptions, oneOf, text } from '../lib/checks.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { ResetGeneration } from '../lib/reset-generation.ts'
import { readIssuer, readKey, refuseOwnIssuer } from '../options/keys.ts'

/** How a key that comes at run time takes part. */
export interface Registration extends KeyChangeOptions {
  /** Default `verifying`. */
  readonly as?: MockKeyStatus['status']
}

/** What an emergency rotation did. */
export interface EmergencyRotation {
  readonly previousKid: string
  /** The key that signs from now on. */
  readonly kid: string
  /** Every other key; their tokens are refused. */
  readonly retiredKids: readonly string[]
  /** How many sessions ended. */
  readonly endedSessions: number
}

export interface KeyControls {
  /**
   * Lets a new key sign. Tokens of the earlier ones stay valid, and a request that carries one is answered with a
   * re-issued token in a header.
   * @throws MockAuthServerError `key_exists` for a `kid` that was ever used
   */
  rotateKey(change?: NewKey): { previousKid: string; kid: string }

  /**
   * Makes a key that stands in the JWK Set and verifies, but does not sign: the first step of a rotation where others
   * keep the JWK Set for a while. `activateKey` is the second, once they have all fetched it (`jwksMaxAgeSeconds`).
   * @throws MockAuthServerError `key_exists` for a `kid` that was ever used
   */
  publishKey(change?: NewKey): { kid: string }

  /**
   * Lets a key sign that is there already; also the way back from a rotation.
   * @throws MockAuthServerError `unknown_key` for one that is not there, `cannot_sign` for one without a private half
   */
  activateKey(kid: string, change?: KeyChangeOptions): { previousKid: string; kid: string }

  /**
   * Removes a key, or every one that only verifies; its tokens are refused from now on.
   * @returns the `kid`s of the removed keys
   * @throws MockAuthServerError `signing_key` for the key that signs, `unknown_key` for one that is not there
   */
  retireKey(kid?: string, change?: KeyChangeOptions): readonly string[]

  /**
   * Adds a key that comes from elsewhere at run time, such as a key management service, without a restart. What the
   * function throws goes through.
   * @throws TypeError for a key of a wrong shape or strength, MockAuthServerError `key_exists`, `cannot_sign`,
   *   `unusable_key`; `too_late` where the server was reset meanwhile
   */
  registerKey(
    provide: () => MockKey | Promise<MockKey>,
    registration?: Registration
  ): Promise<{ kid: string }>

  /**
   * Accepts access tokens of an external issuer, or replaces what it had before: an empty JWK Set takes its keys away.
   * @throws TypeError for an issuer of a wrong shape, MockAuthServerError `key_exists` for a `kid` that names another key
   *   already, be it this issuer's
   */
  trustIssuer(issuer: MockIssuer, change?: KeyChangeOptions): void

  /**
   * Answers a leaked key: a new key signs, every other one of the server's own is retired, and every session ends, so that all users have to
   * sign in again. Nothing is re-issued for tokens of the old keys.
   * @throws MockAuthServerError `key_exists` for a `kid` that was ever used
   */
  emergencyRotate(change?: NewKey): EmergencyRotation

  /**
   * Makes or reads every key that was not needed yet, the issuers' included. Never required: it moves the time this takes away from the first
   * login, and a platform without the algorithm shows at once.
   * @throws MockAuthServerError `unusable_key`
   */
  ready(): Promise<void>

  /** The server's own keys, the signing one first. */
  readonly keys: readonly MockKeyStatus[]

  /** What was done to keys since the start, when, by whom and why: a new array of frozen entries after each change. */
  readonly keyAudit: readonly MockKeyChange[]
}

/** The methods; `endEverySession` is what an emergency costs besides keys, and says how many there were. */
export function createKeyControls(
  { ring, issuers, ownIssuer }: KeyRegistry,
  epoch: ResetGeneration,
  endEverySession: () => number
): Omit<KeyControls, 'keys' | 'keyAudit'> {
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
      const isCurrent = epoch.begin()
      const key = importedKey(readKey('key', await provide(), caller))
      await key.material()
      if (!isCurrent()) {
        const message = `Key ${key.kid} came after a reset of the server that it was for.`
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
      const own = ring.list().flatMap(({ kid }) => ring.find(kid) ?? [])
      await Promise.all([...own, ...issuers.list()].map((key) => key.material()))
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
