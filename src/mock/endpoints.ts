// The four endpoints: login, refresh, logout and me, as decisions without HTTP around them.
import type { AccessTokens } from './access-tokens.ts'
import type { RefreshCookie } from './cookies.ts'
import type { ProtectedSession } from './guard.ts'
import { readJsonBody } from './json-body.ts'
import type { RefreshRefusal } from './outcomes.ts'
import type { Grant, Sessions } from './sessions.ts'
import type { KnownUser, Users } from './users.ts'
import { type Verdict, verdict } from './verdict.ts'
import {
  headerValue,
  json,
  noContent,
  refusal,
  type WireRequest,
  type WireResponse
} from './wire.ts'

export interface Endpoints {
  login(request: WireRequest): Promise<Verdict>
  refresh(request: WireRequest): Promise<Verdict>
  logout(request: WireRequest): Promise<Verdict>
  me(session: ProtectedSession): WireResponse
}

export interface EndpointParts {
  readonly users: Users
  readonly sessions: Sessions
  readonly tokens: AccessTokens
  readonly cookie: RefreshCookie
  readonly now: () => number
}

const refusals: Readonly<Record<RefreshRefusal, string>> = {
  no_cookie: 'no refresh token was sent',
  unknown_session: 'the refresh token is unknown',
  session_expired: 'the session has expired',
  session_revoked: 'the session has been revoked',
  refresh_reused: 'refresh token reuse detected, the session has been revoked'
}

export function createEndpoints(parts: EndpointParts): Endpoints {
  const { users, sessions, tokens, cookie } = parts

  const grantTokens = async (
    request: WireRequest,
    { session, refreshToken }: Grant,
    outcome: 'signed_in' | 'rotated' | 'replayed'
  ): Promise<Verdict> => {
    const maxAgeSeconds = session.endsAtSeconds - Math.floor(parts.now() / 1000)
    const setCookies = [cookie.set(request, refreshToken, maxAgeSeconds)]
    const issued = await tokens.issue(session, users.find(session.sub)?.claims ?? {})
    const body = {
      access_token: issued.token,
      token_type: 'Bearer',
      expires_in: issued.expiresInSeconds
    }
    return verdict(
      outcome,
      { ...json(200, body), setCookies },
      { sub: session.sub, sessionId: session.id, issuedJti: issued.jti, issuedKid: issued.kid }
    )
  }

  return {
    async login(request) {
      const body = await readJsonBody(request)
      if (body.kind === 'refused') return body.verdict
      const { email, password } = body.value
      if (typeof email !== 'string' || typeof password !== 'string') {
        const description = 'email and password must be strings'
        return verdict('bad_request', refusal(400, 'invalid_request', description))
      }
      const user: KnownUser | undefined = users.authenticate(email, password)
      if (user === undefined) {
        const description = 'the email or the password is wrong'
        return verdict('bad_credentials', refusal(401, 'invalid_grant', description))
      }
      return grantTokens(request, sessions.start(user.sub, cookie.read(request)), 'signed_in')
    },

    async refresh(request) {
      const body = await readJsonBody(request)
      if (body.kind === 'refused') return body.verdict
      const presented = cookie.read(request)
      if (presented === undefined || presented === '') {
        return verdict('no_cookie', refusal(401, 'invalid_grant', refusals.no_cookie))
      }
      const redemption = sessions.redeem(presented, headerValue(request, 'idempotency-key'))
      if (redemption.kind !== 'refused') return grantTokens(request, redemption, redemption.kind)

      const { reason, session } = redemption
      const answer = refusal(401, 'invalid_grant', refusals[reason])
      // An unknown token may belong to another server on another port of this host: cookies do not know ports.
      if (session === undefined) return verdict(reason, answer)
      return verdict(
        reason,
        { ...answer, setCookies: [cookie.clear(request)] },
        { sub: session.sub, sessionId: session.id }
      )
    },

    async logout(request) {
      const body = await readJsonBody(request)
      if (body.kind === 'refused') return body.verdict
      const session = sessions.end(cookie.read(request) ?? '')
      const response = noContent([['Cache-Control', 'no-store']])
      return verdict(
        'signed_out',
        { ...response, setCookies: [cookie.clear(request)] },
        session === undefined ? {} : { sub: session.sub, sessionId: session.id }
      )
    },

    me({ claims: { sub } }) {
      const user = users.find(String(sub))
      return json(200, { ...user?.claims, sub: user?.sub, email: user?.email })
    }
  }
}
