// Access tokens: JWTs (RFC 9068), signed by the signing key, and the record of the issued ones.

import { SignJWT } from 'jose/jwt/sign'
import { accessTokenType } from '../keys/given-key.ts'
import type { OwnKey } from '../keys/key.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { randomName } from '../lib/crypto.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'

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
    issuedTokens.record({ jti, sid: session.id, expSeconds: exp }, iat)
    return {
      key,
      header: { alg: key.alg, typ: accessTokenType, kid: key.kid },
      claims: { ...claims, iat, exp, jti }
    }
  }

  function draft(session: Session, claims: Claims): TokenDraft {
    return draftWith(session, {
      sub: session.sub,
      ...claims,
      iss: issuer,
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

/** The `jti` of each access token that counts, and of each that was revoked. */
export interface IssuedTokens {
  /** Records a token. Call it before the token is signed. */
  record(token: TokenRecord, nowSeconds: number): void
  /** For a token made by `mint`: stores the index of the next call; `Infinity` for a forged one. */
  noteMinted(jti: string, beforeCall: number): void
  /** The value from `noteMinted`; `undefined` for tokens that were not minted. */
  mintedBefore(jti: string): number | undefined
  /** Whether `expireAll` has expired this token. */
  isExpired(jti: string): boolean
  /** Whether this token was revoked, or was never issued here. */
  isRevoked(jti: string): boolean
  /** Whether this token was revoked by its `jti`, even if another issuer issued it. */
  isOnRevocationList(jti: unknown): boolean
  revoke(jti: string): void
  /** Revokes the tokens of a session issued so far. */
  revokeSession(sid: string): void
  /** Revokes every token issued so far. */
  revokeAll(): void
  /** Expires every token issued so far. */
  expireAll(): void
  reset(): void
}

interface TokenRecord {
  readonly jti: string
  readonly sid: string
  readonly expSeconds: number
}

interface Entry extends TokenRecord {
  readonly isExpired: boolean
}

/**
 * Expired tokens are forgotten beyond this number, to limit memory. Up to it they are kept, because
 * they are valid again if the clock moves back.
 */
const keptTokens = 10_000

export function createIssuedTokens(clockToleranceSeconds: number): IssuedTokens {
  /** The tokens that count. A token that is missing was revoked, or was not issued here. */
  const live = new Map<string, Entry>()
  const revoked = new Set<string>()
  const mintedBefore = new Map<string, number>()

  // Tokens expire roughly in the order in which they were issued, so the oldest are checked first.
  // A token that still counts moves to the end. Otherwise a minted one with a late `exp` would keep
  // all later tokens in memory.
  function forgetExpired(nowSeconds: number): void {
    for (const [jti, entry] of live) {
      if (live.size < keptTokens) return
      live.delete(jti)
      if (entry.expSeconds + clockToleranceSeconds > nowSeconds) {
        live.set(jti, entry)
        return
      }
    }
  }

  return {
    record(token, nowSeconds) {
      forgetExpired(nowSeconds)
      live.set(token.jti, { ...token, isExpired: false })
    },
    noteMinted: (jti, beforeCall) => void mintedBefore.set(jti, beforeCall),
    mintedBefore: (jti) => mintedBefore.get(jti),
    isExpired: (jti) => live.get(jti)?.isExpired ?? false,
    isRevoked: (jti) => revoked.has(jti) || !live.has(jti),
    isOnRevocationList: (jti) => typeof jti === 'string' && revoked.has(jti),
    revoke: (jti) => void revoked.add(jti),
    revokeSession(sid) {
      for (const [jti, entry] of live) if (entry.sid === sid) live.delete(jti)
    },
    revokeAll: () => live.clear(),
    expireAll() {
      for (const [jti, entry] of live) live.set(jti, { ...entry, isExpired: true })
    },
    reset() {
      live.clear()
      revoked.clear()
      mintedBefore.clear()
    }
  }
}
