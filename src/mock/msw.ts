// Entry "everbearer/mock/msw": the server as handlers of Mock Service Worker, in the page and in Node.
import { type HttpHandler, HttpResponse, type HttpResponseResolver, http } from 'msw'
import { guardResponse, toWireRequest } from './fetch.ts'
import type { ProtectedSession } from './guard.ts'
import { rawHeaders } from './raw-headers.ts'
import type { MockAuthServer } from './server-face.ts'
import type { WireRequest, WireResponse } from './wire.ts'

export interface HandlersOptions {
  /**
   * Where the server pretends to be: an origin such as `https://api.example.com`, or `''` for the page's own.
   * Default `''`. A path in front of the routes is the server's `basePath`.
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
 * the DOM environments send real ones.
 *
 * @example
 * setupServer(...createHandlers(createMockAuthServer({ basePath: '/auth' })))
 */
export function createHandlers(
  server: MockAuthServer,
  { baseURL = '' }: HandlersOptions = {}
): HttpHandler[] {
  const origin = readOrigin(baseURL)
  const resolve = async (info: MswInfo): Promise<Response> =>
    toHttpResponse(await server.handle(toRecord(info), 'msw'))
  const own = server.routes.map(({ path }) => http.all(origin + path, resolve))
  if (origin === '') return own
  const preflight = protect(server, () => undefined)
  return [...own, http.options(`${origin}/*`, preflight)]
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
  return async (info) => {
    const answer = await guardResponse(
      (respond) => server.guard(toRecord(info), respond, 'msw'),
      (session) => answerOf(() => resolver({ ...info, ...session }))
    )
    return answer.kind === 'own' ? answer.response : toHttpResponse(answer.response)
  }
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

function toRecord({ request, cookies }: MswInfo): WireRequest {
  return { ...toWireRequest(request, rawHeaders(request)), cookies }
}

// `HttpResponse` remembers `Set-Cookie` where the platform's `Response` drops it.
function toHttpResponse({ status, headers, setCookies, body }: WireResponse): Response {
  const rows = [...headers, ...setCookies.map((value): [string, string] => ['Set-Cookie', value])]
  return new HttpResponse(body === '' ? null : body, { status, headers: rows })
}

function readOrigin(baseURL: string): string {
  if (baseURL === '') return ''
  let url: URL | undefined
  try {
    url = new URL(baseURL)
  } catch {}
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
    const hint = 'a path belongs into the basePath of createMockAuthServer'
    throw new TypeError(
      `createHandlers: baseURL must be '' or an http(s) origin (${hint}), received ${JSON.stringify(baseURL)}`
    )
  }
  return url.origin
}
