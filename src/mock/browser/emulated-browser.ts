// Emulated browser: does for in-process calls what a page's browser does to real ones. It adds
// `Origin` and cookies, blocks requests and hides response headers (Fetch standard, CORS protocol).

import type { CallFacts } from '../calls/call.ts'
import {
  type Decision,
  decision,
  headerValue,
  lost,
  parseUrl,
  type WireRequest,
  type WireResponse
} from '../http/message.ts'
import type { Call, Handler } from '../http/pipeline.ts'
import { type CookieJar, createCookieJar } from './cookie-jar.ts'
import {
  blockedBySharing,
  exposedNames,
  holdsToken,
  isReadable,
  unsafeHeaders
} from './emulated-cors.ts'

/** The source of the cookies of in-process clients; see `MockAuthServerOptions.cookies`. */
export type CookieMode = 'headers' | 'jar' | 'auto'

export interface Browser {
  /** Wrapper: adds the `Origin` header of the page. */
  addOrigin(call: Call, next: Handler): Promise<Decision>
  /** Wrapper: blocks what CORS blocks, and stores the cookies of the response. */
  send(call: Call, next: Handler): Promise<Decision>
  /** Wrapper: adds the cookies. They are read when the server handles the call, not before. */
  addCookies(call: Call, next: Handler): Promise<Decision>
  /** Stores the cookies of a session that was created without a request. */
  readonly storeCookies: CookieJar['store']
  reset(): void
}

export interface BrowserDeps {
  readonly cookies: CookieMode
  readonly pageOrigin: string | undefined
  readonly emulateCors: boolean
  readonly preflight: (request: WireRequest, methods: readonly string[]) => Decision
}

export function createBrowser({
  cookies,
  pageOrigin,
  emulateCors,
  preflight
}: BrowserDeps): Browser {
  const cookieJar = createCookieJar(findPageOrigin)

  function findPageOrigin(): string | undefined {
    return pageOrigin ?? documentOrigin()
  }

  function withOrigin(request: WireRequest): WireRequest {
    const origin = findPageOrigin()
    if (origin === undefined || headerValue(request, 'origin') !== undefined) return request
    const isSafe = request.method === 'GET' || request.method === 'HEAD'
    if (isSafe && originOf(request.url) === origin) return request
    return { ...request, headers: [...request.headers, ['Origin', origin]] }
  }

  /**
   * Whether the jar keeps this client's cookies. A client that sends `Origin` is a page and has its
   * own.
   */
  function usesJar({ sent, adapter }: Call): boolean {
    if (!isInProcess(adapter) || cookies === 'headers') return false
    if (cookies === 'auto' && typeof document !== 'undefined') return false
    if (headerValue(sent, 'origin') !== undefined) return false
    const origin = findPageOrigin()
    const isForeign = origin !== undefined && originOf(sent.url) !== origin
    return sent.credentials !== 'omit' && !(sent.credentials === 'same-origin' && isForeign)
  }

  function emulatesCors({ request, adapter }: Call): boolean {
    return (
      emulateCors && isInProcess(adapter) && isCrossOrigin(request) && request.method !== 'OPTIONS'
    )
  }

  /** Why the browser does not send the request after its preflight, if so. */
  function blockedByPreflight({ request, route }: Call): string | undefined {
    const unsafe = unsafeHeaders(request)
    const isSimple = /^(?:GET|HEAD|POST)$/.test(request.method) && unsafe.length === 0
    if (isSimple) return undefined
    const headers: WireRequest['headers'] = [
      ['Origin', headerValue(request, 'origin') ?? ''],
      ['Access-Control-Request-Method', request.method],
      ['Access-Control-Request-Headers', unsafe.join(',')]
    ]
    const { outcome } = preflight({ method: 'OPTIONS', url: request.url, headers }, route.methods)
    if (outcome === 'accepted') return undefined
    return `the preflight of ${request.method} with ${unsafe.join(', ') || 'no headers'} fails`
  }

  /** The part of the response that the page can read, and what CORS took from it. */
  function show(call: Call, response: WireResponse): { response: WireResponse; facts: CallFacts } {
    const { request } = call
    if (!isCrossOrigin(request) || response.fault === 'network') return { response, facts: {} }
    const exposed = exposedNames(request, response)
    const isShown = ([name]: readonly [string, string]) => isReadable(name, exposed)
    const hidden = response.headers.find((header) => holdsToken(header) && !isShown(header))
    const facts: CallFacts = hidden === undefined ? {} : { hiddenHeader: hidden[0] }
    if (!emulatesCors(call)) return { response, facts }
    const blocked = blockedBySharing(request, response)
    if (blocked !== undefined) return { response: lost(), facts: { blocked } }
    // The browser follows a redirect itself: a script never sees these headers.
    const isRedirect = response.status >= 300 && response.status < 400
    if (isRedirect) return { response, facts }
    return { response: { ...response, headers: response.headers.filter(isShown) }, facts }
  }

  return {
    addOrigin(call, next) {
      return next(isInProcess(call.adapter) ? { ...call, request: withOrigin(call.request) } : call)
    },

    async send(call, next) {
      const blocked = emulatesCors(call) ? blockedByPreflight(call) : undefined
      if (blocked !== undefined) return decision('preflight_refused', lost(), { blocked })
      const decided = await next(call)
      const { response, facts } = show(call, decided.response)
      if (usesJar(call) && response.fault !== 'network') {
        cookieJar.store(call.sent.url, response.setCookies, call.isCurrent)
      }
      return { ...decided, response, facts: { ...decided.facts, ...facts } }
    },

    async addCookies(call, next) {
      if (!usesJar(call)) return next(call)
      const { request } = call
      const stored = cookieJar.cookiesFor(request.url)
      return next({ ...call, request: { ...request, cookies: { ...stored, ...request.cookies } } })
    },

    storeCookies: cookieJar.store,
    reset: cookieJar.reset
  }
}

/** Whether the adapter's clients run in this process, without a browser in between. */
function isInProcess(adapter: Call['adapter']): boolean {
  return adapter === 'msw' || adapter === 'fetch'
}

/** The origin of the page that this code runs in, if it runs in a page. */
function documentOrigin(): string | undefined {
  if (typeof document === 'undefined') return undefined
  const { origin } = globalThis.location
  return origin === 'null' ? undefined : origin
}

function originOf(url: string): string | undefined {
  return parseUrl(url)?.origin
}

function isCrossOrigin(request: WireRequest): boolean {
  const origin = headerValue(request, 'origin')
  return origin !== undefined && origin !== originOf(request.url)
}
