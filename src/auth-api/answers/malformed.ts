// Malformed answer: describes an answer, or the result of a function, that holds no token.

import type { ResolvedTokens } from '../../contract/resolved-contract.ts'
import { AuthError, type AuthErrorCode } from '../../lib/errors.ts'
import type { Answered } from './answer.ts'
import { checkPaths } from './server-error.ts'

/** The value received, and a hint. */
export function describeMissing(
  { body, text, isHtml, response }: Answered,
  { accessToken: place }: ResolvedTokens
): readonly [received: string, hint?: string] {
  if (isHtml) return ['HTML', checkPaths]
  if (text === '' && place.in !== 'header') return [`an empty body (status ${response.status})`]
  const hint = ' If the answer holds the token elsewhere, say where in contract.tokens.'
  if (place.in === 'header') return [`no token in the header ${place.header}`, hint]
  if (body === undefined && place.in === 'body') return ['a body that is not JSON', hint]
  const where = place.in === 'body' ? place.paths.join(' or ') : 'the text of the body'
  return [describeType(body) ?? `no token at ${where}`, hint]
}

/** The type of a value that cannot hold fields. */
export function describeType(value: unknown): string | undefined {
  if (value === undefined || value === null) return String(value)
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? undefined : `a ${typeof value}`
}

export function malformed(source: string, received: string, hint = ''): AuthError {
  const code: AuthErrorCode = 'ERR_AUTH_RESPONSE_MALFORMED'
  return new AuthError(code, `${source}: expected a token response; received ${received}.${hint}`)
}
