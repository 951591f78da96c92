// Sessions and their refresh tokens: rotation, the grace for a benign race, and what a reuse costs (RFC 9700 §4.14.2).
import type { RefreshRefusal } from './outcomes.ts'
import { randomText } from './random.ts'

/** All that came from one login; RFC 9700 calls its refresh tokens a family. */
export interface Session {
  /** The `sid` claim. */
  readonly id: string
  readonly sub: string
  readonly endsAtSeconds: number
}

/** A session together with the refresh token that is to be set. */
export interface Grant {
  readonly session: Session
  readonly refreshToken: string
}

export type Redemption =
  | ({ readonly kind: 'rotated' | 'replayed' } & Grant)
  | {
      readonly kind: 'refused'
      readonly reason: Exclude<RefreshRefusal, 'no_cookie'>
      readonly session?: Session
    }

export interface Sessions {
  /** Begins a family. The one that the presented token belongs to, if any, ends. */
  start(sub: string, presented: string | undefined): Grant
  redeem(refreshToken: string, idempotencyKey: string | undefined): Redemption
  /** Ends the family of this token, spent or not. */
  end(refreshToken: string): Session | undefined
  endAll(): void
  /** The session with this `sid`, as long as it lives. */
  findLive(id: string): Session | undefined
  reset(): void
}

interface Family extends Session {
  /** The one refresh token that may be rotated. */
  current: string
  /** The token that `current` replaced, when, and under which `Idempotency-Key`. */
  predecessor: { token: string; spentAtMs: number; idempotencyKey: string | undefined } | undefined
  readonly issued: string[]
  isRevoked: boolean
}

export interface SessionRules {
  readonly sessionSeconds: number
  readonly refreshGraceSeconds: number
  readonly now: () => number
}

export function createSessions(rules: SessionRules): Sessions {
  const families = new Map<string, Family>()
  const familyOf = new Map<string, Family>()
  const nowSeconds = () => Math.floor(rules.now() / 1000)

  const issue = (family: Family): string => {
    const token = `rt_${randomText(32)}`
    family.current = token
    family.issued.push(token)
    familyOf.set(token, family)
    return token
  }

  const forgetLongDead = () => {
    for (const family of families.values()) {
      if (nowSeconds() < family.endsAtSeconds + rules.sessionSeconds) return
      families.delete(family.id)
      for (const token of family.issued) familyOf.delete(token)
    }
  }

  const isWithinGrace = (spentAtMs: number) =>
    rules.now() - spentAtMs < rules.refreshGraceSeconds * 1000

  return {
    start(sub, presented) {
      forgetLongDead()
      // A cookie that somebody else planted must not survive the login (session fixation).
      const old = presented === undefined ? undefined : familyOf.get(presented)
      if (old !== undefined) old.isRevoked = true
      const family: Family = {
        id: randomText(12),
        sub,
        endsAtSeconds: nowSeconds() + rules.sessionSeconds,
        current: '',
        predecessor: undefined,
        issued: [],
        isRevoked: false
      }
      families.set(family.id, family)
      return { session: family, refreshToken: issue(family) }
    },

    // No `await` may stand in here: between looking at `current` and replacing it nobody else may look.
    //
    //   t0  tab A presents R1   → R2 is issued, R1 becomes the predecessor
    //   t0  tab B presents R1   → the predecessor, still in grace: R2 again, nothing is issued
    //   t1  A presents R2       → R3; from now on R1 is a grandparent, and whoever still has it did not lose a race
    redeem(refreshToken, idempotencyKey) {
      const family = familyOf.get(refreshToken)
      if (family === undefined) return { kind: 'refused', reason: 'unknown_session' }
      const session = family
      if (family.isRevoked) return { kind: 'refused', reason: 'session_revoked', session }
      if (nowSeconds() >= family.endsAtSeconds) {
        return { kind: 'refused', reason: 'session_expired', session }
      }
      if (refreshToken === family.current) {
        family.predecessor = { token: refreshToken, spentAtMs: rules.now(), idempotencyKey }
        return { kind: 'rotated', session, refreshToken: issue(family) }
      }
      const { predecessor } = family
      if (predecessor?.token === refreshToken) {
        const isSameAttempt =
          idempotencyKey !== undefined && idempotencyKey === predecessor.idempotencyKey
        if (isSameAttempt || isWithinGrace(predecessor.spentAtMs)) {
          return { kind: 'replayed', session, refreshToken: family.current }
        }
      }
      family.isRevoked = true
      return { kind: 'refused', reason: 'refresh_reused', session }
    },

    end(refreshToken) {
      const family = familyOf.get(refreshToken)
      if (family !== undefined) family.isRevoked = true
      return family
    },

    endAll() {
      for (const family of families.values()) family.isRevoked = true
    },

    findLive(id) {
      const family = families.get(id)
      if (family === undefined || family.isRevoked) return undefined
      return nowSeconds() < family.endsAtSeconds ? family : undefined
    },

    reset() {
      families.clear()
      familyOf.clear()
    }
  }
}
