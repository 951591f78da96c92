// URLs: joins and parses them, and decides which of them may receive the access token.

import { AuthError } from './errors.ts'
import { invalid } from './option-errors.ts'
import type { Platform } from './platform.ts'

const absoluteUrl = /^([a-z][a-z\d+\-.]*:)?\/\//i
/** A path below the origin of its base: no parser takes it for another host. */
const isPlainPath = /^\/[\w.~%-]/
const loopbackHost = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * Joins exactly as axios does, because trust is decided on the result. An absolute `url` ignores
 * `baseURL` unless `allowAbsoluteUrls` is `false`; other falsy values do not count.
 */
export function joinUrl(baseURL: string, url: string, allowAbsoluteUrls: unknown = true): string {
  if (!baseURL || (absoluteUrl.test(url) && allowAbsoluteUrls !== false)) return url
  if (isPlainPath.test(url) && !baseURL.endsWith('/')) return baseURL + url
  return url === '' ? baseURL : `${baseURL.replace(/\/?\/$/, '')}/${url.replace(/^\/+/, '')}`
}

/** Returns `undefined` if the URL is invalid, or relative without a base. */
export function parseUrl(url: string, base?: string): URL | undefined {
  try {
    return new URL(url, base)
  } catch {
    return undefined
  }
}

/**
 * The URL against which the client resolves its own relative URLs, read once. A `<base>` of another
 * origin does not count, because injected markup can add one; nor do a later `<base>` and a change
 * of history.
 */
function readBase({ pageUrl, baseUrl }: Pick<Platform, 'pageUrl' | 'baseUrl'>): string | undefined {
  const page = pageUrl()
  // A `blob:` URL is the base of no other URL.
  const base = parseUrl('.', baseUrl())
  return base && base.origin === parseUrl(page ?? '')?.origin ? base.href : page
}

/** Resolves a URL of the options. A relative one such as `/\evil.example` stays at its origin. */
export function resolveUrl(url: string, base: string | undefined): URL | undefined {
  const parsed = parseUrl(url, base)
  const isOwn = absoluteUrl.test(url) || parsed?.origin === parseUrl(base ?? '')?.origin
  return isOwn ? parsed : undefined
}

type TrustOptions = {
  readonly baseURL: string
  readonly trustedOrigins: readonly string[] | undefined
}

/** The rules by which a client resolves URLs, and sends tokens and credentials to them. */
export function createUrlRules(
  options: TrustOptions & { readonly allowInsecureRequests: boolean },
  platform: Pick<Platform, 'pageUrl' | 'baseUrl'>
): {
  readonly base: string | undefined
  readonly isAllowed: UrlPolicy
  readonly origins: TrustedOrigins
} {
  const base = readBase(platform)
  const isAllowed = createUrlPolicy(base, options.allowInsecureRequests)
  const origins = createTrustedOrigins(options, base, platform.baseUrl, isAllowed)
  return { base, isAllowed, origins }
}

/** @throws AuthError `ERR_AUTH_INVALID_OPTIONS` if `URL` lacks getters, as in React Native */
export function checkUrlSupport(): void {
  try {
    const { origin, hostname, pathname } = new URL('/b?c', 'https://a.example')
    if (origin === `https://${hostname}` && pathname === '/b') return
  } catch {
    // React Native's getters throw.
  }
  throw new AuthError(
    'ERR_AUTH_INVALID_OPTIONS',
    'This platform has an incomplete URL class. Import a polyfill first, such as "react-native-url-polyfill/auto".'
  )
}

/** Whether tokens and credentials may be sent to a URL (RFC 6750 §5.3). */
export type UrlPolicy = (url: URL) => boolean

/**
 * Allows https and, for local development, http on the loopback. Other http needs a page that is
 * http itself, or `allowInsecureRequests`. An https page never sends it.
 */
export function createUrlPolicy(
  base: string | undefined,
  allowInsecureRequests: boolean
): UrlPolicy {
  const page = parseUrl(base ?? '')?.protocol
  return (url) => {
    if (!isExposed(url)) return url.protocol === 'https:' || url.protocol === 'http:'
    return page === 'http:' || (allowInsecureRequests && page !== 'https:')
  }
}

/** Whether the network can read a request to the URL: http outside the loopback. */
export function isExposed(url: URL): boolean {
  return url.protocol === 'http:' && !loopbackHost.test(url.hostname)
}

/** The exact list of origins that may receive the access token and may re-issue it. */
export interface TrustedOrigins {
  /** Whether `url`, which may be relative to the page, is trusted. An invalid URL is not. */
  trusts(url: string | undefined): boolean
}

/**
 * Trusts `trustedOrigins`, or else the origin of `baseURL`.
 *
 * @param base that of `baseURL`; see `readBase`
 * @param requestBase that of the app's requests, which the browser resolves
 * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` if the policy does not allow one of them
 */
export function createTrustedOrigins(
  { baseURL, trustedOrigins: listed }: TrustOptions,
  base: string | undefined,
  requestBase: () => string | undefined,
  isAllowed: UrlPolicy
): TrustedOrigins {
  checkAllowed(baseURL, 'baseURL')
  for (const [index, origin] of listed?.entries() ?? []) {
    checkAllowed(origin, `trustedOrigins[${index}]`)
  }
  const urls = listed ?? [baseURL === '' ? '/' : baseURL]
  const parsed = urls.map((url) => resolveUrl(url, base)).filter((url) => url !== undefined)
  const origins: ReadonlySet<string> = new Set(parsed.filter(isAllowed).map((url) => url.origin))
  /** The last base of a path, and whether its paths are trusted. Without a base, none is. */
  let knownBase: string | undefined
  let arePathsTrusted = false

  // A relative URL has the protocol of the page, so it needs no check.
  function checkAllowed(url: string, option: string): void {
    const parsed = parseUrl(url)
    if (parsed !== undefined && !isAllowed(parsed)) throw invalid(option, 'secure', url)
  }

  return {
    trusts(url) {
      if (url === undefined) return false
      // In Node, axios accepts a `URL` too.
      if (typeof url !== 'string') return trustsParsed(url, requestBase())
      // Most URLs need no parsing.
      if (beginsWithOneOf(origins, url)) return true
      return isPlainPath.test(url) ? trustsPathsOf(requestBase()) : trustsParsed(url, requestBase())
    }
  }

  function trustsPathsOf(base: string | undefined): boolean {
    if (base !== knownBase) {
      arePathsTrusted = trustsParsed('/', base)
      knownBase = base
    }
    return arePathsTrusted
  }

  function trustsParsed(url: string, base: string | undefined): boolean {
    const target = parseUrl(url, base)
    if (target === undefined || !isAllowed(target)) return false
    // Browsers and axios send a user name in the URL as an Authorization header.
    if (target.username !== '' || target.password !== '') return false
    return origins.has(target.origin)
  }
}

/** Whether parsing can be spared: no user name, port or further host can follow `/`, `?` or `#`. */
function beginsWithOneOf(origins: ReadonlySet<string>, url: string): boolean {
  for (const origin of origins) {
    // An empty text is the end of the URL, and every text includes it.
    if (url.startsWith(origin) && '/?#'.includes(url.charAt(origin.length))) return true
  }
  return false
}
