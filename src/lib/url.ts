// URLs: joins and parses them, and decides which of them may receive the access token.

const absoluteUrl = /^([a-z][a-z\d+\-.]*:)?\/\//i
const loopbackHost = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * Joins exactly as axios does, because trust is decided on the result. An absolute `url` ignores
 * `baseURL` unless `allowAbsoluteUrls` is `false`; other falsy values do not count.
 */
export function joinUrl(baseURL: string, url: string, allowAbsoluteUrls: unknown = true): string {
  if (baseURL === '' || (absoluteUrl.test(url) && allowAbsoluteUrls !== false)) return url
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

/** https, or http on localhost for local development (RFC 6750 §5.3). */
export function isSecureUrl(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopbackHost.test(url.hostname))
}

/** The exact list of origins that may receive the access token and may re-issue it. */
export interface TrustedOrigins {
  /** Whether `url`, which may be relative to the page, is trusted. An invalid URL is not. */
  trusts(url: string | undefined): boolean
}

/** Trusts the origins in `listed`, or else the origin of `baseURL`. */
export function createTrustedOrigins(
  baseURL: string,
  listed: readonly string[] | undefined,
  pageUrl: () => string | undefined
): TrustedOrigins {
  let origins: ReadonlySet<string> | undefined

  // Resolved at first use: `baseURL` may be relative, and the page may not exist before.
  function resolveOrigins(): ReadonlySet<string> {
    const urls = listed ?? [baseURL === '' ? '/' : baseURL]
    const parsed = urls.map((url) => parseUrl(url, pageUrl())).filter((url) => url !== undefined)
    return new Set(parsed.filter(isSecureUrl).map((url) => url.origin))
  }

  return {
    trusts(url) {
      const target = url === undefined ? undefined : parseUrl(url, pageUrl())
      if (target === undefined || !isSecureUrl(target)) return false
      // Browsers and axios send a user name in the URL as an Authorization header.
      if (target.username !== '' || target.password !== '') return false
      origins ??= resolveOrigins()
      return origins.has(target.origin)
    }
  }
}
