// Token refusal: decides by the rules of the contract whether an answer refuses the access token.

import type { ResolvedContract, ResolvedRules } from '../contract/resolved-contract.ts'
import {
  type AnswerSource,
  type Decide,
  hasForeignHeaders,
  isExplicit,
  isMarkup,
  matchesRules,
  mayMatch
} from '../lib/answer-rules.ts'
import { parseChallenges } from '../lib/challenges.ts'

export interface TokenRefusal {
  /** Whether an answer with this status may refuse the token. If not, `refuses` need not decide. */
  mayRefuse(status: number): boolean
  /** Whether the answer refuses the access token. Never rejects. */
  refuses(answer: AnswerSource): Promise<boolean>
  /** Whether a refusal says that the token is the cause (RFC 6750 §3.1). */
  isExplicit(answer: Pick<AnswerSource, 'header'>): boolean
}

export interface TokenRefusalDeps {
  readonly contract: Pick<ResolvedContract, 'attach' | 'refresh' | 'refusals'>
  readonly decide: Decide
}

// Every part is an own property: `Object.prototype` may be polluted.
const anyPattern = { status: undefined, body: undefined, text: undefined, challenge: undefined }
const unauthorized: ResolvedRules = [{ ...anyPattern, status: 401 }]
/** The token is valid but lacks a scope. A new token would lack it too (RFC 6750 §3.1). */
const insufficientScope: ResolvedRules = [
  { ...anyPattern, challenge: { error: 'insufficient_scope' } }
]

export function createTokenRefusal(deps: TokenRefusalDeps): TokenRefusal {
  const { contract, decide } = deps
  const { accessToken = unauthorized, unrelated = insufficientScope } = contract.refusals

  /** Without a refresh, a refusal ends the session, so a proxy must not cause it. */
  async function isFromElsewhere(answer: AnswerSource): Promise<boolean> {
    if (contract.refresh !== false || typeof accessToken === 'function') return false
    if (await matchesRules(accessToken.filter(isExplicit), answer)) return false
    return hasForeignHeaders(answer, contract.attach.scheme) || isMarkup(await answer.text())
  }

  return {
    mayRefuse: (status) => mayMatch(accessToken, status),
    async refuses({ status, header, text }) {
      let body: Promise<string> | undefined
      function readOnce(): Promise<string> {
        body ??= text()
        return body
      }
      const answer = { status, header, text: readOnce }
      const matches = (rules: ResolvedRules) => () => matchesRules(rules, answer)
      if (!(await decide(accessToken, answer, matches(unauthorized)))) return false
      if (await decide(unrelated, answer, matches(insufficientScope))) return false
      return !(await isFromElsewhere(answer))
    },
    isExplicit: ({ header }) =>
      parseChallenges(header('WWW-Authenticate')).some(
        ({ parameters }) => parameters.get('error') === 'invalid_token'
      )
  }
}
