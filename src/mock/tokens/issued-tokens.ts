// The ledger of access tokens: which were issued and still count, and which of them were revoked by name.

export interface IssuedTokens {
  /** Notes a token that is being issued. */
  enter(jti: string, expSeconds: number, nowSeconds: number): void
  /** Notes a token that was made to order, by the index of the call that came next; `Infinity` for a forged one. */
  noteMade(jti: string, beforeCall: number): void
  /** What was noted of a token that was made to order. */
  madeBefore(jti: string): number | undefined
  /** Has this token been called expired before its time? */
  isExpired(jti: string): boolean
  /** Is this token one that was never issued here, or revoked since? */
  isRevoked(jti: string): boolean
  /** Is this token on the list of revoked ones, wherever it was issued? One whose `jti` is no text never is. */
  isListed(jti: unknown): boolean
  revoke(jti: string): void
  revokeAll(): void
  /** Calls every token expired that was issued so far. */
  expireAll(): void
  reset(): void
}

interface Entry {
  readonly expSeconds: number
  readonly isExpired: boolean
}

/** As many stay, however old, since a clock that is put back makes them good again. Memory has an end all the same. */
const keptTokens = 10_000

export function createIssuedTokens(clockToleranceSeconds: number): IssuedTokens {
  /** Every token that still counts; whatever is not in here has been revoked, or is not ours. */
  const live = new Map<string, Entry>()
  const revoked = new Set<string>()
  const made = new Map<string, number>()

  // Insertion order is close to the order of expiry, so looking at the oldest few is enough to stay bounded. One that
  // still counts goes to the end: ordered with a late `exp`, it would keep all behind it.
  const forgetExpired = (nowSeconds: number) => {
    for (const [jti, entry] of live) {
      if (live.size < keptTokens) return
      live.delete(jti)
      if (entry.expSeconds + clockToleranceSeconds > nowSeconds) {
        live.set(jti, entry)
        return
      }
    }
  }

  return {
    enter(jti, expSeconds, nowSeconds) {
      forgetExpired(nowSeconds)
      live.set(jti, { expSeconds, isExpired: false })
    },
    noteMade: (jti, beforeCall) => void made.set(jti, beforeCall),
    madeBefore: (jti) => made.get(jti),
    isExpired: (jti) => live.get(jti)?.isExpired ?? false,
    isRevoked: (jti) => revoked.has(jti) || !live.has(jti),
    isListed: (jti) => typeof jti === 'string' && revoked.has(jti),
    revoke: (jti) => void revoked.add(jti),
    revokeAll: () => live.clear(),
    expireAll() {
      for (const [jti, entry] of live) live.set(jti, { ...entry, isExpired: true })
    },
    reset() {
      live.clear()
      revoked.clear()
      made.clear()
    }
  }
}
