// Grants: issues the tokens of a session and writes the answer, or refuses the session.

import type { RefreshRefusal } from '../calls/outcomes.ts'
import type { CsrfCookies } from '../http/csrf-cookie.ts'
import { type Decision, decision, type WireRequest } from '../http/message.ts'
import type { RefreshCookie } from '../http/refresh-cookie.ts'
import type { Refusals } from '../http/refusals.ts'
import type { MockContract } from '../options/contract.ts'
import type { Grant, Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Users } from '../sessions/users.ts'
import type { AccessTokens, IssuedTokens } from '../tokens/access-tokens.ts'
import type { WriteAnswer } from './answer-shape.ts'
import type { RefreshCredential } from './refresh-credential.ts'

type Outcome = 'signed_in' | 'rotated' | 'replayed' | 'refreshed'

export interface Grants {
  /** Issues an access token, and sends it with the refresh token. */
  grant(
    request: WireRequest,
    write: WriteAnswer,
    granted: Partial<Grant> & Pick<Grant, 'session'>,
    outcome: Outcome,
    facts?: Decision['facts']
  ): Promise<Decision>
  refuse(request: WireRequest, reason: RefreshRefusal, session?: Session): Decision
  /** The `Set-Cookie` values that delete the cookies of a session. */
  clearCookies(request: WireRequest): string[]
}

export interface GrantsDeps {
  readonly contract: Pick<MockContract, 'refresh'>
  readonly users: Pick<Users, 'find' | 'claimsOf'>
  readonly sessions: Pick<Sessions, 'endedByClient'>
  readonly tokens: Pick<AccessTokens, 'issue'>
  readonly issuedTokens: Pick<IssuedTokens, 'revokeSession'>
  readonly cookie: RefreshCookie
  readonly csrf: CsrfCookies
  readonly credential: Pick<RefreshCredential, 'carrier'>
  readonly refusals: Pick<Refusals, 'session'>
  readonly now: () => number
}

export function createGrants({
  contract: { refresh },
  users,
  sessions,
  tokens,
  issuedTokens,
  cookie,
  csrf,
  credential: { carrier },
  refusals,
  now
}: GrantsDeps): Grants {
  function setCookies(request: WireRequest, { session, refreshToken }: Partial<Grant>): string[] {
    if (session === undefined) return []
    const maxAgeSeconds = session.aliveUntilSeconds - Math.floor(now() / 1000)
    const isInCookie = carrier === 'cookie' && refreshToken !== undefined
    return [
      ...(isInCookie ? [cookie.set(request, refreshToken, maxAgeSeconds)] : []),
      ...csrf.set(request, session, maxAgeSeconds)
    ]
  }

  function clearCookies(request: WireRequest): string[] {
    return [...(carrier === 'cookie' ? [cookie.clear(request)] : []), ...csrf.clear(request)]
  }

  function refuse(request: WireRequest, reason: RefreshRefusal, session?: Session): Decision {
    const response = refusals.session(reason)
    // Cookies ignore ports: an unknown token may belong to another server on this host. Keep it.
    if (session === undefined) return decision(reason, response)
    // Keep the cookie too if a login or a logout has replaced the session:
    //
    //   t0  tab A refreshes with R1, and the request is slow
    //   t1  tab B signs in: the family of R1 ends, the browser holds S1
    //   t2  A is refused; clearing the cookie now would lose S1
    const cleared = sessions.endedByClient(session) ? [] : clearCookies(request)
    const facts = { sub: session.sub, sid: session.id }
    return decision(reason, { ...response, setCookies: cleared }, facts)
  }

  return {
    async grant(request, write, granted, outcome, facts = {}) {
      const { session, refreshToken } = granted
      // Revoked before the new token is recorded: after two parallel refreshes one token is left.
      if (outcome !== 'signed_in' && refresh && refresh.invalidatesPrevious) {
        issuedTokens.revokeSession(session.id)
      }
      const signed = tokens.issue(session, users.claimsOf(session.sub))
      const cookies = setCookies(request, granted)
      const issued = await signed
      if (issued === undefined) return refuse(request, 'session_revoked', session)
      const response = write({
        accessToken: issued.token,
        expiresInSeconds: issued.expiresInSeconds,
        refreshToken: carrier === 'answer' ? refreshToken : undefined,
        user: users.find(session.sub)
      })
      return decision(
        outcome,
        { ...response, setCookies: cookies },
        {
          ...facts,
          sub: session.sub,
          sid: session.id,
          issuedJti: issued.jti,
          issuedKid: issued.kid
        }
      )
    },
    refuse,
    clearCookies
  }
}
