// Whether a token that is right in itself still counts: its user, its version, its name on a list, its session.
import type { TokenRefusal } from '../calls/outcomes.ts'
import type { Session, Sessions } from '../sessions/sessions.ts'
import { tokenVersion, type Users } from '../sessions/users.ts'
import type { IssuedTokens } from './issued-tokens.ts'
import type { TokenClaims } from './verify.ts'

export interface RevocationCheck {
  /** Why this token does not count any more, if so; asked at the beginning and at the end of every call. */
  refuse(claims: TokenClaims, isOwn: boolean): TokenRefusal | undefined
  /**
   * Why nothing may be signed in place of this token of the server's own, if so. Looked up even where access tokens are
   * only short-lived: one that was called back would otherwise last as long as its session, re-issue by re-issue.
   * Whether the session still lives is for others to say.
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
  const refuseCalledBack = (claims: TokenClaims): TokenRefusal | undefined => {
    if (issuedTokens.isRevoked(String(claims.jti))) return 'token_revoked'
    return tokenVersion(claims) === users.versionOf(claims.sub) ? undefined : 'stale_version'
  }
  const refuseStranger = ({ sub }: TokenClaims, session: Session | undefined) =>
    session?.sub === sub ? undefined : 'token_revoked'

  return {
    refuse(claims, isOwn) {
      const { sub } = claims
      const jti = String(claims.jti)
      const sid = String(claims.sid)
      // Its session is somebody else's; of such a token nothing is known but what was said about it here.
      if (!isOwn) return issuedTokens.isListed(claims.jti) ? 'token_revoked' : undefined
      // Rightly signed, and for nobody: whoever wrote it has the key.
      if (users.find(sub) === undefined) return 'unknown_subject'
      if (issuedTokens.isExpired(jti)) return 'token_expired'
      if (revocation === 'short-lived') return undefined
      return refuseCalledBack(claims) ?? refuseStranger(claims, sessions.findLive(sid))
    },
    refuseSuccessor: (claims) =>
      refuseCalledBack(claims) ?? refuseStranger(claims, sessions.find(String(claims.sid)))
  }
}
