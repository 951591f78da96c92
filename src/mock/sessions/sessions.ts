// Sessions: refresh token rotation, the grace period for a benign race, and reuse detection (RFC
// 9700 §4.14.2).

import { randomName } from '../lib/crypto.ts'
import type { IsCurrent } from '../lib/reset-generation.ts'
import { createRefreshTokens } from './refresh-token-values.ts'
import type { Family, Grant, Redemption, Session, SessionEnd } from './session.ts'

export interface Sessions {
  /**
   * Starts a session, and ends the sessions of the presented refresh tokens. If the server is reset
   * in the meantime, the session does not start: its tokens are invalid.
   */
  start(sub: string, isCurrent: IsCurrent, presented?: readonly string[]): Promise<Grant>
  /** Exchanges a refresh token for the next one. */
  redeem(refreshToken: string, idempotencyKey: string | undefined): Promise<Redemption>
  /** Restarts the idle time of an active session. */
  restartIdleTime(id: string): Session | undefined
  /** Ends the sessions of these refresh tokens, spent ones included, and returns the first. */
  end(refreshTokens: readonly string[]): Promise<Session | undefined>
  /** Whether the client ended this session, by a logout or by a new login. */
  endedByClient(session: Session): boolean
  /** Ends the session with this `sid`. Returns whether it exists. */
  endById(id: string): boolean
  /** Sets the end of the session with this `sid` to now. Returns whether it exists. */
  expireById(id: string): boolean
  endAll(): void
  /** The session with this `sid`, if it is active. */
  findLive(id: string): Session | undefined
  /** The session with this `sid`, active or not. */
  find(id: string): Session | undefined
  /** Why the session with this `sid` has ended; `undefined` if it is active or unknown. */
  endReason(id: string): SessionEnd | undefined
  /** All active sessions. */
  list(): readonly Session[]
  reset(): void
}

interface SessionsDeps {
  readonly sessionSeconds: number
  readonly refreshIdleSeconds: number | undefined
  readonly refreshGraceSeconds: number
  readonly now: () => number
  /** The sessions by `sid`, oldest first. */
  readonly families: Map<string, Family>
  /** The secret that refresh tokens are derived with. */
  readonly secret: ArrayBuffer
  /** Called after each change of `families`. */
  readonly onChange: () => void
}

export function createSessions({
  sessionSeconds,
  refreshIdleSeconds,
  refreshGraceSeconds,
  now,
  families,
  secret,
  onChange
}: SessionsDeps): Sessions {
  const tokens = createRefreshTokens(secret)
  const familyOf = new Map(
    [...families.values()].flatMap((family) => family.issued.map((each) => [each, family] as const))
  )
  const endedByClient = new WeakSet<Session>()
  const nowSeconds = () => Math.floor(now() / 1000)

  function setCurrent(family: Family, fingerprint: string): void {
    family.current = fingerprint
    family.issued.push(fingerprint)
    familyOf.set(fingerprint, family)
    setIdleEnd(family)
  }

  function setIdleEnd(family: Family): void {
    const idleEnd = nowSeconds() + (refreshIdleSeconds ?? sessionSeconds)
    family.aliveUntilSeconds = Math.min(idleEnd, family.endsAtSeconds)
    onChange()
  }

  /**
   * Forgets sessions that ended long ago. The oldest come first, so an active one ends the loop.
   */
  function forgetOldFamilies(): void {
    for (const family of families.values()) {
      if (nowSeconds() < family.endsAtSeconds + sessionSeconds) return
      families.delete(family.id)
      for (const fingerprint of family.issued) familyOf.delete(fingerprint)
    }
  }

  function isWithinGrace(spentAtMs: number): boolean {
    const elapsedMs = now() - spentAtMs
    // After the clock has moved back, the elapsed time is unknown.
    return elapsedMs >= 0 && elapsedMs < refreshGraceSeconds * 1000
  }

  function endOf(family: Family): SessionEnd | undefined {
    if (family.isRevoked) return 'session_revoked'
    if (nowSeconds() >= family.endsAtSeconds) return 'session_expired'
    return nowSeconds() >= family.aliveUntilSeconds ? 'session_idle' : undefined
  }

  function isActive(family: Family): boolean {
    return endOf(family) === undefined
  }

  function findLive(id: string): Family | undefined {
    const family = families.get(id)
    return family !== undefined && isActive(family) ? family : undefined
  }

  async function end(refreshTokens: readonly string[]): Promise<Session | undefined> {
    const read = await Promise.all(refreshTokens.map(tokens.read))
    const ended = read.flatMap(({ fingerprint }) => familyOf.get(fingerprint) ?? [])
    for (const family of ended) {
      family.isRevoked = true
      endedByClient.add(family)
    }
    if (ended.length > 0) onChange()
    return ended[0]
  }

  return {
    async start(sub, isCurrent, presented = []) {
      const first = await tokens.create()
      // A cookie that an attacker planted must not survive the login (session fixation).
      await end(presented)
      forgetOldFamilies()
      const startedAtSeconds = nowSeconds()
      const endsAtSeconds = startedAtSeconds + sessionSeconds
      const family: Family = {
        id: randomName(),
        sub,
        startedAtSeconds,
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
      // There must be no `await` below: no other refresh may run between reading `current` and
      // replacing it.
      //
      //   tab A                       tab B                       current   predecessor
      //   sends R1, receives R2                                   R2        R1
      //                               sends R1, receives R2       R2        R1          benign race
      //   sends R2, receives R3                                   R3        R2
      //                               sends R1: rejected                                reuse
      //
      // The predecessor is accepted within the grace period, or with the same idempotency key. An
      // older token cannot come from a lost race, so it ends the session.
      const family = familyOf.get(fingerprint)
      if (family === undefined) return { kind: 'refused', reason: 'unknown_session' }
      const session = family
      const ended = endOf(family)
      if (ended !== undefined) return { kind: 'refused', reason: ended, session }
      if (fingerprint === family.current) {
        family.predecessor = { fingerprint, spentAtMs: now(), idempotencyKey }
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

    restartIdleTime(id) {
      const family = findLive(id)
      if (family !== undefined) setIdleEnd(family)
      return family
    },

    end,
    endedByClient: (session) => endedByClient.has(session),

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

    endReason(id) {
      const family = families.get(id)
      return family === undefined ? undefined : endOf(family)
    },

    list: () => [...families.values()].filter(isActive),

    reset() {
      families.clear()
      familyOf.clear()
      onChange()
    }
  }
}
