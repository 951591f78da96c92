// In-process servers: run in the process of the client, behind msw or called as a function.
import {
  createMockAuthServer,
  type MockAuthServer,
  type MockAuthServerOptions
} from 'everbearer/mock'
import { createHandlers, protect } from 'everbearer/mock/msw'
import { type HttpHandler, HttpResponse, http } from 'msw'
import { users } from '../cases.ts'
import type { Dialect, Send } from './contract-setup.ts'

export const origins = {
  home: 'http://localhost:3000',
  crossOrigin: 'http://localhost:4000',
  strict: 'http://localhost:4001',
  foreign: 'http://localhost:4999'
}

export interface Pair {
  readonly dialect: Dialect
  readonly server: MockAuthServer
  /** Allows only an origin that no client has. */
  readonly strict: MockAuthServer
}

export function createPair(dialect: Dialect, options: MockAuthServerOptions = {}): Pair {
  const all = { ...dialect.options, ...options }
  return {
    dialect,
    server: createMockAuthServer({ ...all, users }),
    strict: createMockAuthServer({ ...all, allowedOrigins: ['https://app.test'] })
  }
}

export const todoHeaders = {
  'Access-Control-Expose-Headers': 'X-Total',
  'X-Total': '1',
  'X-Secret': '7'
}

/** The servers as msw handlers. An empty `home` is the origin of the page. */
export function handlersFor({ dialect, server, strict }: Pair, home: string): HttpHandler[] {
  const todos = protect(server, ({ claims: { sub } }) =>
    HttpResponse.json([sub], { headers: todoHeaders })
  )
  return [
    ...createHandlers(server, { baseURL: home }),
    ...createHandlers(server, { baseURL: origins.crossOrigin }),
    ...createHandlers(strict, { baseURL: origins.strict }),
    http.get(home + dialect.todos, todos),
    http.get(origins.crossOrigin + dialect.todos, todos),
    http.all(`${origins.foreign}/*`, acceptAll)
  ]
}

/** A foreign server that collects tokens: its CORS headers allow every page. */
function acceptAll({ request }: { request: Request }): Response {
  const headers = {
    'Access-Control-Allow-Origin': request.headers.get('origin') ?? origins.home,
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Allow-Headers': 'Authorization, X-Auth-Token'
  }
  return new HttpResponse(null, { headers })
}

/** A client that calls the `fetch` method of the servers, without a network. */
export function sendTo({ dialect, server, strict }: Pair): Send {
  const todos = server.protect((_request, { claims: { sub } }) =>
    Response.json([sub], { headers: todoHeaders })
  )
  return async ({ method, url, headers = {}, body, ...rest }) => {
    const { credentials = 'include', signal } = rest
    const { origin, pathname } = new URL(url)
    if (origin === origins.foreign) throw new TypeError('no server at this origin')
    const respond = pathname === dialect.todos ? todos : server.fetch
    const request = new Request(url, {
      method,
      headers,
      credentials,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal })
    })
    const response = await (origin === origins.strict ? strict.fetch : respond)(request)
    const text = await response.text()
    return { status: response.status, text, header: (name) => response.headers.get(name) }
  }
}
