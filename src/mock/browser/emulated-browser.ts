// Emulated browser: does for in-process calls what a page's browser does to real ones. It adds
// `Origin` and cookies, blocks requests and hides response headers (Fetch standard, CORS protocol).

import type { CookieJar as ToughJar } from 'tough-cookie'
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
import type { IsCurrent } from '../lib/reset-generation.ts'
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
  storeCookies(url: string, setCookies: readonly string[], isCurrent: IsCurrent): Promise<void>
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
        await cookieJar.store(call.sent.url, response.setCookies, call.isCurrent)
      }
      return { ...decided, response, facts: { ...decided.facts, ...facts } }
    },

    async addCookies(call, next) {
      if (!usesJar(call)) return next(call)
      const { request } = call
      const stored = await cookieJar.cookiesFor(request.url)
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

/** The cookies of in-process clients that keep none, such as Node's fetch and axios in Node. */
interface CookieJar {
  /** The cookies that a browser sends to this URL. */
  cookiesFor(url: string): Promise<Readonly<Record<string, string>>>
  /** Stores cookies as a browser does, unless the server was reset in the meantime. */
  store(url: string, setCookies: readonly string[], isCurrent: IsCurrent): Promise<void>
  reset(): void
}

/**
 * tough-cookie is loaded with the first cookie. Its public suffix list outweighs the rest of the
 * mock, and a page never needs it: there the browser keeps the cookies.
 *
 * @param pageOrigin returns the origin of the page that sends the requests, if there is a page
 */
function createCookieJar(pageOrigin: () => string | undefined): CookieJar {
  let cookieJar: ToughJar | undefined

  return {
    async cookiesFor(url) {
      const jar = cookieJar
      if (jar === undefined) return {}
      const sameSiteContext = await siteContext(url, pageOrigin())
      const stored = jar.getCookiesSync(url, { sameSiteContext })
      return Object.fromEntries(stored.map(({ key, value }) => [key, value]))
    },

    async store(url, setCookies, isCurrent) {
      if (setCookies.length === 0) return
      const { CookieJar } = await import('tough-cookie')
      const sameSiteContext = await siteContext(url, pageOrigin())
      if (!isCurrent()) return
      cookieJar ??= new CookieJar()
      for (const setCookie of setCookies) {
        cookieJar.setCookieSync(setCookie, url, { sameSiteContext, ignoreError: true })
      }
    },

    reset() {
      cookieJar = undefined
    }
  }
}

/** Without a page, the client counts as a page of the API's own site (6265bis §5.2). */
async function siteContext(
  url: string,
  pageOrigin: string | undefined
): Promise<'strict' | 'none'> {
  if (pageOrigin === undefined) return 'strict'
  const { getPublicSuffix } = await import('tough-cookie')
  function siteOf({ protocol, hostname }: URL): string {
    const options = { allowSpecialUseDomain: true, ignoreError: true }
    return `${protocol}//${getPublicSuffix(hostname, options) ?? hostname}`
  }
  return siteOf(new URL(url)) === siteOf(new URL(pageOrigin)) ? 'strict' : 'none'
}
