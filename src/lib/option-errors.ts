// Option errors: names a wrong option and, in development only, what it should be.
import { AuthError } from './errors.ts'

const expectations = {
  axios: 'an axios instance, such as axios.create() returns',
  base: 'an absolute URL, because a relative one has no base outside a page and in a page without an origin',
  claim: 'a claim, several claims, a function, false or an object',
  cookieName: 'a cookie name (RFC 6265 §4.1.1)',
  credentials:
    'a JSON-serialisable object, such as Object.fromEntries(new FormData(form)), or a function',
  besideToken: '"refresh-token", because refreshToken is set',
  dictionary: 'a plain object, such as Object.fromEntries(headers)',
  dotted: 'a dotted path',
  endpoint: 'a path, a function, false or an object',
  field: 'the name of a field',
  fieldOr: 'the name of a field or an object',
  freeName:
    'a name that no other client of this page has for this API. Call dispose() on that client, or choose another name',
  function: 'a function',
  headerCarrier: 'a header, because the request has no body and a URL must not hold a token',
  headerFormat: 'an object',
  headerName: 'a header name (RFC 9110 §5.1)',
  headerNames: 'header names (RFC 9110 §5.1)',
  headerValue: 'a header value without control characters (RFC 9110 §5.5)',
  id: 'a name of letters, digits, ".", "_" and "-"',
  least: 'a finite number of at least ',
  lifetime: 'a path, several paths, false or an object',
  login: 'a function, because contract.login is false',
  loginBody: '"json" or "form", because a login has credentials',
  method: 'a method with a body',
  mode: 'a mode other than "no-cors", because "require" is set',
  name: 'a name',
  noBody: '"none", because a GET request has no body',
  object: 'an object',
  origin: 'an origin such as "https://api.example.com"',
  origins: 'an array of origins',
  otherHeader: 'another header than the access token, or accessToken: false',
  otherName: 'another name than the query of the path has',
  otherPlace: 'another header than that of the access token',
  ownHeader: 'another header than that of a token which the request carries',
  path: 'a path',
  pathOr: 'a path or a function',
  paths: 'at least one path',
  pattern: 'a pattern with a status, body, text or challenge',
  place: 'a path, several paths or an object',
  places: 'a function or an object',
  primitive: 'a string, a number, a boolean or null',
  refresh:
    'a way to refresh, but it is false, or no answer held the refresh token that its credential names. The session ends with its access token',
  readable: 'a value that can be read',
  restore: '"hint" or "never", because contract.refresh is false',
  rule: 'a status, a function or an object',
  rules: 'at least one rule, or a function',
  scheme: 'a word without spaces',
  secure:
    'an https URL (or http on a loopback host; elsewhere only if the page is http too, or outside an https page with allowInsecureRequests: true)',
  sendable: 'a header that scripts can send (Fetch standard, forbidden request-header names)',
  status: 'a status from 100 to 999',
  statuses: 'at least one status',
  store: 'an object with the methods get, set and remove',
  storeCredential:
    'contract.refresh with credential: "refresh-token", or a function, because scripts hold no refresh token otherwise',
  string: 'a string',
  success: 'a rule with a body, a text or a challenge, because every success has this status',
  text: 'a text',
  timeout: 'a number of at least refreshTimeoutMs, which is ',
  trusted: 'a URL of a trusted origin, because "require" is set',
  trustedRefresh:
    "a URL of a trusted origin, because credential: 'access-token' sends the access token to it",
  url: 'an https URL or a path such as "/api" (did you leave out "https://"?)',
  urlPath: 'a path such as "/login", or an absolute URL',
  value: 'a string, a finite number or a boolean',
  withoutUser: 'a URL without a user name'
}

/** Stands for a required value that is left out. */
export const missing: unique symbol = Symbol()

/** `listed`: one of the values in the detail. `known`: one of the option names in the detail. */
type Expectation = keyof typeof expectations | 'listed' | 'known'

/**
 * The error for a wrong option. In development its message has the expectation, and the value
 * received unless that is left out.
 */
export function invalid(
  option: string,
  expectation: Expectation,
  received?: unknown,
  detail: readonly (string | number | boolean)[] = []
): AuthError {
  // The subject is an option, or a parameter that follows the name of its function.
  const label = option.includes('(') ? option : `Option ${option}`
  const problem = explain(expectation, received, detail)
  return new AuthError('ERR_AUTH_INVALID_OPTIONS', `${label}: ${problem}`)
}

function explain(...problem: Parameters<typeof describeProblem>): string {
  try {
    // Bundlers replace exactly this expression, and drop the texts from a production build.
    if (process.env.NODE_ENV !== 'production') return describeProblem(...problem)
  } catch {
    // A page without a bundler has no `process`.
  }
  return 'not valid.'
}

function describeProblem(
  expectation: Expectation,
  received: unknown,
  detail: readonly (string | number | boolean)[]
): string {
  const isName = typeof received === 'string' || typeof received === 'boolean'
  const near = isName ? detail.find((value) => isAlike(`${received}`, String(value))) : undefined
  if (expectation === 'known') {
    const options = `the options are ${detail.join(', ')}.`
    return `no such option; ${near === undefined ? options : `did you mean ${near}?`}`
  }
  if (expectation === 'listed') {
    const values = detail.map((value) => JSON.stringify(value)).join(', ')
    const hint = near === undefined ? '.' : `; did you mean "${near}"?`
    return `expected one of ${values}; received ${describe(received)}${hint}`
  }
  const expected = expectations[expectation] + detail.join('')
  if (received === missing) return `expected ${expected}; it is missing.`
  const shown = received === undefined ? '' : `; received ${describe(received)}`
  // A list of rules holds no functions.
  const possible = typeof received === 'function' ? expected.replace(', a function', '') : expected
  return `expected ${possible}${shown}${suggest(expectation, received)}`
}

function suggest(expectation: Expectation, received: unknown): string {
  if (typeof received !== 'string') return '.'
  if (expectation === 'headerFormat') return `; did you mean { header: ${describe(received)} }?`
  // JSONPath, or the notation of JavaScript.
  const names = received.split(/[.[\]"']/).filter((name) => name !== '' && name !== '$')
  const path = names.join('.').replace(/^\$/, '')
  return expectation === 'dotted' && path !== '' ? `; did you mean "${path}"?` : '.'
}

/** Whether two names share two thirds of their letters, counted from both ends, in any case. */
function isAlike(one: string, other: string): boolean {
  const a = one.toLowerCase()
  const b = other.toLowerCase()
  let start = 0
  while (start < a.length && a[start] === b[start]) start += 1
  let end = 0
  while (start + end < Math.min(a.length, b.length) && a.at(-1 - end) === b.at(-1 - end)) end += 1
  return (start + end) * 3 >= a.length + b.length
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  if (Array.isArray(value)) return 'an array'
  // The source of a function may hold a secret.
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  const type = Object.prototype.toString.call(value).slice(8, -1)
  return type === 'Object' ? 'an object' : `an instance of ${type}`
}
