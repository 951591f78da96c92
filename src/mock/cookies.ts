// The refresh cookie: how it is named, set, cleared and found again (RFC 6265 §4.1; `__Host-`: 6265bis §4.1.3).
import type { CookieSettings } from './cookie-options.ts'
import { headerValues, type WireRequest } from './wire.ts'

export interface RefreshCookie {
  /** The refresh token that this request presents. */
  read(request: WireRequest): string | undefined
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
    read: (request) => readCookie(request, nameFor(request)),
    set: (request, refreshToken, maxAgeSeconds) =>
      serialize(request, refreshToken, cookie.persistent ? maxAgeSeconds : undefined),
    clear: (request) => serialize(request, '', 0)
  }
}

/** The first cookie of that name; the header is believed before what a door found elsewhere. */
export function readCookie(request: WireRequest, name: string): string | undefined {
  const headers = headerValues(request, 'cookie')
  // A comma separates as well: msw 2 joins several headers with one, and a refresh token never contains any.
  for (const pair of headers.flatMap((header) => header.split(/[;,]/))) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
  }
  const cookies = request.cookies
  if (headers.length > 0 || cookies === undefined) return undefined
  return Object.hasOwn(cookies, name) ? cookies[name] : undefined
}
