// Whether a token that is right in itself still counts: its user, its version, its name on a list, its session.
import type { TokenRefusal } from './outcomes.ts'
import type { Sessions } from './sessions.ts'
import type { TokenClaims } from './token-check.ts'
import type { TokenLedger } from './token-ledger.ts'
import { tokenVersion, type Users } from './users.ts'

export interface Standing {
  /** Why this token does not count any more, if so; asked at the beginning and at the end of every call. */
  refuse(claims: TokenClaims, isOwn: boolean): TokenRefusal | undefined
}

export interface StandingParts {
  readonly users: Users
  readonly sessions: Sessions
  readonly ledger: TokenLedger
  readonly revocation: 'immediate' | 'short-lived'
}

export function createStanding({ users, sessions, ledger, revocation }: StandingParts): Standing {
  return {
    refuse(claims, isOwn) {
      const { sub } = claims
      const jti = String(claims.jti)
      const sid = String(claims.sid)
      // Its session is somebody else's; of such a token nothing is known but what was said about it here.
      if (!isOwn) return ledger.isListed(claims.jti) ? 'token_revoked' : undefined
      // Rightly signed, and for nobody: whoever wrote it has the key.
      if (users.find(sub) === undefined) return 'unknown_subject'
      if (ledger.isExpired(jti)) return 'token_expired'
      if (revocation === 'short-lived') return undefined
      if (ledger.isRevoked(jti)) return 'token_revoked'
      if (tokenVersion(claims) !== users.versionOf(sub)) return 'stale_version'
      return sessions.findLive(sid)?.sub === sub ? undefined : 'token_revoked'
    }
  }
}
