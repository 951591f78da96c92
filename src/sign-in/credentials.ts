// Credentials: serialises what login() sends, and reads the server's answer to it.

import type { IssuedToken } from '../auth-api/answer.ts'
import type { PostBody } from '../auth-api/endpoints.ts'
import type { TokenAnswer } from '../auth-api/token-request.ts'
import { invalid } from '../lib/checks.ts'
import { AuthError } from '../lib/errors.ts'

/**
 * Serialises the credentials at the time of the call: an app may clear them while the sign-in waits
 * for the lock.
 *
 * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` if they are not a JSON-serialisable object. The
 * message does not quote them.
 */
export function readCredentials(credentials: unknown): PostBody {
  const text = toJson(credentials)
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(Object(credentials)))
  // A non-plain object that serialises to `{}`, such as FormData, has lost its data: the user would
  // see "wrong password".
  const isEmpty = text === '{}' && !isPlain
  // An event means that login was passed as an event handler.
  const isEvent = typeof Event !== 'undefined' && credentials instanceof Event
  if (text?.startsWith('{') && !isEmpty && !isEvent) return { type: 'application/json', text }
  throw invalid(
    'login(): credentials',
    'a JSON-serialisable object, such as Object.fromEntries(new FormData(form)), or a function'
  )
}

function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** @throws AuthError if the server did not issue a token */
export function readLoginAnswer(answer: TokenAnswer): IssuedToken {
  switch (answer.kind) {
    case 'issued':
      return answer.token
    case 'undecided':
      throw answer.error
    case 'rejected': {
      const message = `The server rejected the credentials (status ${answer.status}). Ask for the credentials again.`
      throw new AuthError('ERR_AUTH_LOGIN_REJECTED', message, answer)
    }
  }
}
