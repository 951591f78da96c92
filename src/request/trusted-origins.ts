// To which origins the access token may go, and from which a re-issued one may come: an exact list, on resolved URLs.
import { isSecureUrl, parseUrl } from '../lib/url.ts'

export interface TrustedOrigins {
  /** `url` may be relative to the page. What does not parse, or is not known, is not trusted. */
  trusts(url: string | undefined): boolean
}

export function createTrustedOrigins(
  baseURL: string,
  listed: readonly string[] | undefined,
  pageUrl: () => string | undefined
): TrustedOrigins {
  let origins: ReadonlySet<string> | undefined

  // The base may be relative, and there may be no page yet: it is resolved at first use.
  function resolveOrigins(): ReadonlySet<string> {
    const urls = listed ?? [baseURL === '' ? '/' : baseURL]
    const parsed = urls.map((url) => parseUrl(url, pageUrl())).filter((url) => url !== undefined)
    return new Set(parsed.filter(isSecureUrl).map((url) => url.origin))
  }

  return {
    trusts(url) {
      const target = url === undefined ? undefined : parseUrl(url, pageUrl())
      if (target === undefined || !isSecureUrl(target)) return false
      // A user name in the URL is sent as an Authorization of the caller's own.
      if (target.username !== '' || target.password !== '') return false
      origins ??= resolveOrigins()
      return origins.has(target.origin)
    }
  }
}
