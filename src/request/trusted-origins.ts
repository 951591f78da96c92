// Trusted origins: the exact list of origins that may see the access token and may re-issue it.
import { isSecureUrl, parseUrl } from '../lib/url.ts'

export interface TrustedOrigins {
  /** Whether `url`, which may be relative to the page, is trusted. An invalid URL is not. */
  trusts(url: string | undefined): boolean
}

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
