// Token refusal: decides by the rules of the contract whether an answer refuses the access token.

import type { ResolvedContract, ResolvedRules } from '../contract/resolved-contract.ts'
import {
  type AnswerSource,
  hasForeignHeaders,
  isExplicit,
  isMarkup,
  matchesRules,
  mayMatch,
  orByDefault
} from '../lib/answer-rules.ts'
import { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { createWaiting } from '../lib/time.ts'

export interface TokenRefusal {
  /** Whether an answer with this status may refuse the token. If not, `refuses` need not decide. */
  mayRefuse(status: number): boolean
  /** Whether the answer refuses the access token. Never rejects. */
  refuses(answer: AnswerSource): Promise<boolean>
  /** Ends the waits for functions of the contract. */
  dispose(): void
}

export interface TokenRefusalDeps {
  readonly contract: Pick<ResolvedContract, 'attach' | 'refresh' | 'refusals'>
  readonly platform: Pick<Platform, 'setTimer'>
  /** How long a function of the contract may take. Then the default decides. */
  readonly refreshTimeoutMs: number
}

// Every part is an own property: `Object.prototype` may be polluted.
const anyPattern = { status: undefined, body: undefined, text: undefined, challenge: undefined }
const unauthorized: ResolvedRules = [{ ...anyPattern, status: 401 }]
/** The token is valid but lacks a scope. A new token would lack it too (RFC 6750 §3.1). */
const insufficientScope: ResolvedRules = [
  { ...anyPattern, challenge: { error: 'insufficient_scope' } }
]

export function createTokenRefusal(deps: TokenRefusalDeps): TokenRefusal {
  const { contract, platform, refreshTimeoutMs } = deps
  const { accessToken = unauthorized, unrelated = insufficientScope } = contract.refusals
  const waiting = createWaiting(platform)
  const disposed = new AbortController()

  function decide(
    rules: ResolvedRules,
    byDefault: ResolvedRules,
    answer: AnswerSource
  ): Promise<boolean> {
    const matching = matchesRules(rules, answer)
    const limit = { afterMs: refreshTimeoutMs, error: () => unsettled(refreshTimeoutMs) }
    const decision = typeof rules === 'function' ? waiting.wait(matching, limit) : matching
    const orDefault = () => matchesRules(byDefault, answer)
    return orByDefault(decision, orDefault, disposed.signal)
  }

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
      if (!(await decide(accessToken, unauthorized, answer))) return false
      if (await decide(unrelated, insufficientScope, answer)) return false
      return !(await isFromElsewhere(answer))
    },
    dispose() {
      disposed.abort()
      waiting.release(unsettled(refreshTimeoutMs))
    }
  }
}

function unsettled(timeoutMs: number): AuthError {
  const message = `A function of contract.refusals did not settle within ${timeoutMs} ms, so the default decided.`
  return new AuthError('ERR_AUTH_TIMEOUT', message)
}
