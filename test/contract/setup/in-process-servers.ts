// Beds whose server is in the same process as the client: behind msw, or called as a function.
import {
  createMockAuthServer,
  type MockAuthServer,
  type MockAuthServerOptions
} from 'everbearer/mock'
import { createHandlers, protect } from 'everbearer/mock/msw'
import { type HttpHandler, HttpResponse, http } from 'msw'
import { users } from '../cases.ts'
import type { Send } from './contract-setup.ts'

export const places = {
  home: 'http://localhost:3000',
  abroad: 'http://localhost:4000',
  strict: 'http://localhost:4001',
  elsewhere: 'http://localhost:4999'
}

export interface Pair {
  readonly server: MockAuthServer
  /** Allows no page but that of an app that is not there. */
  readonly strict: MockAuthServer
}

export function createPair(options: MockAuthServerOptions = {}): Pair {
  return {
    server: createMockAuthServer({ ...options, users }),
    strict: createMockAuthServer({ ...options, allowedOrigins: ['https://app.test'] })
  }
}

export const todoHeaders = {
  'Access-Control-Expose-Headers': 'X-Total',
  'X-Total': '1',
  'X-Secret': '7'
}

/** Everything as handlers of msw. An empty `home` is the page's own origin. */
export function handlersFor({ server, strict }: Pair, home: string): HttpHandler[] {
  const todos = protect(server, ({ claims: { sub } }) =>
    HttpResponse.json([sub], { headers: todoHeaders })
  )
  return [
    ...createHandlers(server, { baseURL: home }),
    ...createHandlers(server, { baseURL: places.abroad }),
    ...createHandlers(strict, { baseURL: places.strict }),
    http.get(`${home}/api/todos`, todos),
    http.get(`${places.abroad}/api/todos`, todos),
    http.all(`${places.elsewhere}/*`, takeAnything)
  ]
}

/** What a collector of tokens says to every page: come in. */
function takeAnything({ request }: { request: Request }): Response {
  const headers = {
    'Access-Control-Allow-Origin': request.headers.get('origin') ?? places.home,
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Allow-Headers': 'Authorization'
  }
  return new HttpResponse(null, { headers })
}

/** The servers' own `fetch` as a network: nothing leaves this function. */
export function sendTo({ server, strict }: Pair): Send {
  const todos = server.protect((_request, { claims: { sub } }) =>
    Response.json([sub], { headers: todoHeaders })
  )
  return async ({ method, url, headers = {}, body, ...rest }) => {
    const { credentials = 'include', signal } = rest
    const { origin, pathname } = new URL(url)
    if (origin === places.elsewhere) throw new TypeError('nobody is there')
    const own = pathname === '/api/todos' ? todos : server.fetch
    const request = new Request(url, {
      method,
      headers,
      credentials,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal })
    })
    const response = await (origin === places.strict ? strict.fetch : own)(request)
    const text = await response.text()
    return { status: response.status, text, header: (name) => response.headers.get(name) }
  }
}
