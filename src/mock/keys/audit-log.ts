// The audit log of keys: what was done to which key, when, by whom and why; never the key itself.
import type { VerifyAlgorithm } from './algorithms.ts'

/** Who does something to a key, and why; both stand in the audit log as they are given. */
export interface KeyChangeOptions {
  /** Who did it, as in `ops@example.com` or `nightly job`. Default `unknown`. */
  readonly by?: string
  /** Why, as in `leaked in a public repository`. */
  readonly reason?: string
}

/**
 * What was done.
 *
 * - `created`: it was there from the start
 * - `rotated`: it was made and signs from now on; `previousKid` still verifies
 * - `published`: it was made and is in the JWK Set, but does not sign yet
 * - `registered`: it came at run time from outside
 * - `activated`: it was there and signs from now on; `previousKid` still verifies
 * - `retired`: it is gone, and tokens that it signed are refused
 * - `emergency`: it was made and signs from now on; every other key of the server's own is gone, and every
 *   session ended
 * - `trusted`: it belongs to an external issuer, whose tokens are accepted from now on
 * - `distrusted`: it belonged to an external issuer, and is gone
 */
export type MockKeyAction =
  | 'created'
  | 'rotated'
  | 'published'
  | 'registered'
  | 'activated'
  | 'retired'
  | 'emergency'
  | 'trusted'
  | 'distrusted'

/** One entry of the audit log. */
export interface MockKeyChange {
  /** In milliseconds since the epoch, by the server's clock. */
  readonly atMs: number
  readonly action: MockKeyAction
  readonly kid: string
  readonly alg: VerifyAlgorithm
  /** The key that signed until now. */
  readonly previousKid?: string
  /** The keys that are gone since. */
  readonly retiredKids?: readonly string[]
  /** Whose key it is, where it is not the server's own. */
  readonly issuer?: string
  readonly by: string
  readonly reason?: string
}

export interface KeyAudit {
  note(change: Omit<MockKeyChange, 'atMs' | 'by' | 'reason'>, options: KeyChangeOptions): void
  entries(): readonly MockKeyChange[]
  reset(): void
}

export function createKeyAudit(now: () => number, tell: (change: MockKeyChange) => void): KeyAudit {
  let entries: readonly MockKeyChange[] = Object.freeze([])
  return {
    note(change, options) {
      const { by = 'unknown', reason }: KeyChangeOptions = Object.assign(
        Object.create(null),
        options
      )
      const entry = Object.freeze({
        atMs: now(),
        ...change,
        by,
        ...(reason === undefined ? {} : { reason })
      })
      // Frozen as a whole: whoever may read a log must not be able to empty it.
      entries = Object.freeze([...entries, entry])
      tell(entry)
    },
    entries: () => entries,
    reset() {
      entries = Object.freeze([])
    }
  }
}
