// What stands before everything that needs an access token: verification, and re-issue while keys are rotated.

import type { TokenRefusal } from '../calls/outcomes.ts'
import { type Credential, readCredential } from '../http/bearer.ts'
import { type Decision, decision } from '../http/decision.ts'
import { inheritingNothing, type WireRequest, type WireResponse } from '../http/message.ts'
import { refused } from '../keys/lookup.ts'
import type { Reissue } from '../tokens/reissue.ts'
import type { RevocationCheck } from '../tokens/revocation.ts'
import { factsOf, type Verification, type VerifyToken } from '../tokens/verify.ts'

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
  admit(request: WireRequest, respond: Respond): Promise<Decision>
  /** Who is asking, without an answer yet. */
  identify(request: WireRequest): Promise<Verification>
}

export interface GuardDeps {
  readonly check: VerifyToken
  readonly revocation: RevocationCheck
  readonly reissue: Reissue
  /** The answer to a call without a good token. */
  readonly challenge: (reason: TokenRefusal) => WireResponse
}

export function createGuard({ check, revocation, reissue, challenge }: GuardDeps): Guard {
  const identify = async (request: WireRequest): Promise<Verification> => {
    const credential: Credential = readCredential(request)
    if (credential.kind === 'none') return refused('missing_token')
    if (credential.kind === 'malformed') return refused('malformed_token')
    const result = await check(credential.token)
    if (result.kind === 'refused') return result
    const reason = revocation.refuse(result.claims, result.isOwn)
    if (reason === undefined) return result
    return { kind: 'refused', reason, facts: factsOf(result.kid, result.claims) }
  }

  return {
    identify,

    async admit(request, respond) {
      const result = await identify(request)
      if (result.kind === 'refused') {
        return decision(result.reason, challenge(result.reason), result.facts)
      }
      const { kid, claims, isOwn } = result
      const facts = factsOf(kid, claims)
      const issued = isOwn ? await reissue.issueFor(kid, claims) : undefined
      const response = await respond({ claims, kid, reissued: issued !== undefined })
      // The handler took its time; whoever signed out meanwhile is not handed a token for the way.
      const outcome = inheritingNothing(response).failed ? 'failed' : 'accepted'
      const isStillGood =
        issued !== undefined &&
        revocation.refuse(claims, isOwn) === undefined &&
        reissue.mayFollow(issued, kid, claims)
      // What somebody else is going to answer carries nothing from here either.
      const isAnswered = response.status !== 0
      if (!isStillGood || !isAnswered) return decision(outcome, response, facts)
      return decision(outcome, reissue.write(response, issued.token), {
        ...facts,
        reissued: true,
        issuedJti: issued.jti,
        issuedKid: issued.kid
      })
    }
  }
}
