// Refresh credential: reads what a refresh presents. It is the refresh cookie, the access token, or
// the refresh token in an OAuth 2 form.

import type { TokenRefusal } from '../calls/outcomes.ts'
import {
  type Decision,
  decision,
  readBodyText,
  readJsonBody,
  refusal,
  type WireRequest,
  type WireResponse
} from '../http/message.ts'
import type { RefreshCookie } from '../http/refresh-cookie.ts'
import type { RefreshWith } from '../options/sessions.ts'
import type { RevocationCheck } from '../tokens/revocation.ts'
import { factsOf } from '../tokens/verify.ts'
import type { Guard } from './guard.ts'

/** The credential that a refresh presents. */
type Presented =
  /** Several if other servers have set cookies of the same name. The first known one counts. */
  | { readonly kind: 'refresh-tokens'; readonly tokens: readonly string[] }
  /** A valid access token of the server itself: its session, and the facts for the call log. */
  | { readonly kind: 'session'; readonly sid: string; readonly facts: Decision['facts'] }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly decision: Decision }

export interface RefreshCredential {
  /** The media type that a refresh request must have. */
  readonly mediaType: string
  /** Status of a refusal: 400 for an OAuth 2 grant (RFC 6749 §5.2), otherwise 401. */
  readonly refusalStatus: 400 | 401
  /** How the server sends the refresh token, if it uses one. */
  readonly carrier: 'cookie' | 'body' | 'none'
  read(request: WireRequest): Promise<Presented>
  /** The `sid` of a logout that presents an access token instead of a refresh token. */
  readSid(request: WireRequest): Promise<string | undefined>
  /** The refresh tokens that a login or logout presents. Their sessions end. */
  readPrevious(request: WireRequest, body: Readonly<Record<string, unknown>>): readonly string[]
}

export interface RefreshCredentialDeps {
  readonly refreshWith: RefreshWith
  readonly cookie: RefreshCookie
  readonly identify: Guard['identify']
  readonly revocation: Pick<RevocationCheck, 'refuseSuccessor'>
  readonly challenge: (reason: TokenRefusal) => WireResponse
}

export function createRefreshCredential({
  refreshWith,
  cookie,
  identify,
  revocation,
  challenge
}: RefreshCredentialDeps): RefreshCredential {
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
          // The guard accepts a trusted issuer's token, but its session is not ours to extend.
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
          // A repeated parameter is ambiguous (RFC 6749 §3.2).
          if (grantType === undefined || others.length > 0 || more.length > 0) {
            return badRequest('invalid_request', 'grant_type and refresh_token must be sent once')
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
