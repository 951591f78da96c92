// Issued tokens: keeps the `jti` of each access token that counts, and of each that was revoked.

export interface IssuedTokens {
  /** Records a token. Call it before the token is signed. */
  enter(jti: string, expSeconds: number, nowSeconds: number): void
  /** Records for a minted token the index of the next call; `Infinity` for a forged one. */
  noteMade(jti: string, beforeCall: number): void
  /** The value from `noteMade`; `undefined` for tokens that were not minted. */
  madeBefore(jti: string): number | undefined
  /** Whether `expireAll` has expired this token. */
  isExpired(jti: string): boolean
  /** Whether this token was revoked, or was never issued here. */
  isRevoked(jti: string): boolean
  /** Whether this token was revoked by its `jti`, even if another issuer issued it. */
  isListed(jti: unknown): boolean
  revoke(jti: string): void
  /** Revokes every token issued so far. */
  revokeAll(): void
  /** Expires every token issued so far. */
  expireAll(): void
  reset(): void
}

interface Entry {
  readonly expSeconds: number
  readonly isExpired: boolean
}

/**
 * Expired tokens are forgotten beyond this number, to limit memory. Up to it they are kept, because
 * they are valid again if the clock moves back.
 */
const keptTokens = 10_000

export function createIssuedTokens(clockToleranceSeconds: number): IssuedTokens {
  /** The tokens that count. A token that is missing was revoked, or was not issued here. */
  const live = new Map<string, Entry>()
  const revoked = new Set<string>()
  const made = new Map<string, number>()

  // Tokens expire roughly in the order in which they were issued, so the oldest are checked first.
  // One that still counts moves to the end: minted with a late `exp`, it would block the rest.
  function forgetExpired(nowSeconds: number): void {
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
