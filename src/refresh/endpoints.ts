// Where the three auth requests go.
import { AuthError } from '../errors.ts'

export interface EndpointPaths {
  readonly login: string
  readonly refresh: string
  readonly logout: string
}

const loopbackHost = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/
const absoluteUrl = /^([a-z][a-z\d+\-.]*:)?\/\//i

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
  const joined = joinUrl(baseURL, path)
  let url: URL
  try {
    url = new URL(joined, pageUrl)
  } catch {
    throw new AuthError(
      'ERR_AUTH_INVALID_OPTIONS',
      `baseURL must be absolute where there is no page to resolve it against; received "${baseURL}".`
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

/** May a credential travel there? https, and http on the loopback for local development (RFC 6750 §5.3). */
export function isSecureUrl(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopbackHost.test(url.hostname))
}

/** Joins as axios does: an absolute URL stands for itself unless `allowAbsoluteUrls` is false. */
export function joinUrl(baseURL: string, url: string, allowAbsoluteUrls = true): string {
  if (baseURL === '' || (absoluteUrl.test(url) && allowAbsoluteUrls)) return url
  return url === '' ? baseURL : `${baseURL.replace(/\/?\/$/, '')}/${url.replace(/^\/+/, '')}`
}
