// Server error: describes an answer that neither issues a token nor ends the session.

import { AuthError } from '../../lib/errors.ts'
import { type Answered, readOAuthError } from './answer.ts'
import { readRetryAfterMs } from './retry-after.ts'

export const checkPaths = ' Check baseURL and the paths of the contract.'

export function serverError(
  { response, where, body }: Answered,
  nowMs: number,
  consequence: string
): AuthError {
  const { status, headers } = response
  const oauthError = readOAuthError(body)
  const retryAfterMs = readRetryAfterMs(headers, nowMs)
  const delay =
    retryAfterMs === undefined ? undefined : `Retry-After: ${Math.ceil(retryAfterMs / 1000)} s`
  const details = [oauthError, delay].filter((detail) => detail !== undefined).join(', ')
  const answered = `${where} answered ${status}${details && ` (${details})`}`
  const hint = status === 404 ? checkPaths : ''
  return new AuthError('ERR_AUTH_SERVER_ERROR', `${answered}. ${consequence}${hint}`, {
    status,
    oauthError,
    retryAfterMs
  })
}
