// What a refresh may end with besides what the server said.

import type { TokenAnswer } from '../auth-api/token-request.ts'
import { AuthError } from '../lib/errors.ts'

export function sessionChanged(): AuthError {
  return new AuthError(
    'ERR_AUTH_SESSION_CHANGED',
    'The user signed in or out while this call was waiting; it belongs to a session that is gone.'
  )
}

// A fault of ours, or of something that was handed in: its own words may hold secrets.
export function unexpected(): AuthError {
  return new AuthError('ERR_AUTH_SERVER_ERROR', 'The refresh failed in an unexpected way.')
}

export function noProgress(): AuthError {
  return new AuthError(
    'ERR_AUTH_RESPONSE_MALFORMED',
    'The refresh endpoint issued an access token that this session has had before.'
  )
}

export function lostRace(answer: TokenAnswer): AuthError {
  const facts = answer.kind === 'rejected' ? answer : {}
  return new AuthError(
    'ERR_AUTH_SERVER_ERROR',
    'The server refused the refresh while it re-issued tokens for the same session; it is tried again.',
    facts
  )
}
