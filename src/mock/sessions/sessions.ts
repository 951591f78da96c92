// Sessions and their refresh tokens: rotation, the grace for a benign race, and what a reuse costs (RFC 9700 §4.14.2).

import type { RefreshRefusal } from '../calls/outcomes.ts'
import { randomName } from '../lib/crypto.ts'
import type { IsCurrent } from '../lib/reset-generation.ts'
import { createRefreshTokens } from './refresh-tokens.ts'

/** All that came from one login; RFC 9700 calls its refresh tokens a family. */
export interface Session {
  /** The `sid` claim. */
  readonly id: string
  readonly sub: string
  /** The `auth_time` claim: when the user signed in. */
  readonly startedAtSeconds: number
  /** When it ends, whatever happens. */
  readonly endsAtSeconds: number
  /** When it ends if nothing happens; never after `endsAtSeconds`. */
  readonly aliveUntilSeconds: number
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

/** How a session came to its end. */
type SessionEnd = Extract<RefreshRefusal, 'session_revoked' | 'session_expired' | 'session_idle'>

export interface Sessions {
  /**
   * Begins a family. Those that the presented tokens belong to, if any, end. Where a reset comes in between, nothing
   * begins: what is granted has ended.
   */
  start(sub: string, isCurrent: IsCurrent, presented?: readonly string[]): Promise<Grant>
  redeem(refreshToken: string, idempotencyKey: string | undefined): Promise<Redemption>
  /** The session with this `sid`, as long as it lives; its idle time begins anew. */
  renew(id: string): Session | undefined
  /** Ends the families of these tokens, spent or not, and returns the first. */
  end(refreshTokens: readonly string[]): Promise<Session | undefined>
  /** Did it end by a sign-out, or by the login that came after it? */
  wasLeft(session: Session): boolean
  /** Ends the session with this `sid`. Says whether there is one. */
  endById(id: string): boolean
  /** Puts the end of the session with this `sid` at this moment. Says whether there is one. */
  expireById(id: string): boolean
  endAll(): void
  /** The session with this `sid`, as long as it lives. */
  findLive(id: string): Session | undefined
  /** The session with this `sid`, whether it lives or not. */
  find(id: string): Session | undefined
  /** Why the session with this `sid` cannot be refreshed any more, if so. */
  whyOver(id: string): SessionEnd | undefined
  /** Every session that lives. */
  list(): readonly Session[]
  reset(): void
}

/** A family as it is kept: refresh tokens by their fingerprints, and none of them itself. */
export interface Family extends Session {
  endsAtSeconds: number
  aliveUntilSeconds: number
  /** The one refresh token that may be rotated. */
  current: string
  /** The token that `current` replaced, when, and under which `Idempotency-Key`. */
  predecessor:
    | { fingerprint: string; spentAtMs: number; idempotencyKey: string | undefined }
    | undefined
  readonly issued: string[]
  isRevoked: boolean
}

export interface SessionsDeps {
  readonly sessionSeconds: number
  readonly refreshIdleSeconds: number | undefined
  readonly refreshGraceSeconds: number
  readonly now: () => number
}

export function createSessions(
  rules: SessionsDeps,
  families: Map<string, Family> = new Map(),
  secret?: Uint8Array<ArrayBuffer>,
  onChange: () => void = () => {}
): Sessions {
  const tokens = createRefreshTokens(secret)
  const familyOf = new Map(
    [...families.values()].flatMap((family) => family.issued.map((each) => [each, family] as const))
  )
  const nowSeconds = () => Math.floor(rules.now() / 1000)

  const setCurrent = (family: Family, fingerprint: string) => {
    family.current = fingerprint
    family.issued.push(fingerprint)
    familyOf.set(fingerprint, family)
    beginIdleTime(family)
  }

  const beginIdleTime = (family: Family) => {
    const idleEnd = nowSeconds() + (rules.refreshIdleSeconds ?? rules.sessionSeconds)
    family.aliveUntilSeconds = Math.min(idleEnd, family.endsAtSeconds)
    onChange()
  }

  const forgetLongDead = () => {
    for (const family of families.values()) {
      if (nowSeconds() < family.endsAtSeconds + rules.sessionSeconds) return
      families.delete(family.id)
      for (const fingerprint of family.issued) familyOf.delete(fingerprint)
    }
  }

  const isWithinGrace = (spentAtMs: number) => {
    const elapsedMs = rules.now() - spentAtMs
    // A clock that was put back says nothing about how long ago it was.
    return elapsedMs >= 0 && elapsedMs < rules.refreshGraceSeconds * 1000
  }
  const endOf = (family: Family): SessionEnd | undefined => {
    if (family.isRevoked) return 'session_revoked'
    if (nowSeconds() >= family.endsAtSeconds) return 'session_expired'
    return nowSeconds() >= family.aliveUntilSeconds ? 'session_idle' : undefined
  }
  const isAlive = (family: Family) => endOf(family) === undefined
  const findLive = (id: string): Family | undefined => {
    const family = families.get(id)
    return family !== undefined && isAlive(family) ? family : undefined
  }

  const left = new WeakSet<Session>()
  const leave = async (refreshTokens: readonly string[]): Promise<Session | undefined> => {
    const read = await Promise.all(refreshTokens.map(tokens.read))
    const ended = read.flatMap(({ fingerprint }) => familyOf.get(fingerprint) ?? [])
    for (const family of ended) {
      family.isRevoked = true
      left.add(family)
    }
    if (ended.length > 0) onChange()
    return ended[0]
  }

  return {
    async start(sub, isCurrent, presented = []) {
      const first = await tokens.create()
      // A cookie that somebody else planted must not survive the login (session fixation).
      await leave(presented)
      forgetLongDead()
      const endsAtSeconds = nowSeconds() + rules.sessionSeconds
      const family: Family = {
        id: randomName(),
        sub,
        startedAtSeconds: nowSeconds(),
        endsAtSeconds,
        aliveUntilSeconds: endsAtSeconds,
        current: '',
        predecessor: undefined,
        issued: [],
        isRevoked: false
      }
      if (isCurrent()) {
        families.set(family.id, family)
        setCurrent(family, first.fingerprint)
      }
      return { session: family, refreshToken: first.token }
    },

    async redeem(refreshToken, idempotencyKey) {
      const { fingerprint, successor } = await tokens.read(refreshToken)
      // No `await` may stand below: between looking at `current` and replacing it nobody else may look.
      //
      //   t0  tab A presents R1   → R2 is issued, R1 becomes the predecessor
      //   t0  tab B presents R1   → the predecessor, still in grace: R2 again, nothing is issued
      //   t1  A presents R2       → R3; from now on R1 is a grandparent, and whoever still has it did not lose a race
      const family = familyOf.get(fingerprint)
      if (family === undefined) return { kind: 'refused', reason: 'unknown_session' }
      const session = family
      const end = endOf(family)
      if (end !== undefined) return { kind: 'refused', reason: end, session }
      if (fingerprint === family.current) {
        family.predecessor = { fingerprint, spentAtMs: rules.now(), idempotencyKey }
        setCurrent(family, successor.fingerprint)
        return { kind: 'rotated', session, refreshToken: successor.token }
      }
      const { predecessor } = family
      if (predecessor?.fingerprint === fingerprint) {
        const isSameAttempt =
          idempotencyKey !== undefined && idempotencyKey === predecessor.idempotencyKey
        if (isSameAttempt || isWithinGrace(predecessor.spentAtMs)) {
          return { kind: 'replayed', session, refreshToken: successor.token }
        }
      }
      family.isRevoked = true
      onChange()
      return { kind: 'refused', reason: 'refresh_reused', session }
    },

    renew(id) {
      const family = findLive(id)
      if (family !== undefined) beginIdleTime(family)
      return family
    },

    end: leave,
    wasLeft: (session) => left.has(session),

    endById(id) {
      const family = families.get(id)
      if (family === undefined) return false
      family.isRevoked = true
      onChange()
      return true
    },

    expireById(id) {
      const family = families.get(id)
      if (family === undefined) return false
      family.endsAtSeconds = Math.min(family.endsAtSeconds, nowSeconds())
      family.aliveUntilSeconds = Math.min(family.aliveUntilSeconds, nowSeconds())
      onChange()
      return true
    },

    endAll() {
      for (const family of families.values()) family.isRevoked = true
      onChange()
    },

    findLive,
    find: (id) => families.get(id),

    whyOver(id) {
      const family = families.get(id)
      return family === undefined ? undefined : endOf(family)
    },

    list: () => [...families.values()].filter(isAlive),

    reset() {
      families.clear()
      familyOf.clear()
      onChange()
    }
  }
}
