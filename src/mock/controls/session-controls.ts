// The levers of sessions and tokens: arranging one without a request, and calling each back in every way there is.

import { parseUrl } from '../http/message.ts'
import type { RefreshCookie } from '../http/refresh-cookie.ts'
import { describe, invalid, text } from '../lib/checks.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { ResetGeneration } from '../lib/reset-generation.ts'
import type { Session, Sessions } from '../sessions/sessions.ts'
import type { Users } from '../sessions/users.ts'
import type { AccessTokens } from '../tokens/access-tokens.ts'
import type { IssuedTokens } from '../tokens/issued-tokens.ts'

/** A session as it may be known: without its tokens. */
export interface MockSession {
  /** The `sid` claim. */
  readonly sid: string
  readonly sub: string
  /** The `auth_time` claim: when the user signed in, in seconds since the epoch. */
  readonly startedAtSeconds: number
  /** Its absolute end, in seconds since the epoch. */
  readonly endsAtSeconds: number
}

/** A session that was arranged, with all that a client gets by signing in. */
export interface ArrangedSession extends MockSession {
  readonly accessToken: string
  readonly expiresInSeconds: number
  readonly refreshToken: string
  /** What the answer to a login would have said as `Set-Cookie`. */
  readonly setCookie: string
}

export interface SessionControls {
  /**
   * Signs somebody in without a request: for tests that begin with a session. Nothing is noted in the journal.
   * @param user `sub` or email; default: the first user
   * @param url the server's own URL, which decides how the cookie is named; default `http://localhost`
   * @throws MockAuthServerError `unknown_user`, `unknown_session` where the session ends while it is being arranged,
   *   TypeError for a URL that is none
   */
  signIn(user?: string, url?: string): Promise<ArrangedSession>

  /** The sessions that live, in the order in which they began. */
  readonly sessions: readonly MockSession[]

  /**
   * Ends a session as a sign-out does: its tokens are refused as `session_revoked` and `token_revoked`.
   * @throws MockAuthServerError `unknown_session` where there is none with this `sid`
   */
  endSession(sid: string): void

  /** Ends every session: access tokens are refused and the next refresh is answered with 401 `invalid_grant`. */
  endSessions(): void

  /**
   * Puts the absolute end of a session at this moment: the next refresh is refused as `session_expired`.
   * @throws MockAuthServerError `unknown_session` where there is none with this `sid`
   */
  expireSession(sid: string): void

  /** Refuses one access token, by its `jti`; an external issuer's as well. */
  revoke(jti: string): void

  /** Refuses every access token issued so far as revoked; refreshing still works. */
  revokeAccessTokens(): void

  /** Refuses every access token issued so far as expired, whatever its `exp` says; refreshing still works. */
  expireAccessTokens(): void

  /**
   * Refuses every access token of one user that was issued so far: new ones carry a higher `token_version`.
   * Refreshing still works.
   * @param user `sub` or email; default: the first user
   * @returns the version that counts from now on
   * @throws MockAuthServerError `unknown_user`
   */
  bumpTokenVersion(user?: string): number
}

export interface SessionControlsDeps {
  readonly users: Users
  readonly sessions: Sessions
  readonly tokens: AccessTokens
  readonly issuedTokens: IssuedTokens
  readonly cookie: RefreshCookie
  readonly epoch: ResetGeneration
  readonly now: () => number
}

export function createSessionControls(
  parts: SessionControlsDeps
): Omit<SessionControls, 'sessions'> {
  const { users, sessions, tokens, issuedTokens } = parts
  return {
    async signIn(user, url = 'http://localhost') {
      if (parseUrl(url) === undefined) {
        const expectation = "the server's own, such as 'http://localhost'"
        throw invalid('url', expectation, describe(url), 'signIn')
      }
      const { sub } = users.named(user)
      const { session, refreshToken } = await sessions.start(sub, parts.epoch.begin())
      const issued = await tokens.issue(session, users.claimsOf(sub))
      if (issued === undefined) {
        const message = 'The session ended while it was being arranged.'
        throw new MockAuthServerError('unknown_session', message)
      }
      const maxAgeSeconds = session.aliveUntilSeconds - Math.floor(parts.now() / 1000)
      const request = { method: 'POST', url, headers: [] }
      return {
        ...describeSession(session),
        accessToken: issued.token,
        expiresInSeconds: issued.expiresInSeconds,
        refreshToken,
        setCookie: parts.cookie.set(request, refreshToken, maxAgeSeconds)
      }
    },
    endSession: (sid) => insist(sessions.endById(sid)),
    endSessions: sessions.endAll,
    expireSession: (sid) => insist(sessions.expireById(sid)),
    revoke: (jti) => issuedTokens.revoke(text('jti', jti, 'revoke')),
    revokeAccessTokens: issuedTokens.revokeAll,
    expireAccessTokens: issuedTokens.expireAll,
    bumpTokenVersion: (user) => users.bumpVersion(users.named(user).sub)
  }
}

export function describeSession(session: Session): MockSession {
  const { id, sub, startedAtSeconds, endsAtSeconds } = session
  return Object.freeze({ sid: id, sub, startedAtSeconds, endsAtSeconds })
}

function insist(isThere: boolean): void {
  if (!isThere) throw new MockAuthServerError('unknown_session', 'There is no such session.')
}
