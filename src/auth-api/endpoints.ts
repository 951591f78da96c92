// Where the three auth requests go, and which URLs are theirs.
import { AuthError } from '../lib/errors.ts'
import { isSecureUrl, joinUrl, parseUrl } from '../lib/url.ts'

export interface EndpointPaths {
  readonly login: string
  readonly refresh: string
  readonly logout: string
}

export interface Endpoints {
  /**
   * Its URL: the path joined to `baseURL` as axios does, resolved against the page.
   *
   * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` where a relative URL has no page to resolve against, or where the
   * result is http on a host other than the loopback (RFC 6750 §5.3).
   */
  resolve(name: keyof EndpointPaths): string
  /** Is this the URL of one of them? By its path alone, for a request may name the server in another way. */
  has(url: string | undefined): boolean
  /** What tells these endpoints from those of other servers: two clients for different ones share nothing. */
  identify(): string
}

export function createEndpoints(
  { baseURL, paths }: { readonly baseURL: string; readonly paths: EndpointPaths },
  pageUrl: () => string | undefined
): Endpoints {
  // Each time anew, since the page's base may change.
  const parse = (path: string) => parseUrl(joinUrl(baseURL, path), pageUrl())

  return {
    resolve(name) {
      const url = parse(paths[name])
      if (url === undefined) {
        throw new AuthError(
          'ERR_AUTH_INVALID_OPTIONS',
          `Option baseURL: expected an absolute URL, since there is no page to resolve a relative one against; received "${baseURL}".`
        )
      }
      if (!isSecureUrl(url)) {
        throw new AuthError(
          'ERR_AUTH_INVALID_OPTIONS',
          `Credentials travel over https only (http on the loopback excepted); received the endpoint ${url.origin}${url.pathname}.`
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
