// Auth endpoints: login, refresh and logout, as decisions about a request.

import {
  type Decision,
  decision,
  readIdempotencyKey,
  refusal,
  type WireRequest
} from '../http/message.ts'
import type { Refusals } from '../http/refusals.ts'
import { writeAnswer } from '../http/rule-answer.ts'
import { valueAt } from '../lib/json-body.ts'
import type { IsCurrent } from '../lib/reset-generation.ts'
import type { MockContract } from '../options/contract.ts'
import type { Redemption } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Users } from '../sessions/users.ts'
import { createAnswerShape } from './answer-shape.ts'
import { createGrants, type GrantsDeps } from './grants.ts'
import type { RefreshCredential } from './refresh-credential.ts'
import type { Fields } from './request-shape.ts'

/** Answers a request of which the shape has been checked. */
type Answer = (request: WireRequest, fields: Fields, isCurrent: IsCurrent) => Promise<Decision>

export interface AuthEndpoint {
  readonly answer: Answer
  /** Whether the CSRF check refuses a request without the CSRF cookie. */
  needsCsrf(request: WireRequest): boolean
}

/** The endpoints that the contract has. */
export type AuthEndpoints = Partial<Readonly<Record<'login' | 'refresh' | 'logout', AuthEndpoint>>>

/** The answer to a logout, if the contract has no rule for it. */
const confirmation = { status: 204, members: undefined, challenge: undefined }

export interface AuthEndpointsDeps extends GrantsDeps {
  readonly contract: MockContract
  readonly users: Users
  readonly sessions: Sessions
  readonly credential: RefreshCredential
  readonly refusals: Refusals
}

export function createAuthEndpoints(deps: AuthEndpointsDeps): AuthEndpoints {
  const { contract, users, sessions, cookie, credential, refusals, now } = deps
  const { login, refresh, logout, user, attach } = contract
  const { grant, refuse, clearCookies } = createGrants(deps)

  /** Redeems the first token that the server knows. */
  async function redeemKnown(
    [token = '', ...others]: readonly string[],
    idempotencyKey: string | undefined
  ): Promise<Redemption> {
    const redemption = await sessions.redeem(token, idempotencyKey)
    const isUnknown = redemption.kind === 'refused' && redemption.reason === 'unknown_session'
    return isUnknown && others.length > 0 ? redeemKnown(others, idempotencyKey) : redemption
  }

  function createLogin(endpoint: Exclude<typeof login, false>): Answer {
    const { credentials, tokens: places, body } = endpoint
    // A form holds `user.name` in its field `user[name]`.
    const read = (fields: Fields, path: string) =>
      valueAt(fields, path) ??
      (body === 'form' ? fields[path.replace(/\.([^.]*)/g, '[$1]')] : undefined)
    const write = createAnswerShape({ tokens: places, user, scheme: attach.scheme, now })
    return async (request, fields, isCurrent) => {
      const name = read(fields, credentials.name)
      const password = read(fields, credentials.password)
      if (typeof name !== 'string' || typeof password !== 'string') {
        const description = `${credentials.name} and ${credentials.password} must be strings`
        return decision('bad_request', refusal(400, 'invalid_request', description))
      }
      const { user: found, target } = users.authenticate(name, password)
      if (found === undefined) {
        const facts = target === undefined ? {} : { sub: target.sub }
        return decision('bad_credentials', refusals.credentials(), facts)
      }
      const previous = credential.readPrevious(request, fields)
      const granted = await sessions.start(found.sub, isCurrent, previous)
      return grant(request, write, granted, 'signed_in')
    }
  }

  function createRefresh({ tokens: places }: Exclude<typeof refresh, false>): Answer {
    const write = createAnswerShape({ tokens: places, user, scheme: attach.scheme, now })
    return async (request, fields) => {
      const presented = await credential.read(request, fields)
      switch (presented.kind) {
        case 'refused': {
          const { reason, facts } = presented
          return decision(reason, refusals.session(reason), facts)
        }
        case 'nothing':
          return refuse(request, 'no_cookie')
        case 'session': {
          const session = sessions.restartIdleTime(presented.sid)
          return session === undefined
            ? refuse(request, sessions.endReason(presented.sid) ?? 'session_revoked')
            : grant(request, write, { session }, 'refreshed', presented.facts)
        }
        case 'refresh-tokens': {
          const redemption = await redeemKnown(presented.tokens, readIdempotencyKey(request))
          return redemption.kind === 'refused'
            ? refuse(request, redemption.reason, redemption.session)
            : grant(request, write, redemption, redemption.kind)
        }
      }
    }
  }

  function createLogout({ confirmedBy }: Exclude<typeof logout, false>): Answer {
    const [rule] = confirmedBy ?? []
    return async (request, fields) => {
      // The access token and the refresh token may belong to different sessions: both end.
      const [token, ended] = await Promise.all([
        credential.readShown(request),
        sessions.end(credential.readEnded(request, fields))
      ])
      if (token?.kind === 'refused' && credential.isLogoutGuarded) {
        return decision(token.reason, refusals.token(token.reason))
      }
      const isOwn = token?.kind === 'valid' && token.isOwn
      const shown = isOwn ? sessions.findLive(String(token.claims.sid)) : undefined
      if (shown !== undefined) sessions.endById(shown.id)
      const session = ended ?? shown
      const response = writeAnswer(rule, confirmation)
      return decision(
        'signed_out',
        { ...response, setCookies: clearCookies(request) },
        session === undefined ? {} : { sub: session.sub, sid: session.id }
      )
    }
  }

  // Without the refresh cookie there is nothing that another site could abuse. A first sign-in has
  // no CSRF cookie yet, as with the cookie that Django and Laravel set on an earlier page.
  const hasCookie = (request: WireRequest) =>
    credential.carrier === 'cookie' && cookie.read(request).length > 0
  return {
    ...(login && { login: { answer: createLogin(login), needsCsrf: () => false } }),
    ...(refresh && { refresh: { answer: createRefresh(refresh), needsCsrf: hasCookie } }),
    ...(logout && { logout: { answer: createLogout(logout), needsCsrf: hasCookie } })
  }
}
