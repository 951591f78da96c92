// What is in an access token: believed only after its key, its signature and every claim were checked (RFC 9068 §4).

import * as errors from 'jose/errors'
import { jwtVerify } from 'jose/jwt/verify'
import type { CallFacts } from '../calls/call.ts'
import type { TokenRefusal } from '../calls/outcomes.ts'
import { usableMaterial } from '../keys/key.ts'
import { type Candidate, type KeyLookup, lookUpKey } from '../keys/lookup.ts'
import { isCompactJws } from './compact-jws.ts'

export type Verification =
  | {
      readonly kind: 'valid'
      readonly kid: string
      /** Was it signed by the server itself? Then it belongs to a session of the server's. */
      readonly isOwn: boolean
      readonly claims: TokenClaims
    }
  | { readonly kind: 'refused'; readonly reason: TokenRefusal; readonly facts: CallFacts }

/** The claims of a good token. One of the server's own has `sid` and `jti` too, as text. */
export type TokenClaims = Readonly<Record<string, unknown>> & { readonly sub: string }

export interface TokenCheckDeps {
  readonly clockToleranceSeconds: number
  readonly now: () => number
}

/** Checks everything that is in the token; whether it still counts is for others to say. */
export type VerifyToken = (token: string) => Promise<Verification>

export function createTokenVerifier(rules: TokenCheckDeps, keys: KeyLookup): VerifyToken {
  const checkWith = async (token: string, candidate: Candidate): Promise<Verification> => {
    const { key, expected, isOwn } = candidate
    const { kid } = key
    const material = await usableMaterial(key)
    if (material === undefined) return refused('bad_signature', { kid })
    try {
      // The signature is compared by the platform's own `verify`, in the same time for every wrong one.
      const { payload } = await jwtVerify(token, material.verifyWith, {
        algorithms: [key.alg],
        typ: expected.typ,
        issuer: expected.issuer,
        audience: expected.audience,
        currentDate: new Date(rules.now()),
        clockTolerance: rules.clockToleranceSeconds,
        requiredClaims: isOwn ? ['sub', 'sid', 'jti', 'iat', 'exp'] : ['sub', 'exp']
      })
      const claims = Object.freeze(Object.assign(Object.create(null), payload))
      return isWellFormed(claims, isOwn)
        ? { kind: 'valid', kid, isOwn, claims }
        : refused('malformed_claims', { kid })
    } catch (error) {
      // jose hands out a payload only after the signature was right, so these facts are true.
      return refused(reasonFor(error), factsOf(kid, payloadOf(error)))
    }
  }

  return async (token) => {
    const lookup = lookUpKey(token, keys)
    if (lookup.kind === 'refused') return lookup
    if (!isCompactJws(token)) return refused('malformed_token')
    let last: Verification = refused('missing_kid')
    for (const candidate of lookup.candidates) {
      last = await checkWith(token, candidate)
      if (last.kind === 'valid' || last.reason !== 'bad_signature') return last
    }
    return last
  }
}

function refused(reason: TokenRefusal, facts: CallFacts = {}): Verification {
  return { kind: 'refused', reason, facts }
}

/** What the journal may know of a token. */
export function factsOf(kid: string, claims: Readonly<Record<string, unknown>>): CallFacts {
  const { sub, sid, jti } = claims
  return {
    kid,
    ...(typeof sub === 'string' ? { sub } : {}),
    ...(typeof sid === 'string' ? { sid } : {}),
    ...(typeof jti === 'string' ? { jti } : {})
  }
}

function payloadOf(error: unknown): Readonly<Record<string, unknown>> {
  const hasPayload =
    error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed
  return hasPayload ? error.payload : {}
}

function isWellFormed(
  claims: Readonly<Record<string, unknown>>,
  isOwn: boolean
): claims is TokenClaims {
  const texts = isOwn ? ['sub', 'sid', 'jti'] : ['sub']
  // `1e400` in JSON is Infinity: a token that never expires.
  return texts.every((name) => typeof claims[name] === 'string') && Number.isFinite(claims.exp)
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
