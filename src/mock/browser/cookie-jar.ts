// Cookie jar: keeps the mock's own cookies for in-process clients that keep none, such as Node's
// fetch. It knows the attributes that the mock writes (RFC 6265 §5, 6265bis §5.2).
import { isLoopback } from '../http/cors-and-csrf.ts'
import type { IsCurrent } from '../lib/reset-generation.ts'

export interface CookieJar {
  /** The cookies that a browser sends to this URL. */
  cookiesFor(url: string): Readonly<Record<string, string>>
  /** Stores cookies as a browser does, unless the server was reset in the meantime. */
  store(url: string, setCookies: readonly string[], isCurrent: IsCurrent): void
  reset(): void
}

interface StoredCookie {
  readonly name: string
  readonly value: string
  /** Without `Domain`, only this host gets the cookie. */
  readonly host: string
  readonly isHostOnly: boolean
  readonly path: string
  readonly isSecure: boolean
  readonly sameSite: string
  readonly expiresAtMs: number
}

/** @param pageOrigin returns the origin of the page that sends the requests, if there is a page */
export function createCookieJar(pageOrigin: () => string | undefined): CookieJar {
  const cookies = new Map<string, StoredCookie>()

  function isSameSite(url: URL): boolean {
    // Without a page, the client counts as a page of the API's own site (6265bis §5.2).
    const origin = pageOrigin()
    return origin === undefined || siteOf(url) === siteOf(new URL(origin))
  }

  function isSent(cookie: StoredCookie, url: URL): boolean {
    const isHost = cookie.isHostOnly ? url.hostname === cookie.host : isBelow(url, cookie.host)
    const isSafe = !cookie.isSecure || url.protocol === 'https:' || isLoopback(url.hostname)
    const isAllowed = cookie.sameSite === 'none' || isSameSite(url)
    return isHost && isSafe && isAllowed && matchesPath(url.pathname, cookie.path)
  }

  return {
    cookiesFor(url) {
      const target = new URL(url)
      const sent = [...cookies.values()]
        .filter((cookie) => cookie.expiresAtMs > Date.now() && isSent(cookie, target))
        // The object keeps the last value of a name: that of the longest path.
        .sort((one, other) => one.path.length - other.path.length)
      return Object.fromEntries(sent.map(({ name, value }) => [name, value]))
    },
    store(url, setCookies, isCurrent) {
      if (!isCurrent()) return
      const target = new URL(url)
      for (const setCookie of setCookies) {
        const cookie = readCookie(setCookie, target)
        const isForeign = !cookie.isHostOnly && !isBelow(target, cookie.host)
        if (isForeign || (cookie.sameSite !== 'none' && !isSameSite(target))) continue
        const key = [cookie.name, cookie.host, cookie.path].join(' ')
        cookies.set(key, cookie)
      }
    },
    reset: () => cookies.clear()
  }
}

function readCookie(setCookie: string, url: URL): StoredCookie {
  const [pair = '', ...attributes] = setCookie.split(';').map((part) => part.trim())
  const at = pair.indexOf('=')
  const named = new Map(attributes.map(readAttribute))
  const domain = named.get('domain')?.toLowerCase().replace(/^\./, '')
  const maxAge = named.get('max-age')
  return {
    name: pair.slice(0, at),
    value: pair.slice(at + 1),
    host: domain ?? url.hostname,
    isHostOnly: domain === undefined,
    path: named.get('path') ?? '/',
    isSecure: named.has('secure'),
    sameSite: named.get('samesite')?.toLowerCase() ?? 'lax',
    expiresAtMs: maxAge === undefined ? Infinity : Date.now() + Number(maxAge) * 1000
  }
}

function readAttribute(attribute: string): [name: string, value: string] {
  const [name = '', value = ''] = attribute.split(/=(.*)/s)
  return [name.toLowerCase(), value]
}

function isBelow({ hostname }: URL, domain: string): boolean {
  return hostname === domain || hostname.endsWith(`.${domain}`)
}

/** RFC 6265 §5.1.4 */
function matchesPath(path: string, cookiePath: string): boolean {
  if (!path.startsWith(cookiePath)) return false
  return path === cookiePath || cookiePath.endsWith('/') || path[cookiePath.length] === '/'
}

/**
 * The scheme and the registrable domain. Without the public suffix list, that is the last two
 * labels of the host, or three below a short label such as in `example.co.uk`.
 */
function siteOf({ protocol, hostname }: URL): string {
  const isAddress = /^[\d.]+$|:/.test(hostname)
  const labels = hostname.split('.')
  const isShort = labels.length > 2 && (labels.at(-2) ?? '').length <= 3
  const isDeep = isShort && (labels.at(-1) ?? '').length === 2
  return `${protocol}//${isAddress ? hostname : labels.slice(isDeep ? -3 : -2).join('.')}`
}
