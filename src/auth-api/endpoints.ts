// Auth endpoints: resolves the URLs of login, refresh and logout, and posts to one of them.
import { invalid } from '../lib/checks.ts'
import { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { rejectOnAbort } from '../lib/time.ts'
import { isSecureUrl, joinUrl, parseUrl } from '../lib/url.ts'
import { type Answered, readResponse } from './answer.ts'

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

export interface PostBody {
  readonly type: string
  readonly text: string
}

export function json(value: unknown): PostBody {
  return { type: 'application/json', text: JSON.stringify(value) }
}

/** RFC 6749 §6. */
export function refreshTokenGrant(refreshToken: string | undefined): PostBody {
  const form = new URLSearchParams({ grant_type: 'refresh_token' })
  if (refreshToken !== undefined) form.set('refresh_token', refreshToken)
  return { type: 'application/x-www-form-urlencoded', text: form.toString() }
}

/** Posts to an auth endpoint. Never rejects. */
export type AuthPost = (
  url: string,
  body: PostBody,
  signal: AbortSignal,
  headers?: Readonly<Record<string, string>>
) => Promise<Answered | { readonly kind: 'unanswered'; readonly error: AuthError }>

export function createAuthPost(platform: Pick<Platform, 'fetch'>): AuthPost {
  return async (url, body, signal, headers) => {
    const { origin, pathname } = new URL(url)
    const where = `POST ${origin}${pathname}`

    async function exchange(): Promise<Answered> {
      const init = Object.assign(withoutPrototype(), {
        method: 'POST',
        headers: { Accept: 'application/json', 'Content-Type': body.type, ...headers },
        body: body.text,
        credentials: 'include',
        // The request must outlive the page: if the rotated cookie is lost, the next refresh sends
        // the old one, which the server takes for theft.
        keepalive: true,
        cache: 'no-store',
        redirect: 'error',
        signal
      } satisfies RequestInit)
      return readResponse(where, await platform.fetch(url, init))
    }

    try {
      // Raced, because a replaced `fetch` may ignore the signal.
      return await Promise.race([exchange(), rejectOnAbort(signal)])
    } catch {
      // Error names differ per engine and adapter, so the signal identifies a timeout.
      return { kind: 'unanswered', error: unanswered(where, signal) }
    }
  }
}

// `fetch` also reads inherited options, and `Object.prototype` may be polluted.
function withoutPrototype(): RequestInit {
  return Object.create(null)
}

function unanswered(where: string, signal: AbortSignal): AuthError {
  return signal.aborted
    ? new AuthError('ERR_AUTH_TIMEOUT', `${where} got no answer in time.`)
    : new AuthError(
        'ERR_AUTH_NETWORK',
        `${where} got no answer: the network or the server is down, the server redirected, or its CORS headers do not allow this origin with credentials.`
      )
}
