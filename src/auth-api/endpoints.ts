// Auth endpoints: resolves the URLs of login, refresh and logout, and recognises them.
import { invalid } from '../lib/checks.ts'
import { isSecureUrl, joinUrl, parseUrl } from '../lib/url.ts'

export interface EndpointPaths {
  readonly login: string
  readonly refresh: string
  readonly logout: string
}

export interface Endpoints {
  /**
   * The endpoint's URL: its path joined to `baseURL` as axios joins them, resolved against the
   * page.
   *
   * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` if a relative URL has no page to resolve against,
   * or if the URL is http on a host other than localhost (RFC 6750 §5.3).
   */
  resolve(name: keyof EndpointPaths): string
  /** Compares paths only, because a request may name the same server in another way. */
  has(url: string | undefined): boolean
  /**
   * Identifies the server. Clients of different servers must not share locks, storage or messages.
   */
  identify(): string
}

export function createEndpoints(
  { baseURL, paths }: { readonly baseURL: string; readonly paths: EndpointPaths },
  pageUrl: () => string | undefined
): Endpoints {
  // Parsed at each use, because the page's base URL can change.
  const parse = (path: string) => parseUrl(joinUrl(baseURL, path), pageUrl())

  return {
    resolve(name) {
      const url = parse(paths[name])
      if (url === undefined) {
        throw invalid(
          'baseURL',
          'an absolute URL, because outside a page a relative one has no base',
          baseURL
        )
      }
      if (!isSecureUrl(url)) {
        throw invalid(
          `paths.${name}`,
          'a path that resolves to an https URL (http on localhost only)',
          url.origin + url.pathname
        )
      }
      return url.href
    },
    has(url) {
      const path = url && parseUrl(url, pageUrl())?.pathname
      return [paths.login, paths.refresh, paths.logout].some(
        (endpoint) => path === parse(endpoint)?.pathname
      )
    },
    identify: () => parse(paths.refresh)?.href ?? baseURL + paths.refresh
  }
}
