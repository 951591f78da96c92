// Token verification: checks key, signature and every claim of an access token (RFC 9068 §4).

import * as errors from 'jose/errors'
import { jwtVerify } from 'jose/jwt/verify'
import type { CallFacts } from '../calls/call.ts'
import type { TokenRefusal } from '../calls/outcomes.ts'
import { usableMaterial } from '../keys/key.ts'
import { type Candidate, type LookUpKeys, type RefusedToken, refused } from '../keys/lookup.ts'

export type Verification =
  | {
      readonly kind: 'valid'
      readonly kid: string
      /** Whether the server itself signed the token. Its session is then one of the server. */
      readonly isOwn: boolean
      readonly claims: TokenClaims
    }
  | RefusedToken

/** The claims of a valid token. The server's own tokens also have `sid` and `jti`, as strings. */
export type TokenClaims = Readonly<Record<string, unknown>> & { readonly sub: string | number }

/** Checks what the token contains. The revocation check decides whether it still counts. */
export type VerifyToken = (token: string) => Promise<Verification>

export interface TokenVerifierDeps {
  readonly lookUpKeys: LookUpKeys
  readonly clockToleranceSeconds: number
  /** Whether `sub` may be a number, because a user's id is one. */
  readonly hasNumericSubjects: boolean
  readonly now: () => number
}

export function createTokenVerifier({
  lookUpKeys,
  clockToleranceSeconds,
  hasNumericSubjects,
  now
}: TokenVerifierDeps): VerifyToken {
  function isWellFormed(
    claims: Readonly<Record<string, unknown>>,
    isOwn: boolean
  ): claims is TokenClaims {
    const isNumber = isOwn && hasNumericSubjects && typeof claims.sub === 'number'
    const texts = [...(isNumber ? [] : ['sub']), ...(isOwn ? ['sid', 'jti'] : [])]
    // JSON.parse reads `1e400` as Infinity, which would be a token that never expires.
    return texts.every((name) => typeof claims[name] === 'string') && Number.isFinite(claims.exp)
  }

  async function verifyWith(candidate: Candidate, token: string): Promise<Verification> {
    const { key, expected, isOwn } = candidate
    const { kid } = key
    const material = await usableMaterial(key)
    if (material === undefined) return refused('bad_signature', { kid })
    try {
      // jose verifies the signature with WebCrypto, which takes the same time for every wrong one.
      const { payload } = await jwtVerify(token, material.verifyWith, {
        algorithms: [key.alg],
        typ: expected.typ,
        issuer: expected.issuer,
        audience: expected.audience,
        currentDate: new Date(now()),
        clockTolerance: clockToleranceSeconds,
        requiredClaims: isOwn ? ['sub', 'sid', 'jti', 'iat', 'exp'] : ['sub', 'exp']
      })
      const claims = Object.freeze(Object.assign(Object.create(null), payload))
      return isWellFormed(claims, isOwn)
        ? { kind: 'valid', kid, isOwn, claims }
        : refused('malformed_claims', { kid })
    } catch (error) {
      // These facts are authentic: jose attaches a payload only if the signature is valid.
      return refused(reasonFor(error), factsOf(kid, payloadOf(error)))
    }
  }

  return async (token) => {
    const lookup = lookUpKeys(token)
    if (lookup.kind === 'refused') return lookup
    if (!isCompactJws(token)) return refused('malformed_token')
    let last: Verification = refused('missing_kid')
    for (const candidate of lookup.candidates) {
      last = await verifyWith(candidate, token)
      if (last.kind === 'valid' || last.reason !== 'bad_signature') return last
    }
    return last
  }
}

/** The part of a token that the call log records. */
export function factsOf(kid: string, claims: Readonly<Record<string, unknown>>): CallFacts {
  const { sub, sid, jti } = claims
  return {
    kid,
    ...(typeof sub === 'string' || typeof sub === 'number' ? { sub: String(sub) } : {}),
    ...(typeof sid === 'string' ? { sid } : {}),
    ...(typeof jti === 'string' ? { jti } : {})
  }
}

function payloadOf(error: unknown): Readonly<Record<string, unknown>> {
  const hasPayload =
    error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed
  return hasPayload ? error.payload : {}
}

function reasonFor(error: unknown): TokenRefusal {
  if (error instanceof errors.JWTExpired) return 'token_expired'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad_signature'
  if (error instanceof errors.JWTInvalid) return 'malformed_claims'
  if (!(error instanceof errors.JWTClaimValidationFailed)) return 'malformed_token'
  switch (error.claim) {
    case 'iss':
      return 'wrong_issuer'
    case 'aud':
      return 'wrong_audience'
    case 'typ':
      return 'wrong_type'
    case 'nbf':
      return error.reason === 'invalid' ? 'malformed_claims' : 'token_not_yet_valid'
    default:
      return 'malformed_claims'
  }
}

// Compact JWS syntax: three parts of canonical base64url, without padding (RFC 7515 §7.1).
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const partPattern = /^[A-Za-z0-9_-]*$/

/**
 * Whether the text is the only spelling of its token. Decoders ignore padding and unused bits, so
 * that one token has several spellings. A cache or a list of revoked tokens would miss the others
 * (RFC 4648 §3.5).
 */
function isCompactJws(token: string): boolean {
  const parts = token.split('.')
  return parts.length === 3 && parts.every(isCanonical)
}

function isCanonical(part: string): boolean {
  if (!partPattern.test(part)) return false
  const last = alphabet.indexOf(part.at(-1) ?? 'A')
  // A character encodes six bits. The last one has four or two unused bits, which must be zero.
  const unused = [0, 6, 4, 2][part.length % 4] ?? 0
  return unused !== 6 && last % 2 ** unused === 0
}
