// Refresh outcome: names the result of a refresh for events, and the errors that only a refresh
// has.
import type { TokenAnswer } from '../auth-api/answers/token-answer.ts'
import { AuthError } from '../lib/errors.ts'
import { invalid } from '../lib/option-errors.ts'
import type { RefreshOutcome, RefreshReason } from '../session/events.ts'

export function describeFailure(
  error: unknown,
  facts: {
    readonly reason: RefreshReason
    readonly atMs: number
    readonly isOnline: boolean
    /** Time until the next refresh may start; 0 if it may start at once. */
    readonly retryInMs: number
  }
): RefreshOutcome {
  const { reason, atMs, isOnline, retryInMs } = facts
  const { code, status, retryAfterMs } = error instanceof AuthError ? error : unexpected()
  if (code === 'ERR_AUTH_SESSION_CHANGED') return { kind: 'superseded', reason, atMs }
  if (code === 'ERR_AUTH_SESSION_EXPIRED') return { kind: 'rejected', reason, atMs, status }
  const isThrottled = status === 429 || retryAfterMs !== undefined
  const isOffline = isUnanswered({ code }) && !isOnline
  const kind = isThrottled ? 'throttled' : isOffline ? 'offline' : 'transient'
  return { kind, reason, atMs, code, status, retryInMs }
}

/** Whether the server may have received the request, and may still process it. */
export function isUnanswered({ code }: Pick<AuthError, 'code'>): boolean {
  return code === 'ERR_AUTH_NETWORK' || code === 'ERR_AUTH_TIMEOUT'
}

export function rejected(status: number | undefined, oauthError: string | undefined): AuthError {
  const detail = oauthError === undefined ? '' : ` (${oauthError})`
  const answer = status === undefined ? '' : ` with status ${status}${detail}`
  return new AuthError(
    'ERR_AUTH_SESSION_EXPIRED',
    `The server rejected the refresh${answer}. The session has ended; sign in again.`,
    { status, oauthError }
  )
}

/** A session that cannot be refreshed has ended with its token. */
export function expired(): AuthError {
  return new AuthError(
    'ERR_AUTH_SESSION_EXPIRED',
    'The access token is no longer valid, and the client holds no credential to refresh it. Sign in again.'
  )
}

export function nothingToPresent(): AuthError {
  return invalid('contract.refresh', 'refresh')
}

export function timedOut(timeoutMs: number): AuthError {
  return new AuthError(
    'ERR_AUTH_TIMEOUT',
    `The session was not refreshed within ${timeoutMs} ms; the request is still in flight.`
  )
}

/** The budget of refreshes that refusals cause is spent. */
export function refusedTooOften(delayMs: number): AuthError {
  return new AuthError(
    'ERR_AUTH_TOKEN_REFUSED',
    `The server refused the access token too often: the next refresh may start in ${Math.ceil(delayMs / 1000)} s.`
  )
}

export function unreachable(): AuthError {
  return new AuthError(
    'ERR_AUTH_TIMEOUT',
    'The server has not said yet whether the user is signed in. The client goes on asking.'
  )
}

// The original message may hold secrets: the error is a bug, or comes from an injected part of the
// platform.
export function unexpected(): AuthError {
  return new AuthError('ERR_AUTH_SERVER_ERROR', 'The refresh failed unexpectedly.')
}

export function noProgress(): AuthError {
  return new AuthError(
    'ERR_AUTH_RESPONSE_MALFORMED',
    'The refresh endpoint returned an access token that this session has held before.'
  )
}

export function lostRace(answer: TokenAnswer): AuthError {
  const facts = answer.kind === 'rejected' ? answer : {}
  return new AuthError(
    'ERR_AUTH_SERVER_ERROR',
    'The server rejected the refresh but re-issued a token for the same session. The refresh will be retried.',
    facts
  )
}
