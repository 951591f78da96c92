// Tokens without a signature: the client never checks one.
import { readResultTokens } from '../../src/auth-api/answers/read-token.ts'
import type { IssuedToken } from '../../src/auth-api/answers/token-answer.ts'
import { defaultTokens, defaultUserId } from '../../src/contract/default-contract.ts'
import type { Moment } from '../../src/lib/time.ts'
import { createReceiveToken, type ReceivedToken } from '../../src/session/held-token.ts'
import { createReadUser } from '../../src/session/user.ts'

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
  return {
    accessToken,
    refreshToken: undefined,
    expiresInSeconds: undefined,
    serverNowMs: undefined,
    answer: undefined
  }
}

/** Receives a token of a sign-in, with the default contract. */
export function receiveToken(token: IssuedToken, receivedAt: Moment): ReceivedToken {
  const receive = createReceiveToken({
    platform: { now: () => receivedAt.wallMs, monotonicNow: () => receivedAt.monotonicMs },
    readUser: createReadUser({ id: defaultUserId, profile: undefined }),
    onContradiction: undefined
  })
  return receive(token, { isSignIn: true, previous: undefined })
}

/** Reads a token response by the default contract. */
export function readTokenResponse(body: unknown): IssuedToken {
  return readResultTokens(body, defaultTokens, {
    source: 'It',
    nowMs: 0,
    serverNowMs: undefined,
    keepsRefreshToken: false,
    onWrongLifetime() {}
  })
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
