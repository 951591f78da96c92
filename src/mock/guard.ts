// What stands before everything that needs an access token: verification, and re-issue while keys are rotated.
import { type AccessTokens, factsOf, type IssuedToken, type TokenClaims } from './access-tokens.ts'
import { challenge, readCredential } from './bearer.ts'
import { withMember } from './cors.ts'
import type { KeyRing } from './keys.ts'
import type { Sessions } from './sessions.ts'
import { type Verdict, verdict } from './verdict.ts'
import type { WireRequest, WireResponse } from './wire.ts'

/** Who is asking, after every check. */
export interface ProtectedSession {
  /** The verified claims: a frozen copy without a prototype. */
  readonly claims: Readonly<Record<string, unknown>>
  /** The `kid` of the key that signed the token. */
  readonly kid: string
  /** Will the answer carry a new token, since that key is on its way out? */
  readonly reissued: boolean
}

export type Respond = (session: ProtectedSession) => WireResponse | Promise<WireResponse>

export interface Guard {
  /** Answers through `respond` if the token is good; what `respond` throws goes through. */
  admit(request: WireRequest, respond: Respond): Promise<Verdict>
}

export function createGuard(tokens: AccessTokens, sessions: Sessions, keys: KeyRing): Guard {
  const reissueFor = (kid: string, claims: TokenClaims): Promise<IssuedToken> | undefined => {
    const session = sessions.findLive(claims.sid)
    return session === undefined || kid === keys.signing().kid
      ? undefined
      : tokens.reissue(session, claims)
  }

  return {
    async admit(request, respond) {
      const credential = readCredential(request)
      if (credential.kind === 'none') return verdict('missing_token', challenge('missing_token'))
      if (credential.kind === 'malformed') {
        return verdict('malformed_token', challenge('malformed_token'))
      }
      const result = await tokens.verify(credential.token)
      if (result.kind === 'refused') {
        return verdict(result.reason, challenge(result.reason), result.facts)
      }
      const { kid, claims } = result
      const facts = factsOf(kid, claims)
      if (sessions.findLive(claims.sid)?.sub !== claims.sub) {
        return verdict('token_revoked', challenge('token_revoked'), facts)
      }
      const issued = await reissueFor(kid, claims)
      const response = await respond({ claims, kid, reissued: issued !== undefined })
      // The handler took its time; whoever signed out meanwhile is not handed a token for the way.
      if (issued === undefined || sessions.findLive(claims.sid) === undefined) {
        return verdict('accepted', response, facts)
      }
      return verdict('accepted', withReissuedToken(response, issued.token), {
        ...facts,
        reissued: true,
        issuedJti: issued.jti,
        issuedKid: issued.kid
      })
    }
  }
}

function withReissuedToken(response: WireResponse, token: string): WireResponse {
  const expose = withMember(response.headers, 'Access-Control-Expose-Headers', 'Authorization')
  const replaced = ['authorization', 'cache-control', 'access-control-expose-headers']
  return {
    ...response,
    headers: [
      ...response.headers.filter(([name]) => !replaced.includes(name.toLowerCase())),
      ['Authorization', `Bearer ${token}`],
      // `*` would not count here: next to credentials it is the name of a header, and it never covers `Authorization`.
      ['Access-Control-Expose-Headers', expose],
      // A cache that keeps this answer would hand the token to whoever asks next.
      ['Cache-Control', 'no-store']
    ]
  }
}
