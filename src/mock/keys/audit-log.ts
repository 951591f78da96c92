// Audit log of keys: records each change with its time, author and reason, and never a key itself.
import type { VerifyAlgorithm } from './algorithms.ts'

/** Author and reason of a change. The audit log records both as they are given. */
export interface KeyChangeOptions {
  /** Author, such as `ops@example.com` or `nightly job`. Default `unknown`. */
  readonly by?: string
  /** Reason, such as `leaked in a public repository`. */
  readonly reason?: string
}

/**
 * A change of a key:
 *
 * - `created`: the key exists since the start of the server
 * - `rotated`: the key was generated and signs; `previousKid` still verifies
 * - `published`: the key was generated and is in the JWK Set, but does not sign yet
 * - `registered`: the key was provided at run time
 * - `activated`: the key existed before and now signs; `previousKid` still verifies
 * - `retired`: the key was removed, and its tokens are refused
 * - `emergency`: the key was generated and signs; all other own keys were retired and all sessions
 *   ended
 * - `trusted`: the key of an external issuer was added, and its tokens are accepted
 * - `distrusted`: the key of an external issuer was removed
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

/** An entry of the audit log. */
export interface MockKeyChange {
  /** Time of the change by the server's clock, in milliseconds since the epoch. */
  readonly atMs: number
  readonly action: MockKeyAction
  readonly kid: string
  readonly alg: VerifyAlgorithm
  /** The key that signed before. */
  readonly previousKid?: string
  /** The keys that the change retired. */
  readonly retiredKids?: readonly string[]
  /** The external issuer of the key. Absent for the server's own keys. */
  readonly issuer?: string
  readonly by: string
  readonly reason?: string
}

export interface KeyAudit {
  record(change: Omit<MockKeyChange, 'atMs' | 'by' | 'reason'>, options: KeyChangeOptions): void
  entries(): readonly MockKeyChange[]
  reset(): void
}

export function createKeyAudit(
  now: () => number,
  onRecord: (change: MockKeyChange) => void
): KeyAudit {
  let entries: readonly MockKeyChange[] = Object.freeze([])

  return {
    record(change, options) {
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
      // The list is frozen too: a reader of the log cannot empty it.
      entries = Object.freeze([...entries, entry])
      onRecord(entry)
    },
    entries: () => entries,
    reset() {
      entries = Object.freeze([])
    }
  }
}
