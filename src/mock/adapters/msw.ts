// Adapter for msw: the server as request handlers of Mock Service Worker.
import { type HttpHandler, HttpResponse, type HttpResponseResolver, http } from 'msw'
import type { ProtectedSession } from '../endpoints/guard.ts'
import { inheritingNothing, parseUrl, type WireResponse } from '../http/message.ts'
import { callback, describe, invalid, methodOptions } from '../lib/checks.ts'
import type { MockRouteEntry } from '../options/routes.ts'
import type { MockAuthServer } from '../types.ts'
import { guardResponse, toBody } from './fetch.ts'
import { toRecord } from './msw-request.ts'

export interface HandlersOptions {
  /**
   * Origin of the server, such as `https://api.example.com`, or `''` for the origin of the page.
   * Default `''`. Without a page, as in plain Node, an origin is required. To put a path in front
   * of the routes, set `basePath` of `createMockAuthServer`.
   */
  readonly baseURL?: string
}

/** The argument of an msw resolver: `request`, `params`, `cookies` and the like. */
export type MswInfo = Parameters<HttpResponseResolver>[0]

/** A guarded resolver: its argument is msw's, together with the verified session. */
export type ProtectedResolver = (
  info: MswInfo & ProtectedSession
) => Response | undefined | Promise<Response | undefined>

/**
 * Creates handlers for every route of the server. If the contract gives the absolute URL of an
 * endpoint, the handlers answer there.
 *
 * With an absolute `baseURL` they also answer every preflight to that origin, because the DOM
 * environments send real preflights in Node. If several servers share one origin, the first one
 * answers all preflights by its own `allowedOrigins`.
 *
 * @example
 * setupServer(...createHandlers(createMockAuthServer({ basePath: '/auth' })))
 *
 * @throws TypeError if `baseURL` is not an origin, or is missing outside a page
 */
export function createHandlers(
  server: MockAuthServer,
  options: HandlersOptions = {}
): HttpHandler[] {
  const { baseURL = '' } = methodOptions<HandlersOptions>('createHandlers', options, ['baseURL'])
  const origin = readOrigin(baseURL)
  const resolve = async (info: MswInfo): Promise<Response> =>
    toHttpResponse(await server.handle(toRecord(info), 'msw'))
  const routes = server.routes.map((route) => http.all(atRoute(route, origin), resolve))
  const handlers = [createObserver(server, origin), ...routes]
  if (origin === '') return handlers
  const preflight = protect(server, () => undefined)
  return [...handlers, http.options(`${origin}/*`, preflight)]
}

// Compares the path itself: in a path of msw, a final slash is optional and `:` begins a parameter.
function atRoute({ path, origin: own }: MockRouteEntry, origin: string) {
  return ({ request }: { readonly request: Request }): boolean => {
    const url = new URL(request.url)
    return url.pathname === path && url.origin === (own ?? homeOf(origin))
  }
}

/** The origin that the handlers answer for. */
function homeOf(origin: string): string | undefined {
  return origin === '' ? globalThis.location?.origin : origin
}

// Shows every request to the server. Its predicate never matches, so other handlers still answer
// the request, and msw still reports it as unhandled if none does.
function createObserver(server: MockAuthServer, origin: string): HttpHandler {
  function inspect({ request }: { request: Request }): boolean {
    server.inspect(toRecord({ request }), 'msw', homeOf(origin))
    return false
  }
  return http.all(inspect, () => undefined)
}

/**
 * Adds the server's verification, re-issue and CORS to a resolver.
 *
 * @example
 * http.get('/api/todos', protect(server, ({ claims }) => HttpResponse.json([claims.sub])))
 */
export function protect(
  server: MockAuthServer,
  resolver: ProtectedResolver
): (info: MswInfo) => Promise<Response | undefined> {
  callback('resolver', resolver, 'protect')
  return async (info) => {
    let passthrough: Response | undefined
    const guarded = await guardResponse(
      (respond) => server.guard(toRecord(info), respond, 'msw'),
      async (session) => {
        const response = await resolveOrCatch(() => resolver({ ...info, ...session }))
        if (response === undefined || !isPassthrough(response)) return response
        passthrough = response
        return undefined
      }
    )
    return guarded.from === 'handler'
      ? (guarded.response ?? passthrough)
      : toHttpResponse(guarded.response)
  }
}

/** Whether this is the result of msw's `passthrough()`, which sends the request to the network. */
function isPassthrough({ headers }: Response): boolean {
  return headers.get('x-msw-intention') === 'passthrough'
}

// msw treats a thrown `Response` like a returned one.
async function resolveOrCatch(
  resolve: () => ReturnType<ProtectedResolver>
): Promise<Response | undefined> {
  try {
    return await resolve()
  } catch (thrown) {
    if (thrown instanceof Response) return thrown
    throw thrown
  }
}

// Without a length, the end of the connection marks the end of the body, as in HTTP/1.0. Node's
// fetch would then open a new connection for each call.
function contentLength(
  headers: WireResponse['headers'],
  body: string,
  fault: 'cut' | undefined
): [string, string][] {
  const isPresent = headers.some(([name]) => name.toLowerCase() === 'content-length')
  if (isPresent || body === '' || fault === 'cut') return []
  return [['Content-Length', String(new TextEncoder().encode(body).length)]]
}

// `HttpResponse` keeps `Set-Cookie`, which the platform's `Response` drops.
function toHttpResponse(answer: WireResponse): Response {
  const { status, headers, setCookies, body, fault } = inheritingNothing(answer)
  if (fault === 'network') return HttpResponse.error()
  const cookies = setCookies.map((value): [string, string] => ['Set-Cookie', value])
  const rows = [...headers, ...contentLength(headers, body, fault), ...cookies]
  return new HttpResponse(toBody(body, fault), { status, headers: rows })
}

function readOrigin(baseURL: unknown): string {
  if (baseURL === '') {
    if (globalThis.location !== undefined) return ''
    const expectation = 'an http(s) origin, because there is no page'
    throw invalid('baseURL', expectation, describe(baseURL), 'createHandlers')
  }
  const url = typeof baseURL === 'string' ? parseUrl(baseURL) : undefined
  if (url === undefined || url.href !== `${url.origin}/`) {
    const hint = 'for a path, set basePath of createMockAuthServer'
    const expectation = `'' or an http(s) origin (${hint})`
    throw invalid('baseURL', expectation, describe(baseURL), 'createHandlers')
  }
  return url.origin
}
