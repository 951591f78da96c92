// Cookies: writes a `Set-Cookie` value, and reads the cookies of a request (RFC 6265 §4.1, §5.4).
import { headerValues, type WireRequest } from './message.ts'

/** The validated attributes of the option `cookie`. */
export interface CookieAttributes {
  readonly path: string
  readonly domain: string | undefined
  readonly sameSite: 'Strict' | 'Lax' | 'None'
  readonly secure: 'auto' | true
  readonly partitioned: boolean
  readonly persistent: boolean
}

interface Cookie {
  readonly name: string
  /** An empty value deletes the cookie. */
  readonly value: string
  readonly maxAgeSeconds: number
  readonly isHttpOnly: boolean
}

/** A `Set-Cookie` value for the answer to this request. */
export function writeCookie(
  request: WireRequest,
  { path, domain, sameSite, secure, partitioned, persistent }: CookieAttributes,
  { name, value, maxAgeSeconds, isHttpOnly }: Cookie
): string {
  // Browsers reject prefixed, `SameSite=None` and partitioned cookies that are not `Secure`.
  const isRequired = /^__(?:Host|Secure)-/i.test(name) || sameSite === 'None' || partitioned
  const isSecure = secure === true || isHttps(request) || isRequired
  return [
    `${name}=${value}`,
    ...(persistent || value === '' ? [`Max-Age=${maxAgeSeconds}`] : []),
    `Path=${path}`,
    ...(domain === undefined ? [] : [`Domain=${domain}`]),
    ...(isHttpOnly ? ['HttpOnly'] : []),
    ...(isSecure ? ['Secure'] : []),
    `SameSite=${sameSite}`,
    ...(partitioned ? ['Partitioned'] : [])
  ].join('; ')
}

/**
 * The values of every non-empty cookie of that name. The header takes precedence over the cookies
 * that the adapter provides. Cookies ignore ports, and longer paths come first (RFC 6265 §5.4,
 * §8.5), so the first cookie may belong to another server.
 */
export function readCookies(request: WireRequest, name: string): readonly string[] {
  const headers = headerValues(request, 'cookie')
  const { cookies = {} } = request
  // Only a semicolon separates cookies: a comma may be part of another cookie's value.
  const values =
    headers.length === 0 && Object.hasOwn(cookies, name)
      ? [cookies[name] ?? '']
      : headers.flatMap((header) => header.split(';')).map((pair) => readValue(pair, name))
  return values.filter((value) => value !== '')
}

export function isHttps(request: WireRequest): boolean {
  return new URL(request.url).protocol === 'https:'
}

/** Returns an empty string if the pair is another cookie. */
function readValue(pair: string, name: string): string {
  const at = pair.indexOf('=')
  return at > 0 && pair.slice(0, at).trim() === name ? pair.slice(at + 1).trim() : ''
}
