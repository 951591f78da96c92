// Answer meaning: decides by the refusals of the contract, or their defaults, what an answer means.

import type { ResolvedContract, ResolvedRules } from '../../contract/resolved-contract.ts'
import {
  type AnswerSource,
  type Decide,
  hasForeignHeaders,
  isExplicit
} from '../../lib/answer-rules.ts'
import { type Answered, readOAuthError, toSource } from './answer.ts'

/** Decides about one answer. Never rejects. */
type Decision = (answer: Answered) => Promise<boolean>

export interface AnswerMeaning {
  /** Whether the answer to a refresh ends the session. */
  readonly endsSession: Decision
  /** Whether the answer to a refresh, which holds no token, says that no session exists. */
  readonly meansNoSession: Decision
  /** Whether the answer to a login rejects the credentials. */
  readonly rejectsCredentials: Decision
  /** Whether the answer to a logout confirms that the session has ended. */
  readonly confirmsLogout: Decision
  /** Whether the answer to a logout refuses the access token. */
  readonly refusesToken: Decision
  /** Whether an answer seems to come from a proxy or a firewall. */
  isFromElsewhere(answer: Answered): boolean
}

/** Statuses that ask for another attempt (RFC 9110 §15.5.9, RFC 8470, RFC 6585 §4). */
const retryStatuses: readonly number[] = [408, 425, 429]

/** 404 and 405 point to a wrong path rather than to wrong credentials. */
const wrongPathStatuses: readonly number[] = [404, 405]

/** The error codes of RFC 6749 §5.2. */
const oauthErrors =
  /^(invalid_(request|client|grant|scope)|unauthorized_client|unsupported_grant_type)$/

/** A 4xx that does not ask for another attempt. */
export function isDefiniteRefusal({ response: { status } }: Answered): boolean {
  return status >= 400 && status < 500 && !retryStatuses.includes(status)
}

/** @param isTokenRefusal decides by the rules for access tokens; it never rejects */
export function createAnswerMeaning(
  { attach, logout, refusals }: Pick<ResolvedContract, 'attach' | 'logout' | 'refusals'>,
  isTokenRefusal: (answer: AnswerSource) => Promise<boolean>,
  decide: Decide
): AnswerMeaning {
  const isForeign = (answer: Answered) => hasForeignHeaders(toSource(answer), attach.scheme)
  const isFromElsewhere = (answer: Answered) => isForeign(answer) || answer.isHtml

  function endsSession({ response: { status }, body }: Answered): boolean {
    const isOAuthError = oauthErrors.test(readOAuthError(body) ?? '')
    return status === 401 || ([400, 403].includes(status) && isOAuthError)
  }

  // A captive portal answers 2xx with HTML. Express answers an unknown path with 404 and HTML.
  function isFromPortal(answer: Answered): boolean {
    return isForeign(answer) || (answer.response.ok && answer.isHtml)
  }

  // A backend may reject a password by a 401 page with any challenge. A firewall answers 403.
  function isBlocked(answer: Answered): boolean {
    return answer.response.status !== 401 && isFromElsewhere(answer)
  }

  async function refusesToken(answer: Answered): Promise<boolean> {
    return [401, 403].includes(answer.response.status) || isTokenRefusal(toSource(answer))
  }

  /** The default, and rules that name only a status, do not apply to an answer that is guarded. */
  function by(
    rules: ResolvedRules | undefined,
    byDefault: (answer: Answered) => boolean | Promise<boolean>,
    isGuarded: (answer: Answered) => boolean = () => false
  ): Decision {
    return async (answer) => {
      const isTrue = async () => !isGuarded(answer) && byDefault(answer)
      if (rules === undefined) return isTrue()
      const applied =
        typeof rules === 'object' && isGuarded(answer) ? rules.filter(isExplicit) : rules
      return decide(applied, toSource(answer), isTrue)
    }
  }

  return {
    isFromElsewhere,
    refusesToken,
    endsSession: by(refusals.session, endsSession, isFromElsewhere),
    meansNoSession: by(
      refusals.noSession,
      (answer) => answer.response.ok || isDefiniteRefusal(answer),
      isFromPortal
    ),
    rejectsCredentials: by(
      refusals.credentials,
      (answer) => isDefiniteRefusal(answer) && !wrongPathStatuses.includes(answer.response.status),
      isBlocked
    ),
    confirmsLogout: by(
      typeof logout === 'object' ? logout.confirmedBy : undefined,
      async (answer) => answer.response.ok && !isFromPortal(answer) && !(await refusesToken(answer))
    )
  }
}
