// Adapter for msw: the server as request handlers of Mock Service Worker.
import { type HttpHandler, HttpResponse, type HttpResponseResolver, http } from 'msw'
import type { ProtectedSession } from '../endpoints/guard.ts'
import {
  inheritingNothing,
  parseUrl,
  type WireRequest,
  type WireResponse
} from '../http/message.ts'
import { callback, describe, invalid, methodOptions } from '../lib/checks.ts'
import type { MockAuthServer } from '../types.ts'
import { guardResponse, toBody, toWireRequest } from './fetch.ts'

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
 * Creates handlers for every route of the server.
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
  const routes = server.routes.map(({ path }) => http.all(origin + path, resolve))
  const handlers = [createObserver(server, origin), ...routes]
  if (origin === '') return handlers
  const preflight = protect(server, () => undefined)
  return [...handlers, http.options(`${origin}/*`, preflight)]
}

// Shows every request to the server. Its predicate never matches, so other handlers still answer
// the request, and msw still reports it as unhandled if none does.
function createObserver(server: MockAuthServer, origin: string): HttpHandler {
  function inspect({ request }: { request: Request }): boolean {
    const home = origin === '' ? globalThis.location?.origin : origin
    server.inspect(toRecord({ request }), 'msw', home)
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

function toRecord({ request, cookies }: Pick<MswInfo, 'request'> & Partial<MswInfo>): WireRequest {
  const { credentials, ...record } = toWireRequest(
    request,
    sentHeaders(request).flatMap(separateCookies)
  )
  // In Node, msw reports `same-origin` for every fetch, so there only the other two values count.
  const isKnown = credentials !== undefined && (credentials !== 'same-origin' || !isNode())
  return {
    ...record,
    ...(isKnown ? { credentials } : {}),
    ...(cookies === undefined ? {} : { cookies })
  }
}

/**
 * Every header of an intercepted request. happy-dom's `Request` hides `Cookie`, `Origin` and others
 * from scripts, as a browser does. The interceptor below msw stores the original rows under a
 * private symbol; without that symbol only the visible headers are known.
 */
function sentHeaders(request: Request): [string, string][] {
  const visible: [string, string][] = [...request.headers]
  const hidden = rawRows(request.headers).filter(([name]) => !request.headers.has(name))
  return [...visible, ...hidden]
}

function rawRows(headers: Headers): [string, string][] {
  const key = Object.getOwnPropertySymbols(headers).find(
    ({ description }) => description === 'kRawHeaders'
  )
  const rows: unknown = key === undefined ? undefined : Reflect.get(headers, key)
  return Array.isArray(rows) ? rows.filter(isRow) : []
}

function isRow(row: unknown): row is [string, string] {
  return Array.isArray(row) && typeof row[0] === 'string' && typeof row[1] === 'string'
}

// msw 2 joins several `Cookie` headers with commas, and leaves attributes between them.
function separateCookies([name, value]: [string, string]): [string, string][] {
  if (name.toLowerCase() !== 'cookie') return [[name, value]]
  return value.split(',').map((each) => [name, each])
}

function isNode(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } }
  return process?.versions?.node !== undefined
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
