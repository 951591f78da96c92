// How URLs are joined, and which of them may see a credential at all.

const absoluteUrl = /^([a-z][a-z\d+\-.]*:)?\/\//i
const loopbackHost = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** https, and http on the loopback for local development (RFC 6750 §5.3). */
export function isSecureUrl(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopbackHost.test(url.hostname))
}

/**
 * Joins exactly as axios does, for trust is decided on the result: an absolute URL stands for itself unless
 * `allowAbsoluteUrls` is `false`, and no other falsy value will do.
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
