// Access tokens: JWTs in the profile of RFC 9068, signed by the ring's signing key and believed only after every check.
import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose'
import type { CallFacts } from './journal.ts'
import type { KeyRing } from './keys.ts'
import type { TokenRefusal } from './outcomes.ts'
import { randomText } from './random.ts'
import type { Session } from './sessions.ts'

/** A token that was just signed. */
export interface IssuedToken {
  readonly token: string
  readonly kid: string
  readonly jti: string
  readonly expiresInSeconds: number
}

export type Verification =
  | { readonly kind: 'valid'; readonly kid: string; readonly claims: TokenClaims }
  | { readonly kind: 'refused'; readonly reason: TokenRefusal; readonly facts: CallFacts }

export type TokenClaims = Readonly<Record<string, unknown>> & {
  readonly sub: string
  readonly sid: string
  readonly jti: string
}

export interface AccessTokens {
  issue(session: Session, claims: Readonly<Record<string, unknown>>): Promise<IssuedToken>
  /** Signs the claims of a valid token again; only `iat`, `exp` and `jti` change. */
  reissue(session: Session, claims: TokenClaims): Promise<IssuedToken>
  /** Checks everything that is in the token, and that it has not been revoked; the session is the caller's to check. */
  verify(token: string): Promise<Verification>
  revokeAll(): void
}

export interface TokenRules {
  readonly issuer: string
  readonly audience: string
  readonly accessTokenSeconds: number
  readonly now: () => number
}

const type = 'at+jwt'

export function createAccessTokens(rules: TokenRules, keys: KeyRing): AccessTokens {
  const nowSeconds = () => Math.floor(rules.now() / 1000)
  /** Every token that still counts, with its `exp`; whatever is not in here has been revoked, or is not ours. */
  const live = new Map<string, number>()

  const sign = async (
    session: Session,
    claims: Readonly<Record<string, unknown>>
  ): Promise<IssuedToken> => {
    const iat = nowSeconds()
    // A re-issue must not carry a session beyond its end, or one stolen token would live for ever.
    const exp = Math.min(iat + rules.accessTokenSeconds, session.endsAtSeconds)
    const jti = randomText(12)
    const { kid, jwk } = keys.signing()
    // Registered before the signature is there: a revocation in between has to catch this one too.
    forgetExpired(live, iat)
    live.set(jti, exp)
    const token = await new SignJWT({ ...claims, iat, exp, jti })
      .setProtectedHeader({ alg: 'HS256', typ: type, kid })
      .sign(jwk)
    return { token, kid, jti, expiresInSeconds: exp - iat }
  }

  return {
    issue: (session, claims) =>
      sign(session, {
        ...claims,
        iss: rules.issuer,
        sub: session.sub,
        aud: rules.audience,
        sid: session.id
      }),
    reissue: sign,

    async verify(token) {
      const header = readHeader(token)
      if (header === undefined) return refused('malformed_token')
      const { alg, kid } = header
      if (alg !== 'HS256') return refused('alg_not_allowed')
      if (typeof kid !== 'string') return refused('missing_kid')
      // Looked up, never tried one after the other: a token that names no key of ours has none of our signatures.
      const key = keys.find(kid)
      if (key === undefined) return refused('unknown_kid', { kid })
      try {
        const { payload } = await jwtVerify(token, key.jwk, {
          algorithms: ['HS256'],
          typ: type,
          issuer: rules.issuer,
          audience: rules.audience,
          currentDate: new Date(rules.now()),
          requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp']
        })
        const claims = Object.freeze(Object.assign(Object.create(null), payload)) as TokenClaims
        if (!hasTextClaims(claims)) return refused('malformed_token', { kid })
        if (!live.has(claims.jti)) return refused('token_revoked', factsOf(kid, claims))
        return { kind: 'valid', kid, claims }
      } catch (error) {
        // jose hands out a payload only after the signature was right, so these facts are true.
        return refused(reasonFor(error), factsOf(kid, payloadOf(error)))
      }
    },

    revokeAll: () => live.clear()
  }
}

function readHeader(token: string): { alg?: unknown; kid?: unknown } | undefined {
  try {
    return decodeProtectedHeader(token)
  } catch {
    return undefined
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
    ...(typeof sid === 'string' ? { sessionId: sid } : {}),
    ...(typeof jti === 'string' ? { jti } : {})
  }
}

function payloadOf(error: unknown): Readonly<Record<string, unknown>> {
  const hasPayload =
    error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed
  return hasPayload ? error.payload : {}
}

function hasTextClaims(claims: Readonly<Record<string, unknown>>): boolean {
  return ['sub', 'sid', 'jti'].every((name) => typeof claims[name] === 'string')
}

function reasonFor(error: unknown): TokenRefusal {
  if (error instanceof errors.JWTExpired) return 'token_expired'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad_signature'
  if (!(error instanceof errors.JWTClaimValidationFailed)) return 'malformed_token'
  switch (error.claim) {
    case 'iss':
      return 'wrong_issuer'
    case 'aud':
      return 'wrong_audience'
    case 'typ':
      return 'wrong_type'
    case 'nbf':
      return 'token_not_yet_valid'
    default:
      return 'malformed_token'
  }
}

// Insertion order is close to the order of expiry, so looking at the oldest few is enough to stay bounded.
function forgetExpired(live: Map<string, number>, nowSeconds: number): void {
  for (const [jti, exp] of live) {
    if (exp > nowSeconds) return
    live.delete(jti)
  }
}
