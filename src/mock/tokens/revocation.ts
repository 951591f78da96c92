// Revocation check: decides whether a valid token still counts (user, version, `jti`, session).
import type { TokenRefusal } from '../calls/outcomes.ts'
import type { Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { tokenVersion, type Users } from '../sessions/users.ts'
import type { IssuedTokens } from './access-tokens.ts'
import type { TokenClaims } from './verify.ts'

export interface RevocationCheck {
  /** Why this token no longer counts. Checked before and after the handler of every call. */
  refuse(claims: TokenClaims, isOwn: boolean): TokenRefusal | undefined
  /**
   * Why this own token may not be replaced by a new one. It looks up the token even if revocation
   * is `short-lived`: otherwise re-issues would keep a revoked token alive as long as its session.
   * It does not check whether the session has ended.
   */
  refuseSuccessor(claims: TokenClaims): TokenRefusal | undefined
}

export interface RevocationDeps {
  readonly users: Users
  readonly sessions: Sessions
  readonly issuedTokens: IssuedTokens
  readonly revocation: 'immediate' | 'short-lived'
}

export function createRevocationCheck({
  users,
  sessions,
  issuedTokens,
  revocation
}: RevocationDeps): RevocationCheck {
  function refuseRevoked(claims: TokenClaims): TokenRefusal | undefined {
    if (issuedTokens.isRevoked(String(claims.jti))) return 'token_revoked'
    return tokenVersion(claims) === users.versionOf(String(claims.sub))
      ? undefined
      : 'stale_version'
  }

  function refuseSession(
    claims: TokenClaims,
    session: Session | undefined
  ): TokenRefusal | undefined {
    return session?.sub === String(claims.sub) ? undefined : 'token_revoked'
  }

  return {
    refuse(claims, isOwn) {
      // Session and user of an external token are unknown here; only `revoke` applies to it.
      if (!isOwn) return issuedTokens.isOnRevocationList(claims.jti) ? 'token_revoked' : undefined
      // A valid signature for an unknown user indicates a stolen key.
      if (users.find(String(claims.sub)) === undefined) return 'unknown_subject'
      if (issuedTokens.isExpired(String(claims.jti))) return 'token_expired'
      if (revocation === 'short-lived') return undefined
      return refuseRevoked(claims) ?? refuseSession(claims, sessions.findLive(String(claims.sid)))
    },
    refuseSuccessor: (claims) =>
      refuseRevoked(claims) ?? refuseSession(claims, sessions.find(String(claims.sid)))
  }
}
