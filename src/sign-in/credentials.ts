// What login() posts has to be data: a form, say, would arrive empty, and the user would be told that the password is wrong.

import type { PostBody } from '../auth-api/post.ts'
import { invalid } from '../lib/checks.ts'

/**
 * The credentials as they are at the call: an app may wipe them while the sign-in waits for its turn.
 *
 * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` for what is no object that JSON can say, with nothing of it in its message
 */
export function readCredentials(credentials: unknown): PostBody {
  const text = toJson(credentials)
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(Object(credentials)))
  // From anything else `{}` means that its data is out of JSON's sight; and a handler is called with an event.
  const isEmpty = text === '{}' && !isPlain
  const isEvent = typeof Event !== 'undefined' && credentials instanceof Event
  if (text?.startsWith('{') && !isEmpty && !isEvent) return { type: 'application/json', text }
  throw invalid(
    'credentials of login()',
    'an object that JSON can say, such as Object.fromEntries(new FormData(form)), or a function'
  )
}

function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
