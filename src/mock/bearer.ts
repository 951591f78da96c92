// The request's side of RFC 6750: finding the one Bearer credential, and refusing a request for the lack of it.
import type { TokenRefusal } from './outcomes.ts'
import { headerValues, refusal, type WireRequest, type WireResponse } from './wire.ts'

export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'token'; readonly token: string }

const bearerPattern = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i

const descriptions: Readonly<Record<TokenRefusal, string>> = {
  missing_token: 'no access token was sent',
  malformed_token: 'the access token is malformed',
  alg_not_allowed: 'the access token is not signed with HS256',
  missing_kid: 'the access token names no key',
  unknown_kid: 'the access token names a key that is unknown or retired',
  bad_signature: 'the signature of the access token is wrong',
  wrong_type: 'the token is no access token',
  wrong_issuer: 'the access token is from another issuer',
  wrong_audience: 'the access token is for another audience',
  token_expired: 'the access token expired',
  token_not_yet_valid: 'the access token is not valid yet',
  token_revoked: 'the access token was revoked'
}

/** The credential of RFC 6750 §2.1; a token in the query or the body is none. */
export function readCredential(request: WireRequest): Credential {
  const values = headerValues(request, 'authorization').map((value) => value.trim())
  const [value, ...others] = values
  if (value === undefined || !/^bearer\b/i.test(value)) return { kind: 'none' }
  const token = others.length === 0 ? bearerPattern.exec(value)?.[1] : undefined
  return token === undefined ? { kind: 'malformed' } : { kind: 'token', token }
}

/** 401 with the challenge of RFC 6750 §3; without a credential it bears no error code (§3.1). */
export function challenge(reason: TokenRefusal): WireResponse {
  const description = descriptions[reason]
  if (reason === 'missing_token') {
    return refusal(401, 'missing_token', description, [['WWW-Authenticate', 'Bearer']])
  }
  const value = `Bearer error="invalid_token", error_description="${description}"`
  return refusal(401, 'invalid_token', description, [['WWW-Authenticate', value]])
}
