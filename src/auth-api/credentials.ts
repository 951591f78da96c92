// Credentials: serialises the object that login() sends.

import { toJson } from '../lib/json-path.ts'
import { invalid } from '../lib/option-errors.ts'

/**
 * Serialises the credentials at the time of the call: an app may clear them while the sign-in waits
 * for the lock.
 *
 * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` if they are not a JSON-serialisable object. The
 * message does not quote them.
 */
export function serialiseCredentials(credentials: unknown): string {
  const text = toJson(credentials)
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(Object(credentials)))
  // A non-plain object that serialises to `{}`, such as FormData, has lost its data: the user would
  // see "wrong password".
  const isEmpty = text === '{}' && !isPlain
  // An event means that login was passed as an event handler.
  const isEvent = typeof Event !== 'undefined' && credentials instanceof Event
  if (text?.startsWith('{') && !isEmpty && !isEvent) return text
  throw invalid('login(): credentials', 'credentials')
}
