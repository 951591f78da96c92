// Refresh cookie: its name, and how it is set, cleared and read (RFC 6265 §4.1, 6265bis §4.1.3).
import { headerValues, type WireRequest } from './message.ts'

export interface RefreshCookie {
  /** The refresh tokens of a request: several if other servers use the same cookie name. */
  read(request: WireRequest): readonly string[]
  /** A `Set-Cookie` value that stores the refresh token. */
  set(request: WireRequest, refreshToken: string, maxAgeSeconds: number): string
  /** A `Set-Cookie` value that deletes the refresh token. */
  clear(request: WireRequest): string
}

/** The validated cookie options. */
export interface RefreshCookieDeps {
  /** `undefined`: the name depends on the scheme. */
  readonly cookieName: string | undefined
  readonly cookie: {
    readonly path: string
    readonly domain: string | undefined
    readonly sameSite: 'Strict' | 'Lax' | 'None'
    readonly secure: 'auto' | true
    readonly partitioned: boolean
    readonly persistent: boolean
  }
}

export function createRefreshCookie({ cookieName, cookie }: RefreshCookieDeps): RefreshCookie {
  const { path, domain, sameSite, partitioned } = cookie
  // Over https only the prefixed name counts: another subdomain can set a plain cookie for this
  // host, but not a `__Host-` one.
  const prefix = path === '/' && domain === undefined ? '__Host-' : '__Secure-'

  function nameFor(request: WireRequest): string {
    return cookieName ?? (isHttps(request) ? `${prefix}refresh_token` : 'refresh_token')
  }

  function isSecure(request: WireRequest, name: string): boolean {
    // Browsers reject prefixed, `SameSite=None` and partitioned cookies that are not `Secure`.
    const isRequired = /^__(?:Host|Secure)-/i.test(name) || sameSite === 'None' || partitioned
    return cookie.secure === true || isHttps(request) || isRequired
  }

  function serialize(request: WireRequest, value: string, maxAgeSeconds?: number): string {
    const name = nameFor(request)
    return [
      `${name}=${value}`,
      ...(maxAgeSeconds === undefined ? [] : [`Max-Age=${maxAgeSeconds}`]),
      `Path=${path}`,
      ...(domain === undefined ? [] : [`Domain=${domain}`]),
      'HttpOnly',
      ...(isSecure(request, name) ? ['Secure'] : []),
      `SameSite=${sameSite}`,
      ...(partitioned ? ['Partitioned'] : [])
    ].join('; ')
  }

  return {
    read: (request) => readCookies(request, nameFor(request)),
    set: (request, refreshToken, maxAgeSeconds) =>
      serialize(request, refreshToken, cookie.persistent ? maxAgeSeconds : undefined),
    clear: (request) => serialize(request, '', 0)
  }
}

function isHttps(request: WireRequest): boolean {
  return new URL(request.url).protocol === 'https:'
}

/**
 * The values of every non-empty cookie of that name. The header takes precedence over the cookies
 * that the adapter provides. Cookies ignore ports, and longer paths come first (RFC 6265 §5.4,
 * §8.5), so the first cookie may belong to another server.
 */
function readCookies(request: WireRequest, name: string): readonly string[] {
  const headers = headerValues(request, 'cookie')
  const { cookies = {} } = request
  // Only a semicolon separates cookies: a comma may be part of another cookie's value.
  const values =
    headers.length === 0 && Object.hasOwn(cookies, name)
      ? [cookies[name] ?? '']
      : headers.flatMap((header) => header.split(';')).map((pair) => readValue(pair, name))
  return values.filter((value) => value !== '')
}

/** Returns an empty string if the pair is another cookie. */
function readValue(pair: string, name: string): string {
  const at = pair.indexOf('=')
  return at > 0 && pair.slice(0, at).trim() === name ? pair.slice(at + 1).trim() : ''
}
