// Refresh cookie: its name, and how it is set, cleared and read (RFC 6265 §4.1, 6265bis §4.1.3).
import { headerValues, type WireRequest } from './message.ts'

export interface RefreshCookie {
  /** The refresh tokens that this request presents: one, or several where others have set a cookie of that name. */
  read(request: WireRequest): readonly string[]
  /** A `Set-Cookie` value that keeps the refresh token for that long. */
  set(request: WireRequest, refreshToken: string, maxAgeSeconds: number): string
  /** A `Set-Cookie` value that makes the browser forget it. */
  clear(request: WireRequest): string
}

export function createRefreshCookie({ cookieName, cookie }: CookieSettings): RefreshCookie {
  const { path, domain, sameSite, partitioned } = cookie
  const isHttps = (request: WireRequest) => new URL(request.url).protocol === 'https:'
  // Over https only the prefixed name is believed: a sibling subdomain can toss a plain cookie, not a `__Host-` one.
  const prefix = path === '/' && domain === undefined ? '__Host-' : '__Secure-'
  const nameFor = (request: WireRequest) =>
    cookieName ?? (isHttps(request) ? `${prefix}refresh_token` : 'refresh_token')
  const isSecure = (request: WireRequest, name: string) =>
    cookie.secure === true ||
    isHttps(request) ||
    /^__(?:Host|Secure)-/i.test(name) ||
    // No browser keeps such a cookie without.
    sameSite === 'None' ||
    partitioned

  const serialize = (request: WireRequest, value: string, maxAgeSeconds?: number): string => {
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

/**
 * Every cookie of that name that holds something; the header is believed before what a door found elsewhere. A cookie
 * knows no port, and one for a longer path goes first (RFC 6265 §5.4, §8.5): the first may be another server's.
 */
function readCookies(request: WireRequest, name: string): readonly string[] {
  const headers = headerValues(request, 'cookie')
  const { cookies = {} } = request
  // Only a semicolon separates: in the value of another cookie, which anybody may have set, a comma is a comma.
  const found =
    headers.length === 0 && Object.hasOwn(cookies, name)
      ? [cookies[name] ?? '']
      : headers.flatMap((header) => header.split(';')).map((pair) => readValue(pair, name))
  return found.filter((value) => value !== '')
}

/** Empty where the pair is another cookie. */
function readValue(pair: string, name: string): string {
  const at = pair.indexOf('=')
  return at > 0 && pair.slice(0, at).trim() === name ? pair.slice(at + 1).trim() : ''
}

/** Attributes of the refresh cookie (RFC 6265 §4.1.2, and 6265bis). It is always `HttpOnly`. */
export interface MockCookieAttributes {
  /** Default `/`, which the prefix `__Host-` insists on. */
  readonly path?: string
  /** Default: none, so that no other host below the domain ever gets or sets it. */
  readonly domain?: string
  /** Default `Strict`. `None` is for pages of another site; it makes the cookie `Secure`. */
  readonly sameSite?: 'Strict' | 'Lax' | 'None'
  /** Default `auto`: over https, and wherever the name or another attribute asks for it. */
  readonly secure?: 'auto' | true
  /** One jar for each site that the page is embedded in (CHIPS). Default false; true makes the cookie `Secure`. */
  readonly partitioned?: boolean
  /** Does it survive the browser's end, for as long as its session? Default true: it has a `Max-Age`. */
  readonly persistent?: boolean
}

/** The attributes after validation. */
export interface CookieSettings {
  /** The name that was given; without one it depends on the scheme. */
  readonly cookieName: string | undefined
  readonly cookie: Required<Omit<MockCookieAttributes, 'domain'>> & {
    readonly domain: string | undefined
  }
}
