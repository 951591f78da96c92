// Where the three auth requests go.
import { AuthError } from '../errors.ts'
import { isSecureUrl, joinUrl, parseUrl } from '../url.ts'

export interface EndpointPaths {
  readonly login: string
  readonly refresh: string
  readonly logout: string
}

/**
 * Joins a path to `baseURL` as axios does, and resolves the result against the page.
 *
 * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` where a relative URL has no page to resolve against, or where the
 * result is http on a host other than the loopback (RFC 6750 §5.3).
 */
export function resolveEndpoint(
  baseURL: string,
  path: string,
  pageUrl: string | undefined
): string {
  const url = parseUrl(joinUrl(baseURL, path), pageUrl)
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
}
