// Refresh cookie: its name, and how it is set, cleared and read (RFC 6265 §4.1, 6265bis §4.1.3).
import { type CookieAttributes, isHttps, readCookies, writeCookie } from './cookie.ts'
import type { WireRequest } from './message.ts'

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
  readonly cookie: CookieAttributes
}

export function createRefreshCookie({ cookieName, cookie }: RefreshCookieDeps): RefreshCookie {
  // Over https only the prefixed name counts: another subdomain can set a plain cookie for this
  // host, but not a `__Host-` one.
  const prefix = cookie.path === '/' && cookie.domain === undefined ? '__Host-' : '__Secure-'

  function nameFor(request: WireRequest): string {
    return cookieName ?? (isHttps(request) ? `${prefix}refresh_token` : 'refresh_token')
  }

  function write(request: WireRequest, value: string, maxAgeSeconds: number): string {
    const isHttpOnly = true
    return writeCookie(request, cookie, {
      name: nameFor(request),
      value,
      maxAgeSeconds,
      isHttpOnly
    })
  }

  return {
    read: (request) => readCookies(request, nameFor(request)),
    set: write,
    clear: (request) => write(request, '', 0)
  }
}
