// The ways in which a refresh shows that it may: by the cookie, by the access token, by the form of OAuth 2.

import type { TokenRefusal } from '../calls/outcomes.ts'
import { type Decision, decision } from '../http/decision.ts'
import { readBodyText, readJsonBody } from '../http/json-body.ts'
import { refusal, type WireRequest, type WireResponse } from '../http/message.ts'
import type { RefreshCookie } from '../http/refresh-cookie.ts'
import type { RefreshWith } from '../options/sessions.ts'
import type { RevocationCheck } from '../tokens/revocation.ts'
import { factsOf } from '../tokens/verify.ts'
import type { Guard } from './guard.ts'

/** What a refresh shows. */
type Presented =
  /** Several where the browser has cookies of other servers under the same name: the one that is known counts. */
  | { readonly kind: 'refresh-tokens'; readonly tokens: readonly string[] }
  /** A good access token of the server's own: the session it belongs to, and what the journal may know. */
  | { readonly kind: 'session'; readonly sid: string; readonly facts: Decision['facts'] }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly decision: Decision }

export interface RefreshCredential {
  /** What a refresh has to be sent as. */
  readonly mediaType: string
  /** Status of a refusal: 401 for a credential of HTTP, 400 for a grant of OAuth 2 (RFC 6749 §5.2). */
  readonly refusalStatus: 400 | 401
  /** Where a refresh token travels, if there is one. */
  readonly carrier: 'cookie' | 'body' | 'none'
  read(request: WireRequest): Promise<Presented>
  /** The `sid` of the session that a sign-out shows, where it has no refresh token to show. */
  readSid(request: WireRequest): Promise<string | undefined>
  /** The refresh tokens that a sign-out or a login shows. */
  readPrevious(request: WireRequest, body: Readonly<Record<string, unknown>>): readonly string[]
}

export interface RefreshCredentialDeps {
  readonly cookie: RefreshCookie
  readonly identify: Guard['identify']
  readonly revocation: Pick<RevocationCheck, 'refuseSuccessor'>
  readonly challenge: (reason: TokenRefusal) => WireResponse
}

export function createRefreshCredential(
  refreshWith: RefreshWith,
  parts: RefreshCredentialDeps
): RefreshCredential {
  const { cookie, identify, revocation, challenge } = parts
  switch (refreshWith) {
    case 'cookie':
      return {
        mediaType: 'application/json',
        refusalStatus: 401,
        carrier: 'cookie',
        async read(request) {
          const body = await readJsonBody(request)
          return body.kind === 'refused' ? body : tokensOrNothing(cookie.read(request))
        },
        readSid: async () => undefined,
        readPrevious: (request) => cookie.read(request)
      }

    case 'access-token':
      return {
        mediaType: 'application/json',
        refusalStatus: 401,
        carrier: 'none',
        async read(request) {
          const body = await readJsonBody(request)
          if (body.kind === 'refused') return body
          const result = await identify(request)
          if (result.kind === 'refused') {
            const { reason, facts } = result
            return { kind: 'refused', decision: decision(reason, challenge(reason), facts) }
          }
          const { kid, claims, isOwn } = result
          const facts = factsOf(kid, claims)
          // Another issuer's token opens doors here, but its session is none of ours to prolong.
          const reason = isOwn ? revocation.refuseSuccessor(claims) : 'wrong_issuer'
          return reason === undefined
            ? { kind: 'session', sid: String(claims.sid), facts }
            : { kind: 'refused', decision: decision(reason, challenge(reason), facts) }
        },
        async readSid(request) {
          const result = await identify(request)
          return result.kind === 'valid' && result.isOwn ? String(result.claims.sid) : undefined
        },
        readPrevious: () => []
      }

    case 'refresh-token':
      return {
        mediaType: 'application/x-www-form-urlencoded',
        refusalStatus: 400,
        carrier: 'body',
        async read(request) {
          const text = await readBodyText(request)
          if (typeof text !== 'string') return text
          const form = new URLSearchParams(text)
          const [grantType, ...others] = form.getAll('grant_type')
          const [token, ...more] = form.getAll('refresh_token')
          // A parameter that is there twice could mean two things (RFC 6749 §3.2).
          if (grantType === undefined || others.length > 0 || more.length > 0) {
            return badRequest('invalid_request', 'grant_type and refresh_token must be there once')
          }
          return grantType === 'refresh_token'
            ? tokensOrNothing(token === undefined || token === '' ? [] : [token])
            : badRequest('unsupported_grant_type', 'the grant type must be refresh_token')
        },
        readSid: async () => undefined,
        readPrevious: (_request, { refresh_token: token }) =>
          typeof token === 'string' ? [token] : []
      }
  }
}

function tokensOrNothing(tokens: readonly string[]): Presented {
  return tokens.length === 0 ? { kind: 'nothing' } : { kind: 'refresh-tokens', tokens }
}

function badRequest(error: string, description: string): Presented {
  return { kind: 'refused', decision: decision('bad_request', refusal(400, error, description)) }
}
