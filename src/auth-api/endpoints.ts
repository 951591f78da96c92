// Auth endpoints: resolves the URLs of login, refresh and logout.
import type { ResolvedContract, ResolvedEndpoint } from '../contract/resolved-contract.ts'
import { hash } from '../lib/access-token.ts'
import { invalid } from '../lib/option-errors.ts'
import { joinUrl, parseUrl, resolveUrl, type UrlPolicy } from '../lib/url.ts'

type EndpointName = 'login' | 'refresh' | 'logout'

export interface Endpoints {
  /**
   * The endpoint's URL: its path joined to `baseURL` as axios joins them, resolved against `base`.
   *
   * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` if a relative URL has no page to resolve against,
   * or if the URL is http where that is not allowed (RFC 6750 §5.3).
   */
  resolve(name: EndpointName, endpoint: Pick<ResolvedEndpoint, 'path'>): string
  /** Compares method and path only, because a request may name the same server in another way. */
  has(method: string, url: string | undefined): boolean
  /**
   * Identifies the server. Clients of different servers must not share locks, storage or messages.
   */
  identify(): string
}

export function createEndpoints(
  { baseURL, contract }: { readonly baseURL: string; readonly contract: ResolvedContract },
  base: string | undefined,
  isAllowed: UrlPolicy
): Endpoints {
  const parse = (path: string) => resolveUrl(joinUrl(baseURL, path), base)

  function pathOf(name: EndpointName): string | undefined {
    const endpoint = contract[name]
    return typeof endpoint === 'object' ? endpoint.path : undefined
  }

  function checkAllowed(name: EndpointName, url: URL): void {
    if (isAllowed(url)) return
    throw invalid(`contract.${name}.path`, 'secure', url.origin + url.pathname)
  }
  for (const name of ['login', 'refresh', 'logout'] as const) {
    // A relative URL has the protocol of `baseURL` or of the page.
    const url = parseUrl(pathOf(name) ?? '')
    if (url?.host) checkAllowed(name, url)
  }

  return {
    resolve(name, { path }) {
      const url = parse(path)
      if (url === undefined) throw invalid('baseURL', 'base', baseURL)
      checkAllowed(name, url)
      return url.href
    },
    has(method, url) {
      const requested = url && parseUrl(url, base)?.pathname
      return [contract.login, contract.refresh, contract.logout].some(
        (endpoint) =>
          typeof endpoint === 'object' &&
          endpoint.method === method.toUpperCase() &&
          requested === parse(endpoint.path)?.pathname
      )
    },
    identify() {
      const path = pathOf('refresh') ?? ''
      const [url = '', query] = (parse(path)?.href ?? joinUrl(baseURL, path)).split(/\?(.*)/s)
      // Names of storage and channels are public, and a query may hold a key.
      return query === undefined ? url : `${url}?${hash(query)}`
    }
  }
}
