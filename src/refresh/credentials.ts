// What login() posts has to be data: a form, say, would arrive empty, and the user would be told that the password is wrong.
import { invalid } from '../option-checks.ts'

/**
 * Checks that the credentials are an object that JSON can say.
 *
 * @throws AuthError `ERR_AUTH_INVALID_OPTIONS`, with nothing of them in its message
 */
export function checkCredentials(credentials: unknown): void {
  const text = toJson(credentials)
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(Object(credentials)))
  if (text?.startsWith('{') && (isPlain || text !== '{}')) return
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
