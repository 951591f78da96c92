// Access tokens: JWTs (RFC 9068), signed by the signing key and recorded among the issued tokens.
import { SignJWT } from 'jose/jwt/sign'
import { accessTokenType } from '../keys/given-key.ts'
import type { OwnKey } from '../keys/key.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { randomName } from '../lib/crypto.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { Session, Sessions } from '../sessions/sessions.ts'
import type { IssuedTokens } from './issued-tokens.ts'

/** A signed token. */
export interface IssuedToken {
  readonly token: string
  readonly kid: string
  readonly jti: string
  readonly expiresInSeconds: number
}

/** Header and claims of a token that is not signed yet. */
export interface TokenDraft {
  readonly key: OwnKey
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Claims & { readonly iat: number; readonly exp: number; readonly jti: string }
}

type Claims = Readonly<Record<string, unknown>>

export interface AccessTokens {
  /** A new token of this session with the user's claims. `undefined` if the session has ended. */
  issue(session: Session, claims: Claims): Promise<IssuedToken | undefined>
  /** A new token with the claims of a valid one. Only `iat`, `exp` and `jti` change. */
  reissue(session: Session, claims: Claims): Promise<IssuedToken>
  /** The draft that `issue` would sign. It is recorded among the issued tokens. */
  draft(session: Session, claims: Claims): TokenDraft
}

export interface AccessTokensDeps {
  readonly issuer: string
  readonly audience: string
  readonly accessTokenSeconds: number
  readonly now: () => number
  readonly ring: Pick<KeyRing, 'signing' | 'find'>
  readonly issuedTokens: IssuedTokens
  readonly sessions: Pick<Sessions, 'findLive'>
}

export function createAccessTokens({
  issuer,
  audience,
  accessTokenSeconds,
  now,
  ring,
  issuedTokens,
  sessions
}: AccessTokensDeps): AccessTokens {
  function draftWith(session: Session, claims: Claims): TokenDraft {
    const iat = Math.floor(now() / 1000)
    // No token outlives its session. Otherwise re-issues could extend a stolen token forever.
    const exp = Math.min(iat + accessTokenSeconds, session.aliveUntilSeconds)
    const jti = randomName()
    const key = ring.signing()
    // Recorded before it is signed, so that a revocation during the signing includes this token.
    issuedTokens.enter(jti, exp, iat)
    return {
      key,
      header: { alg: key.alg, typ: accessTokenType, kid: key.kid },
      claims: { ...claims, iat, exp, jti }
    }
  }

  function draft(session: Session, claims: Claims): TokenDraft {
    return draftWith(session, {
      ...claims,
      iss: issuer,
      sub: session.sub,
      aud: audience,
      sid: session.id,
      auth_time: session.startedAtSeconds
    })
  }

  return {
    async issue(session, claims) {
      for (;;) {
        // No `await` between this check and the choice of the key. Otherwise an emergency rotation
        // in between would give an ended session a token of the new key.
        if (sessions.findLive(session.id) === undefined) return undefined
        const issued = await sign(draft(session, claims))
        // The key may be retired while it is generated; then the next one signs.
        if (ring.find(issued.kid) !== undefined) return issued
      }
    },
    reissue: (session, claims) => sign(draftWith(session, claims)),
    draft
  }
}

async function sign({ key, header, claims }: TokenDraft): Promise<IssuedToken> {
  const { signWith } = await key.material()
  if (signWith === undefined) {
    throw new MockAuthServerError('cannot_sign', `Key ${key.kid} has no private half.`)
  }
  const token = await new SignJWT(claims)
    .setProtectedHeader({ ...header, alg: key.alg })
    .sign(signWith)
  return { token, kid: key.kid, jti: claims.jti, expiresInSeconds: claims.exp - claims.iat }
}
