// Endpoints: login, refresh, logout, `me` and the JWK Set, as decisions about a request.

import type { RefreshRefusal } from '../calls/outcomes.ts'
import {
  type Decision,
  decision,
  json,
  noContent,
  readIdempotencyKey,
  readJsonBody,
  refusal,
  type WireRequest,
  type WireResponse
} from '../http/message.ts'
import type { RefreshCookie } from '../http/refresh-cookie.ts'
import { usableMaterial } from '../keys/key.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { IsCurrent } from '../lib/reset-generation.ts'
import type { Grant, Redemption, Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Users } from '../sessions/users.ts'
import type { AccessTokens } from '../tokens/access-tokens.ts'
import type { ProtectedSession } from './guard.ts'
import type { RefreshCredential } from './refresh-credential.ts'

export interface Endpoints {
  /** Starts no session if the server was reset after the request arrived. */
  login(request: WireRequest, isCurrent: IsCurrent): Promise<Decision>
  refresh(request: WireRequest): Promise<Decision>
  /** The media type that a refresh request must have. */
  readonly refreshMediaType: string
  logout(request: WireRequest): Promise<Decision>
  me(session: ProtectedSession): WireResponse
  jwks(): Promise<Decision>
}

export interface EndpointsDeps {
  readonly users: Users
  readonly sessions: Sessions
  readonly tokens: AccessTokens
  readonly ring: KeyRing
  readonly cookie: RefreshCookie
  readonly credential: RefreshCredential
  readonly issuer: string
  readonly jwksMaxAgeSeconds: number
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

export function createEndpoints({
  users,
  sessions,
  tokens,
  ring,
  cookie,
  credential,
  issuer,
  jwksMaxAgeSeconds,
  now
}: EndpointsDeps): Endpoints {
  async function grantTokens(
    request: WireRequest,
    { session, refreshToken }: Partial<Grant> & Pick<Grant, 'session'>,
    outcome: 'signed_in' | 'rotated' | 'replayed' | 'refreshed',
    facts: Decision['facts'] = {}
  ): Promise<Decision> {
    const signed = tokens.issue(session, users.claimsOf(session.sub))
    const maxAgeSeconds = session.aliveUntilSeconds - Math.floor(now() / 1000)
    const isInBody = credential.carrier === 'body' && refreshToken !== undefined
    const setCookies =
      credential.carrier === 'cookie' && refreshToken !== undefined
        ? [cookie.set(request, refreshToken, maxAgeSeconds)]
        : []
    const issued = await signed
    if (issued === undefined) return refuse(request, 'session_revoked', session)
    const body = {
      access_token: issued.token,
      token_type: 'Bearer',
      expires_in: issued.expiresInSeconds,
      ...(isInBody ? { refresh_token: refreshToken } : {})
    }
    return decision(
      outcome,
      { ...json(200, body), setCookies },
      {
        ...facts,
        sub: session.sub,
        sid: session.id,
        issuedJti: issued.jti,
        issuedKid: issued.kid
      }
    )
  }

  function refuse(request: WireRequest, reason: RefreshRefusal, session?: Session): Decision {
    const isMissing = reason === 'no_cookie' && credential.refusalStatus === 400
    const error = isMissing ? 'invalid_request' : 'invalid_grant'
    const response = refusal(credential.refusalStatus, error, refusals[reason])
    // Cookies ignore ports: an unknown token may belong to another server on this host. Keep it.
    if (session === undefined) return decision(reason, response)
    // Keep the cookie too if a login or a logout has replaced the session:
    //
    //   t0  tab A refreshes with R1, and the request is slow
    //   t1  tab B signs in: the family of R1 ends, the browser holds S1
    //   t2  A is refused; clearing the cookie now would lose S1
    const setCookies = sessions.endedByClient(session) ? [] : clearCookie(request)
    return decision(reason, { ...response, setCookies }, { sub: session.sub, sid: session.id })
  }

  function clearCookie(request: WireRequest): string[] {
    return credential.carrier === 'cookie' ? [cookie.clear(request)] : []
  }

  /** Redeems the first token that the server knows. */
  async function redeemKnown(
    [token = '', ...others]: readonly string[],
    idempotencyKey: string | undefined
  ): Promise<Redemption> {
    const redemption = await sessions.redeem(token, idempotencyKey)
    const isUnknown = redemption.kind === 'refused' && redemption.reason === 'unknown_session'
    return isUnknown && others.length > 0 ? redeemKnown(others, idempotencyKey) : redemption
  }

  return {
    async login(request, isCurrent) {
      const body = await readJsonBody(request)
      if (body.kind === 'refused') return body.decision
      const { email, password } = body.value
      if (typeof email !== 'string' || typeof password !== 'string') {
        const description = 'email and password must be strings'
        return decision('bad_request', refusal(400, 'invalid_request', description))
      }
      const { user, target } = users.authenticate(email, password)
      if (user === undefined) {
        const description = 'the email or the password is wrong'
        const facts = target === undefined ? {} : { sub: target.sub }
        return decision('bad_credentials', refusal(401, 'invalid_grant', description), facts)
      }
      const previous = credential.readPrevious(request, body.value)
      const grant = await sessions.start(user.sub, isCurrent, previous)
      return grantTokens(request, grant, 'signed_in')
    },

    async refresh(request) {
      const presented = await credential.read(request)
      switch (presented.kind) {
        case 'refused':
          return presented.decision
        case 'nothing':
          return refuse(request, 'no_cookie')
        case 'session': {
          const session = sessions.restartIdleTime(presented.sid)
          return session === undefined
            ? refuse(request, sessions.endReason(presented.sid) ?? 'session_revoked')
            : grantTokens(request, { session }, 'refreshed', presented.facts)
        }
        case 'refresh-tokens': {
          const redemption = await redeemKnown(presented.tokens, readIdempotencyKey(request))
          return redemption.kind === 'refused'
            ? refuse(request, redemption.reason, redemption.session)
            : grantTokens(request, redemption, redemption.kind)
        }
      }
    },

    refreshMediaType: credential.mediaType,

    async logout(request) {
      const body = await readJsonBody(request)
      if (body.kind === 'refused') return body.decision
      const sid = await credential.readSid(request)
      const shown = sid === undefined ? undefined : sessions.findLive(sid)
      if (shown !== undefined) sessions.endById(shown.id)
      const session = shown ?? (await sessions.end(credential.readPrevious(request, body.value)))
      const response = noContent([['Cache-Control', 'no-store']])
      return decision(
        'signed_out',
        { ...response, setCookies: clearCookie(request) },
        session === undefined ? {} : { sub: session.sub, sid: session.id }
      )
    },

    me({ claims: { sub, iss } }) {
      const user = users.find(String(sub))
      // A trusted issuer has its own users: an equal `sub` names another user.
      if (iss !== issuer || user === undefined) return json(200, { sub, iss })
      return json(200, { ...users.claimsOf(user.sub), sub: user.sub, email: user.email })
    },

    // RFC 7517 §5. Symmetric keys are left out: publishing one would let others sign.
    async jwks() {
      const keys = await Promise.all(
        ring.all().map(async (key) => {
          const { kid, alg } = key
          const publicJwk = (await usableMaterial(key))?.publicJwk
          return publicJwk === undefined ? [] : [{ ...publicJwk, kid, alg, use: 'sig' }]
        })
      )
      const response = json(200, { keys: keys.flat() })
      const headers: WireResponse['headers'] = [
        ['Content-Type', 'application/jwk-set+json'],
        ['Cache-Control', `public, max-age=${jwksMaxAgeSeconds}`]
      ]
      return decision('accepted', { ...response, headers })
    }
  }
}
