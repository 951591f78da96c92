// URLs: parsing, joining as axios does, and the check that credentials travel encrypted.

const absoluteUrl = /^([a-z][a-z\d+\-.]*:)?\/\//i
const loopbackHost = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** https, or http on localhost for local development (RFC 6750 §5.3). */
export function isSecureUrl(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopbackHost.test(url.hostname))
}

/**
 * Joins exactly as axios does, because trust is decided on the result. An absolute `url` ignores
 * `baseURL` unless `allowAbsoluteUrls` is `false`; other falsy values do not count.
 */
export function joinUrl(baseURL: string, url: string, allowAbsoluteUrls: unknown = true): string {
  if (baseURL === '' || (absoluteUrl.test(url) && allowAbsoluteUrls !== false)) return url
  return url === '' ? baseURL : `${baseURL.replace(/\/?\/$/, '')}/${url.replace(/^\/+/, '')}`
}

export function parseUrl(url: string, base?: string): URL | undefined {
  try {
    return new URL(url, base)
  } catch {
    return undefined
  }
}
