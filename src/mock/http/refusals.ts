// Refusals: the answers that refuse a token, a session or credentials, as the contract describes
// them.

import type { AnswerPattern } from '../../contract/answer-rules.ts'
import type { RefreshRefusal, TokenRefusal } from '../calls/outcomes.ts'
import type { WireResponse } from './message.ts'
import { statusOf, type UsualAnswer, writeAnswer } from './rule-answer.ts'

export interface Refusals {
  /** Refuses an access token. */
  token(reason: TokenRefusal): WireResponse
  /** Refuses a refresh. */
  session(reason: RefreshRefusal | TokenRefusal): WireResponse
  /** Refuses a sign-in. */
  credentials(): WireResponse
}

type Rules = readonly [AnswerPattern, ...AnswerPattern[]] | undefined

export interface RefusalsDeps {
  /** The rules of the contract that the mock can write. `undefined`: the default decides. */
  readonly rules: Readonly<Record<'accessToken' | 'session' | 'noSession' | 'credentials', Rules>>
  /** The scheme of the challenge (RFC 9110 §11.1). */
  readonly scheme: string
  /** The status of a refused refresh: 400 for an OAuth 2 grant (RFC 6749 §5.2), otherwise 401. */
  readonly sessionStatus: 400 | 401
}

export function createRefusals({ rules, scheme, sessionStatus }: RefusalsDeps): Refusals {
  const [tokenRule] = rules.accessToken ?? []
  // A server that refuses bad tokens with another status usually still answers 401 to a request
  // without a token.
  const isUnauthorized =
    rules.accessToken?.some(({ status = 401 }) => [status].flat().includes(401)) ?? true

  /** The challenge of RFC 6750 §3. Without a credential it has no error code (§3.1). */
  function tokenAnswer(reason: TokenRefusal, status: number): UsualAnswer {
    const isMissing = reason === 'missing_token'
    const vague = isMissing ? 'No token provided' : 'Invalid or expired token'
    const description = status === 401 ? tokenReasons[reason] : vague
    const error = isMissing ? 'missing_token' : 'invalid_token'
    const parameters = isMissing ? '' : ` error="${error}", error_description="${description}"`
    return {
      status,
      members: { error, error_description: description },
      challenge: scheme + parameters
    }
  }

  function sessionAnswer(reason: RefreshRefusal): UsualAnswer {
    const isInvalid = reason === 'no_cookie' && sessionStatus === 400
    const error = isInvalid ? 'invalid_request' : 'invalid_grant'
    const members = { error, error_description: sessionReasons[reason] }
    return { status: sessionStatus, members, challenge: undefined }
  }

  return {
    token(reason) {
      const rule = reason === 'missing_token' && isUnauthorized ? undefined : tokenRule
      const status = rule === undefined ? 401 : (statusOf(rule, 401) ?? 401)
      return writeAnswer(rule, tokenAnswer(reason, status))
    },

    session(reason) {
      const isVisitor = reason === 'no_cookie' || reason === 'missing_token'
      const [rule] = (isVisitor ? rules.noSession : undefined) ?? rules.session ?? []
      const usual = isTokenReason(reason) ? tokenAnswer(reason, 401) : sessionAnswer(reason)
      return writeAnswer(rule, usual)
    },

    credentials() {
      const description = 'the email or the password is wrong'
      const members = { error: 'invalid_grant', error_description: description }
      return writeAnswer(rules.credentials?.[0], { status: 401, members, challenge: undefined })
    }
  }
}

function isTokenReason(reason: RefreshRefusal | TokenRefusal): reason is TokenRefusal {
  return Object.hasOwn(tokenReasons, reason)
}

const sessionReasons: Readonly<Record<RefreshRefusal, string>> = {
  no_cookie: 'no refresh token was sent',
  unknown_session: 'the refresh token is unknown',
  session_expired: 'the session has expired',
  session_idle: 'the refresh token was not used for too long',
  session_revoked: 'the session has been revoked',
  refresh_reused: 'refresh token reuse detected, the session has been revoked'
}

const tokenReasons: Readonly<Record<TokenRefusal, string>> = {
  missing_token: 'no access token was sent',
  malformed_token: 'the access token is malformed',
  alg_not_allowed: 'the algorithm of the access token is not the one of its key',
  key_in_header: 'the access token contains a key',
  missing_kid: 'the access token does not name a key',
  unknown_kid: 'the access token names an unknown key',
  retired_key: 'the access token names a retired key',
  bad_signature: 'the signature of the access token is wrong',
  malformed_claims: 'the claims of the access token are malformed',
  wrong_type: 'the token is not an access token',
  wrong_issuer: 'the access token is from another issuer',
  wrong_audience: 'the access token is for another audience',
  token_expired: 'the access token expired',
  token_not_yet_valid: 'the access token is not valid yet',
  token_revoked: 'the access token was revoked',
  stale_version: 'the access token has an outdated token_version',
  unknown_subject: 'the access token is for an unknown user'
}
