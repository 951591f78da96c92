// The msw adapter: the server as request handlers of Mock Service Worker.
import { type HttpHandler, HttpResponse, type HttpResponseResolver, http } from 'msw'
import type { ProtectedSession } from '../endpoints/guard.ts'
import { inheritingNothing, type WireRequest, type WireResponse } from '../http/message.ts'
import { callback, describe, invalid, methodOptions } from '../lib/checks.ts'
import type { MockAuthServer } from '../types.ts'
import { guardResponse, toBody, toWireRequest } from './fetch.ts'
import { rawHeaders } from './msw-headers.ts'

export interface HandlersOptions {
  /**
   * Where the server pretends to be: an origin such as `https://api.example.com`, or `''` for the page's own.
   * Default `''`; without a page, as in plain Node, an origin is needed. A path in front of the routes is the server's
   * `basePath`.
   */
  readonly baseURL?: string
}

/** What msw hands a resolver: `request`, `params`, `cookies` and the like. */
export type MswInfo = Parameters<HttpResponseResolver>[0]

/** A resolver behind the guard: msw's own argument together with who is asking. */
export type ProtectedResolver = (
  info: MswInfo & ProtectedSession
) => Response | undefined | Promise<Response | undefined>

/**
 * Handlers for every route of the server. With an absolute `baseURL` they also answer every preflight below it: in Node
 * the DOM environments send real ones. Of several servers on one origin the first answers them all, by its own
 * `allowedOrigins`.
 *
 * @example
 * setupServer(...createHandlers(createMockAuthServer({ basePath: '/auth' })))
 *
 * @throws TypeError for a `baseURL` that is no origin, or that is missing where there is no page
 */
export function createHandlers(
  server: MockAuthServer,
  options: HandlersOptions = {}
): HttpHandler[] {
  const { baseURL = '' } = methodOptions<HandlersOptions>('createHandlers', options, ['baseURL'])
  const origin = readOrigin(baseURL)
  const resolve = async (info: MswInfo): Promise<Response> =>
    toHttpResponse(await server.handle(toRecord(info), 'msw'))
  const own = server.routes.map(({ path }) => http.all(origin + path, resolve))
  const all = [watch(server, origin), ...own]
  if (origin === '') return all
  const preflight = protect(server, () => undefined)
  return [...all, http.options(`${origin}/*`, preflight)]
}

// A predicate that never matches: the request stays everybody else's, and counts as unhandled where nobody handles it.
function watch(server: MockAuthServer, origin: string): HttpHandler {
  const see = ({ request }: { request: Request }): boolean => {
    const home = origin === '' ? globalThis.location?.origin : origin
    server.inspect(toRecord({ request }), 'msw', home)
    return false
  }
  return http.all(see, () => undefined)
}

/**
 * Puts the server's verification, re-issue and CORS around a resolver of your own.
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
    let passedOn: Response | undefined
    const answer = await guardResponse(
      (respond) => server.guard(toRecord(info), respond, 'msw'),
      async (session) => {
        const response = await answerOf(() => resolver({ ...info, ...session }))
        if (response === undefined || !isPassedOn(response)) return response
        passedOn = response
        return undefined
      }
    )
    return answer.kind === 'own' ? (answer.response ?? passedOn) : toHttpResponse(answer.response)
  }
}

/** Is it msw's `passthrough()`, which stands for an answer of the network's? */
function isPassedOn({ headers }: Response): boolean {
  return headers.get('x-msw-intention') === 'passthrough'
}

// In msw a thrown response is an answer like any other.
async function answerOf(
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
    rawHeaders(request).flatMap(separateCookies)
  )
  // In Node every fetch reads `same-origin`, whatever it was asked for; only the other two values are true.
  const isKnown = credentials !== undefined && (credentials !== 'same-origin' || !isNode())
  return {
    ...record,
    ...(isKnown ? { credentials } : {}),
    ...(cookies === undefined ? {} : { cookies })
  }
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

// Without its length a body ends with its connection, as in HTTP/1.0, and Node's fetch opens another for the next call.
function lengthOf(
  headers: WireResponse['headers'],
  body: string,
  fault: 'cut' | undefined
): [string, string][] {
  const isThere = headers.some(([name]) => name.toLowerCase() === 'content-length')
  if (isThere || body === '' || fault === 'cut') return []
  return [['Content-Length', String(new TextEncoder().encode(body).length)]]
}

// `HttpResponse` remembers `Set-Cookie` where the platform's `Response` drops it.
function toHttpResponse(answer: WireResponse): Response {
  const { status, headers, setCookies, body, fault } = inheritingNothing(answer)
  if (fault === 'network') return HttpResponse.error()
  const cookies = setCookies.map((value): [string, string] => ['Set-Cookie', value])
  const rows = [...headers, ...lengthOf(headers, body, fault), ...cookies]
  return new HttpResponse(toBody(body, fault), { status, headers: rows })
}

function readOrigin(baseURL: unknown): string {
  if (baseURL === '') {
    if (globalThis.location !== undefined) return ''
    const expectation = 'an http(s) origin, because there is no page'
    throw invalid('baseURL', expectation, describe(baseURL), 'createHandlers')
  }
  let url: URL | undefined
  try {
    if (typeof baseURL === 'string') url = new URL(baseURL)
  } catch {}
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
    const hint = 'a path belongs into the basePath of createMockAuthServer'
    const expectation = `'' or an http(s) origin (${hint})`
    throw invalid('baseURL', expectation, describe(baseURL), 'createHandlers')
  }
  return url.origin
}
