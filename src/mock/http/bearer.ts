// Bearer authentication (RFC 6750): reads the credential of a request, and builds the refusals.
import type { TokenRefusal } from '../calls/outcomes.ts'
import { headerValues, refusal, type WireRequest, type WireResponse } from './message.ts'

export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'token'; readonly token: string }

const bearerPattern = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i

const descriptions: Readonly<Record<TokenRefusal, string>> = {
  missing_token: 'no access token was sent',
  malformed_token: 'the access token is malformed',
  alg_not_allowed: 'the algorithm of the access token is not the one of its key',
  key_in_header: 'the access token contains a key',
  missing_kid: 'the access token does not name a key',
  unknown_kid: 'the access token names an unknown key',
  retired_key: 'the access token names a retired key',
  bad_signature: 'the signature of the access token is wrong',
  malformed_claims: 'the claims of the access token are malformed',
  wrong_type: 'the token is not an access token',
  wrong_issuer: 'the access token is from another issuer',
  wrong_audience: 'the access token is for another audience',
  token_expired: 'the access token expired',
  token_not_yet_valid: 'the access token is not valid yet',
  token_revoked: 'the access token was revoked',
  stale_version: 'the access token has an outdated token_version',
  unknown_subject: 'the access token is for an unknown user'
}

/** The credential of RFC 6750 §2.1. A token in the query or the body does not count. */
export function readCredential(request: WireRequest): Credential {
  const values = headerValues(request, 'authorization').map((value) => value.trim())
  const [value, ...others] = values
  if (value === undefined || !/^bearer\b/i.test(value)) return { kind: 'none' }
  const token = others.length === 0 ? bearerPattern.exec(value)?.[1] : undefined
  return token === undefined ? { kind: 'malformed' } : { kind: 'token', token }
}

/** 401 with the challenge of RFC 6750 §3. Without a credential it has no error code (§3.1). */
export function challenge(reason: TokenRefusal): WireResponse {
  const description = descriptions[reason]
  if (reason === 'missing_token') {
    return refusal(401, 'missing_token', description, [['WWW-Authenticate', 'Bearer']])
  }
  const value = `Bearer error="invalid_token", error_description="${description}"`
  return refusal(401, 'invalid_token', description, [['WWW-Authenticate', value]])
}

/** 401 for a missing token, and 403 without a reason for an invalid one, as many servers answer. */
export function plainRefusal(reason: TokenRefusal): WireResponse {
  return reason === 'missing_token'
    ? refusal(401, 'missing_token', 'No token provided')
    : refusal(403, 'invalid_token', 'Invalid or expired token')
}
