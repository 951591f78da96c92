// Tokens without a signature: the client never checks one.
import type { IssuedToken } from '../../src/auth-api/answer.ts'

export interface Claims {
  readonly sub?: string
  readonly sid?: string
  readonly iat: number
  readonly exp: number
  readonly jti?: string
}

/** A JWT with these claims, for the user `u1` unless `sub` names another. */
export function mint(claims: Claims): string {
  return encode({ alg: 'HS256', kid: 'a' }, { sub: 'u1', ...claims })
}

/** A JWT with exactly these claims. */
export function jwt(claims: Readonly<Record<string, unknown>>): string {
  return encode({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' }, claims)
}

/** A token response that contains only an access token. */
export function bareToken(accessToken: string): IssuedToken {
  return { accessToken, refreshToken: undefined, expiresInSeconds: undefined }
}

export function readClaims(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

/** Positive if `one` is newer by the server's clock: by `iat`, then by `exp`. */
export function compareClaims(one: Claims, other: Claims): number {
  return one.iat - other.iat || one.exp - other.exp
}

function encode(header: object, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(claims)}.c2ln`
}
