// Access tokens: JWTs in the profile of RFC 9068, signed by the ring's signing key and entered in the ledger.
import { SignJWT } from 'jose/jwt/sign'
import type { OwnKey } from '../keys/key.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { accessTokenType } from '../keys/registry.ts'
import { randomName } from '../lib/crypto.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { Session, Sessions } from '../sessions/sessions.ts'
import type { IssuedTokens } from './issued-tokens.ts'

/** A token that was just signed. */
export interface IssuedToken {
  readonly token: string
  readonly kid: string
  readonly jti: string
  readonly expiresInSeconds: number
}

/** The header and the claims of a token, before it is signed. */
export interface TokenDraft {
  readonly key: OwnKey
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>> & {
    readonly iat: number
    readonly exp: number
    readonly jti: string
  }
}

export interface AccessTokens {
  /** A new token of this session, with the user's claims; none where the session has ended. */
  issue(
    session: Session,
    claims: Readonly<Record<string, unknown>>
  ): Promise<IssuedToken | undefined>
  /** Signs the claims of a valid token again; only `iat`, `exp` and `jti` change. */
  reissue(session: Session, claims: Readonly<Record<string, unknown>>): Promise<IssuedToken>
  /** What `issue` would sign; entered in the ledger already. */
  draft(session: Session, claims: Readonly<Record<string, unknown>>): TokenDraft
}

export interface AccessTokenConfig {
  readonly issuer: string
  readonly audience: string
  readonly accessTokenSeconds: number
  readonly now: () => number
}

export interface AccessTokensDeps {
  readonly ring: Pick<KeyRing, 'signing' | 'find'>
  readonly issuedTokens: IssuedTokens
  readonly sessions: Pick<Sessions, 'findLive'>
}

export function createAccessTokens(
  rules: AccessTokenConfig,
  { ring, issuedTokens, sessions }: AccessTokensDeps
): AccessTokens {
  const draftOf = (session: Session, claims: Readonly<Record<string, unknown>>): TokenDraft => {
    const iat = Math.floor(rules.now() / 1000)
    // A re-issue must not carry a session beyond its end, or one stolen token would live for ever.
    const exp = Math.min(iat + rules.accessTokenSeconds, session.aliveUntilSeconds)
    const jti = randomName()
    const key = ring.signing()
    // Entered before the signature is there: a revocation in between has to catch this one too.
    issuedTokens.enter(jti, exp, iat)
    return {
      key,
      header: { alg: key.alg, typ: accessTokenType, kid: key.kid },
      claims: { ...claims, iat, exp, jti }
    }
  }

  const own = (session: Session, claims: Readonly<Record<string, unknown>>) => ({
    ...claims,
    iss: rules.issuer,
    sub: session.sub,
    aud: rules.audience,
    sid: session.id,
    auth_time: session.startedAtSeconds
  })

  return {
    async issue(session, claims) {
      for (;;) {
        // With no `await` before the key is chosen: an emergency that came between the two would leave a dead session
        // with a token of the new key.
        if (sessions.findLive(session.id) === undefined) return undefined
        const issued = await finish(draftOf(session, own(session, claims)))
        // A key takes its time to be made, and may be gone by then.
        if (ring.find(issued.kid) !== undefined) return issued
      }
    },
    reissue: (session, claims) => finish(draftOf(session, claims)),
    draft: (session, claims) => draftOf(session, own(session, claims))
  }
}

async function finish(draft: TokenDraft): Promise<IssuedToken> {
  const { iat, exp, jti } = draft.claims
  return { token: await sign(draft), kid: draft.key.kid, jti, expiresInSeconds: exp - iat }
}

async function sign({ key, header, claims }: TokenDraft): Promise<string> {
  const { signWith } = await key.material()
  if (signWith === undefined) {
    throw new MockAuthServerError('cannot_sign', `Key ${key.kid} has no private half.`)
  }
  return new SignJWT(claims).setProtectedHeader({ ...header, alg: key.alg }).sign(signWith)
}
