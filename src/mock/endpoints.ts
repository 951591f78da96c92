// The four endpoints: login, refresh, logout and me, as decisions without HTTP around them.
import type { AccessTokens } from './access-tokens.ts'
import type { RefreshCookie } from './cookies.ts'
import type { ProtectedSession } from './guard.ts'
import { readJsonBody } from './json-body.ts'
import type { RefreshRefusal } from './outcomes.ts'
import type { Grant, Session, Sessions } from './sessions.ts'
import type { Users } from './users.ts'
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
  readonly issuer: string
  readonly now: () => number
}

const refusals: Readonly<Record<RefreshRefusal, string>> = {
  no_cookie: 'no refresh token was sent',
  unknown_session: 'the refresh token is unknown',
  session_expired: 'the session has expired',
  session_idle: 'the refresh token was not used for too long',
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
    // Once more, and with no `await` before the key is chosen: an emergency that came between the two would leave a dead
    // session with a token of the new key.
    if (sessions.findLive(session.id) === undefined) {
      return refuse(request, 'session_revoked', session)
    }
    const signed = tokens.issue(session, users.claimsOf(session.sub))
    const maxAgeSeconds = session.aliveUntilSeconds - Math.floor(parts.now() / 1000)
    const setCookies = [cookie.set(request, refreshToken, maxAgeSeconds)]
    const issued = await signed
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

  const refuse = (request: WireRequest, reason: RefreshRefusal, session?: Session): Verdict => {
    const answer = refusal(401, 'invalid_grant', refusals[reason])
    // An unknown token may belong to another server on another port of this host: cookies do not know ports.
    if (session === undefined) return verdict(reason, answer)
    return verdict(
      reason,
      { ...answer, setCookies: [cookie.clear(request)] },
      { sub: session.sub, sessionId: session.id }
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
      const { user, target } = users.authenticate(email, password)
      if (user === undefined) {
        const description = 'the email or the password is wrong'
        const facts = target === undefined ? {} : { sub: target.sub }
        return verdict('bad_credentials', refusal(401, 'invalid_grant', description), facts)
      }
      const grant = await sessions.start(user.sub, cookie.read(request))
      return grantTokens(request, grant, 'signed_in')
    },

    async refresh(request) {
      const body = await readJsonBody(request)
      if (body.kind === 'refused') return body.verdict
      const presented = cookie.read(request)
      if (presented === undefined || presented === '') return refuse(request, 'no_cookie')
      const attempt = headerValue(request, 'idempotency-key')
      const redemption = await sessions.redeem(presented, attempt)
      return redemption.kind === 'refused'
        ? refuse(request, redemption.reason, redemption.session)
        : grantTokens(request, redemption, redemption.kind)
    },

    async logout(request) {
      const body = await readJsonBody(request)
      if (body.kind === 'refused') return body.verdict
      const session = await sessions.end(cookie.read(request) ?? '')
      const response = noContent([['Cache-Control', 'no-store']])
      return verdict(
        'signed_out',
        { ...response, setCookies: [cookie.clear(request)] },
        session === undefined ? {} : { sub: session.sub, sessionId: session.id }
      )
    },

    me({ claims: { sub, iss } }) {
      const user = users.find(String(sub))
      // The users of another issuer are not ours, whatever their `sub` is.
      if (iss !== parts.issuer || user === undefined) return json(200, { sub, iss })
      return json(200, { ...users.claimsOf(user.sub), sub: user.sub, email: user.email })
    }
  }
}
