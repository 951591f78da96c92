// Guard: admits requests with a valid access token, and re-issues the token while keys are rotated.

import type { TokenRefusal } from '../calls/outcomes.ts'
import type { ReadCredential } from '../http/bearer.ts'
import {
  type Decision,
  decision,
  inheritingNothing,
  type WireRequest,
  type WireResponse
} from '../http/message.ts'
import { refused } from '../keys/lookup.ts'
import type { Reissue } from '../tokens/reissue.ts'
import type { RevocationCheck } from '../tokens/revocation.ts'
import { factsOf, type Verification, type VerifyToken } from '../tokens/verify.ts'

/** The identity behind a request that has passed every check. */
export interface ProtectedSession {
  /** The verified claims: a frozen copy without a prototype. */
  readonly claims: Readonly<Record<string, unknown>>
  /** The `kid` of the key that signed the token. */
  readonly kid: string
  /**
   * Whether the response will carry a re-issued token (option `reissue`), unless the session ends
   * while the handler works.
   */
  readonly reissued: boolean
}

export type Respond = (session: ProtectedSession) => WireResponse | Promise<WireResponse>

export interface Guard {
  /** Calls `respond` if the token is valid. An error of `respond` propagates. */
  admit(request: WireRequest, respond: Respond): Promise<Decision>
  /** Verifies the token of a request without answering it. */
  identify(request: WireRequest): Promise<Verification>
}

export interface GuardDeps {
  readonly readCredential: ReadCredential
  readonly verify: VerifyToken
  readonly revocation: RevocationCheck
  readonly reissue: Reissue
  /** Builds the response to a request without a valid token. */
  readonly refuse: (reason: TokenRefusal) => WireResponse
}

export function createGuard({
  readCredential,
  verify,
  revocation,
  reissue,
  refuse
}: GuardDeps): Guard {
  async function identify(request: WireRequest): Promise<Verification> {
    const credential = readCredential(request)
    if (credential.kind === 'none') return refused('missing_token')
    if (credential.kind === 'malformed') return refused('malformed_token')
    const result = await verify(credential.token)
    if (result.kind === 'refused') return result
    const reason = revocation.refuse(result.claims, result.isOwn)
    if (reason === undefined) return result
    return refused(reason, factsOf(result.kid, result.claims))
  }

  return {
    identify,

    async admit(request, respond) {
      const result = await identify(request)
      if (result.kind === 'refused') {
        return decision(result.reason, refuse(result.reason), result.facts)
      }
      const { kid, claims, isOwn } = result
      const facts = factsOf(kid, claims)
      const issued = isOwn ? await reissue.issueFor(kid, claims) : undefined
      const response = await respond({ claims, kid, reissued: issued !== undefined })
      const outcome = inheritingNothing(response).failed ? 'failed' : 'accepted'
      // Check again: the session may have ended while the handler was working.
      const isStillValid =
        issued !== undefined &&
        revocation.refuse(claims, isOwn) === undefined &&
        reissue.mayStillSend(issued, kid, claims)
      // Status 0: the adapter's host answers the request instead, so no header can be added.
      const isAnswered = response.status !== 0
      if (!isStillValid || !isAnswered) return decision(outcome, response, facts)
      return decision(outcome, reissue.write(response, issued.token), {
        ...facts,
        reissued: true,
        issuedJti: issued.jti,
        issuedKid: issued.kid
      })
    }
  }
}
