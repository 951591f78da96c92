// What a refresh came to, in words that everybody may hear.
import { AuthError } from '../lib/errors.ts'
import type { RefreshOutcome, RefreshReason } from '../session/events.ts'
import { unexpected } from './refresh-errors.ts'

/** Names the failure of a refresh. */
export function describeFailure(
  error: unknown,
  facts: {
    readonly reason: RefreshReason
    readonly atMs: number
    readonly isOnline: boolean
    /** Until the next one may begin; 0 where that is at once. */
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

/** Nobody knows what came of the request: a page that is left sees its own fail, and the server may still do its work. */
export function isUnanswered({ code }: Pick<AuthError, 'code'>): boolean {
  return code === 'ERR_AUTH_NETWORK' || code === 'ERR_AUTH_TIMEOUT'
}
