// What a refresh came to, in words that everybody may hear.
import { AuthError } from '../errors.ts'
import type { RefreshOutcome, RefreshReason } from '../session/events.ts'
import { unexpected } from './refresh-errors.ts'

/** Names the failure of a refresh. `retryInMs` is read late: a failure is noted before it is told. */
export function describeFailure(
  error: unknown,
  facts: {
    readonly reason: RefreshReason
    readonly atMs: number
    readonly isOnline: boolean
    readonly retryInMs: number
  }
): RefreshOutcome {
  const { reason, atMs, isOnline, retryInMs } = facts
  const { code, status, retryAfterMs } = error instanceof AuthError ? error : unexpected()
  if (code === 'ERR_AUTH_SESSION_CHANGED') return { kind: 'superseded', reason, atMs }
  if (code === 'ERR_AUTH_SESSION_EXPIRED') return { kind: 'rejected', reason, atMs, status }
  const isThrottled = status === 429 || retryAfterMs !== undefined
  const isUnanswered = code === 'ERR_AUTH_NETWORK' || code === 'ERR_AUTH_TIMEOUT'
  const kind = isThrottled ? 'throttled' : isUnanswered && !isOnline ? 'offline' : 'transient'
  return { kind, reason, atMs, code, status, retryInMs }
}
