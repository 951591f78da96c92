// Cross-origin rules: which origins may call the server, the CSRF check, and CORS for one exact
// origin with credentials (Fetch standard, CORS protocol). Other origins get no CORS headers.

import {
  type Decision,
  decision,
  headerValue,
  noContent,
  parseUrl,
  refusal,
  type WireRequest,
  type WireResponse
} from './message.ts'
import type { Call, Handler } from './pipeline.ts'

const safelisted = ['accept', 'accept-language', 'content-language', 'range']

export interface CrossOrigin {
  /** Wrapper: replaces the CORS headers of the response by the server's. */
  addHeaders(call: Call, next: Handler): Promise<Decision>
  /** Answers `OPTIONS` for a route with these methods. */
  preflight(request: WireRequest, methods: readonly string[]): Decision
  /**
   * CSRF check: refuses a request that another site could have sent in the user's name.
   * @param expectedType the media type; `undefined` for a request without a body
   * @returns the refusal, or `undefined` if the request may proceed
   */
  checkCsrf(request: WireRequest, expectedType: string | undefined): Decision | undefined
}

export interface CrossOriginDeps {
  readonly allowedOrigins: 'loopback' | readonly string[]
  readonly allowedHeaders: readonly string[]
}

export function createCrossOrigin({
  allowedOrigins,
  allowedHeaders
}: CrossOriginDeps): CrossOrigin {
  function allowedOrigin(request: WireRequest): string | undefined {
    const origin = headerValue(request, 'origin')
    return origin !== undefined && isAllowedOrigin(allowedOrigins, origin) ? origin : undefined
  }

  function withCorsHeaders(request: WireRequest, response: WireResponse): WireResponse {
    const origin = allowedOrigin(request)
    const own: [string, string][] =
      origin === undefined
        ? []
        : [
            ['Access-Control-Allow-Origin', origin],
            ['Access-Control-Allow-Credentials', 'true']
          ]
    const isForeign = origin === undefined && headerValue(request, 'origin') !== undefined
    const shown = origin === undefined ? response.headers : withExposed(response.headers)
    const others = shown.filter(([name]) => !isReplaced(name, isForeign))
    // `Vary` for a refused origin too: a cache must not serve that response to an allowed origin.
    const vary = withMember(response.headers, 'Vary', 'Origin')
    return { ...response, headers: [...others, ...own, ['Vary', vary]] }
  }

  return {
    async addHeaders(call, next) {
      const decided = await next(call)
      return { ...decided, response: withCorsHeaders(call.request, decided.response) }
    },

    preflight(request, methods) {
      const requested = headerValue(request, 'access-control-request-method')
      if (requested === undefined) {
        return decision('accepted', noContent([['Allow', ['OPTIONS', ...methods].join(', ')]]))
      }
      if (allowedOrigin(request) === undefined) return decision('preflight_refused', noContent())
      const response = noContent([
        ['Access-Control-Allow-Methods', methods.join(', ')],
        ['Access-Control-Allow-Headers', allowedHeaders.join(', ')],
        ['Access-Control-Max-Age', '600']
      ])
      // The browser compares these lists itself; the outcome only predicts its result.
      const passes = methods.includes(requested) && areAllowed(request, allowedHeaders)
      return decision(passes ? 'accepted' : 'preflight_refused', response)
    },

    checkCsrf(request, expectedType) {
      const origin = headerValue(request, 'origin')
      const isOwn = origin !== undefined && origin === new URL(request.url).origin
      const isAllowed = isOwn || allowedOrigin(request) !== undefined
      const isCrossSite = headerValue(request, 'sec-fetch-site') === 'cross-site'
      // A client that sends neither header is not a browser, so no user's cookie can be abused.
      if (!isAllowed && (origin !== undefined || isCrossSite)) {
        const description = 'requests from this origin are not accepted'
        return decision('cross_site', refusal(403, 'cross_site', description))
      }
      // A form cannot send JSON, and a script of another origin needs a preflight for it.
      const mediaType = headerValue(request, 'content-type')?.split(';')[0]?.trim().toLowerCase()
      if (expectedType !== undefined && mediaType !== expectedType) {
        const description = `the content type must be ${expectedType}`
        return decision('unsupported_media_type', refusal(415, 'invalid_request', description))
      }
      return undefined
    }
  }
}

const loopbackHost = /^(?:localhost|(?:[a-z0-9-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

export function isAllowedOrigin(allowed: 'loopback' | readonly string[], origin: string): boolean {
  if (!isSerializedOrigin(origin)) return false
  if (allowed !== 'loopback') return allowed.includes(origin)
  return isLoopback(new URL(origin).hostname)
}

export function isLoopback(hostname: string): boolean {
  return loopbackHost.test(hostname)
}

/**
 * Whether this is exactly the `Origin` that a browser sends for an http(s) page (RFC 6454 §6.2).
 */
export function isSerializedOrigin(value: string): boolean {
  // `http://127.1`, an upper-case host or a trailing slash name the same origin in another
  // spelling.
  return parseUrl(value)?.origin === value
}

/** The value of a list header, extended by a member that it may already contain. */
export function withMember(
  headers: readonly (readonly [string, string])[],
  name: string,
  member: string
): string {
  const members = headers
    .filter(([key]) => key.toLowerCase() === name.toLowerCase())
    .flatMap(([, value]) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '')
  const isPresent = members.some((value) => value.toLowerCase() === member.toLowerCase())
  return [...members, ...(isPresent ? [] : [member])].join(', ')
}

/** CORS hides these headers unless they are listed, and the client reads them. */
const readByClient = ['Retry-After', 'WWW-Authenticate']

function withExposed(headers: WireResponse['headers']): WireResponse['headers'] {
  const expose = 'Access-Control-Expose-Headers'
  return readByClient
    .filter((name) => headerValue({ headers }, name) !== undefined)
    .reduce((all, name) => {
      const others = all.filter(([key]) => key.toLowerCase() !== expose.toLowerCase())
      return [...others, [expose, withMember(all, expose, name)]]
    }, headers)
}

/** A response for a refused origin loses every CORS header, even one that a handler has set. */
function isReplaced(name: string, isForeign: boolean): boolean {
  const replaced = isForeign
    ? /^(?:vary|access-control-.*)$/i
    : /^(?:vary|access-control-allow-(?:origin|credentials))$/i
  return replaced.test(name)
}

function areAllowed(request: WireRequest, allowedHeaders: readonly string[]): boolean {
  const known = [...safelisted, ...allowedHeaders.map((name) => name.toLowerCase())]
  return (headerValue(request, 'access-control-request-headers') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .every((name) => name === '' || known.includes(name))
}
