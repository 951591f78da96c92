// Session controls: create a session without a request, and end sessions or revoke tokens.

import type { CsrfCookies } from '../http/csrf-cookie.ts'
import { parseUrl } from '../http/message.ts'
import type { RefreshCookie } from '../http/refresh-cookie.ts'
import { describe, invalid, text } from '../lib/checks.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { ResetGeneration } from '../lib/reset-generation.ts'
import type { Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Users } from '../sessions/users.ts'
import type { AccessTokens, IssuedTokens } from '../tokens/access-tokens.ts'

/** A session without its tokens. */
export interface MockSession {
  /** The `sid` claim. */
  readonly sid: string
  readonly sub: string
  /** The `auth_time` claim: when the user signed in, in seconds since the epoch. */
  readonly startedAtSeconds: number
  /** When it ends at the latest, in seconds since the epoch. */
  readonly endsAtSeconds: number
}

/** A session that `signIn` created, with everything that a client receives at a login. */
export interface ArrangedSession extends MockSession {
  readonly accessToken: string
  /** Lifetime of the access token. */
  readonly expiresInSeconds: number
  readonly refreshToken: string
  /** The `Set-Cookie` value of the refresh cookie. */
  readonly setCookie: string
  /** The `Set-Cookie` values of the CSRF cookies that the contract names. */
  readonly csrfCookies: readonly string[]
}

export interface SessionControls {
  /**
   * Signs a user in without a request, for tests that begin with a session. The call log stays
   * empty.
   *
   * @example
   * const { accessToken } = await server.signIn('ada@example.com')
   * const headers = { Authorization: `Bearer ${accessToken}` }
   *
   * @param user `sub` or email; default: the first user
   * @param url URL of the server, which decides the name of the cookie; default `http://localhost`
   * @throws MockAuthServerError `unknown_user`, or `unknown_session` if the session ends before it
   *   is complete; TypeError for an invalid URL
   */
  signIn(user?: string, url?: string): Promise<ArrangedSession>

  /** All active sessions, oldest first. */
  readonly sessions: readonly MockSession[]

  /**
   * Ends a session as a logout does: its tokens are refused as `session_revoked` and
   * `token_revoked`.
   * @throws MockAuthServerError `unknown_session` if no session has this `sid`
   */
  endSession(sid: string): void

  /**
   * Ends every session: access tokens are refused, and the next refresh is answered with 401
   * `invalid_grant`.
   */
  endSessions(): void

  /**
   * Lets a session reach its end now: the next refresh is refused as `session_expired`.
   * @throws MockAuthServerError `unknown_session` if no session has this `sid`
   */
  expireSession(sid: string): void

  /** Revokes one access token by its `jti`, also a token of an external issuer. */
  revoke(jti: string): void

  /** Revokes every access token issued so far. Refreshing still works. */
  revokeAccessTokens(): void

  /** Expires every access token issued so far, despite its `exp`. Refreshing still works. */
  expireAccessTokens(): void

  /**
   * Revokes every access token of one user issued so far, because new ones carry a higher
   * `token_version`. Refreshing still works.
   * @param user `sub` or email; default: the first user
   * @returns the version that tokens need from now on
   * @throws MockAuthServerError `unknown_user`
   */
  bumpTokenVersion(user?: string): number
}

interface SessionControlsDeps {
  readonly users: Users
  readonly sessions: Sessions
  readonly tokens: AccessTokens
  readonly issuedTokens: IssuedTokens
  readonly cookie: RefreshCookie
  readonly csrf: Pick<CsrfCookies, 'set'>
  readonly generation: ResetGeneration
  readonly now: () => number
}

export function createSessionControls({
  users,
  sessions,
  tokens,
  issuedTokens,
  cookie,
  csrf,
  generation,
  now
}: SessionControlsDeps): Omit<SessionControls, 'sessions'> {
  return {
    async signIn(user, url = 'http://localhost') {
      if (parseUrl(url) === undefined) {
        const expectation = "a URL of the server, such as 'http://localhost'"
        throw invalid('url', expectation, describe(url), 'signIn')
      }
      const { sub } = users.named(user)
      const { session, refreshToken } = await sessions.start(sub, generation.begin())
      const issued = await tokens.issue(session, users.claimsOf(sub))
      if (issued === undefined) {
        const message = 'signIn(): the session ended before its access token was issued.'
        throw new MockAuthServerError('unknown_session', message)
      }
      const maxAgeSeconds = session.aliveUntilSeconds - Math.floor(now() / 1000)
      const request = { method: 'POST', url, headers: [] }
      return {
        ...describeSession(session),
        accessToken: issued.token,
        expiresInSeconds: issued.expiresInSeconds,
        refreshToken,
        setCookie: cookie.set(request, refreshToken, maxAgeSeconds),
        csrfCookies: csrf.set(request, session, maxAgeSeconds)
      }
    },
    endSession: (sid) => requireFound(sessions.endById(sid), 'endSession'),
    endSessions: sessions.endAll,
    expireSession: (sid) => requireFound(sessions.expireById(sid), 'expireSession'),
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

function requireFound(isFound: boolean, caller: string): void {
  if (isFound) return
  const message = `${caller}(): there is no session with this sid.`
  throw new MockAuthServerError('unknown_session', message)
}
