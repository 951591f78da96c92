// The composition root of the mock auth server, and the way of a call through it: journal, route, decision, CORS.
import { createAuthority } from './authority.ts'
import { createCors } from './cors.ts'
import { createFetchDoor } from './fetch.ts'
import { refuseForgery } from './form-guard.ts'
import type { Respond } from './guard.ts'
import { createJournal, type MockDoor, type MockRoute } from './journal.ts'
import type { MockAuthServerOptions } from './options.ts'
import { createRoutes, guardedMethods, parseUrl } from './routes.ts'
import type { MockAuthServer } from './server-face.ts'
import { readSettings } from './settings.ts'
import { type Verdict, verdict } from './verdict.ts'
import { headerValue, refusal, type WireRequest, type WireResponse } from './wire.ts'

/**
 * Creates an auth server that keeps everything in memory: sessions in an HttpOnly cookie with rotation and reuse
 * detection, access tokens, signing keys that rotate, and a journal of every call. It listens nowhere by itself;
 * `everbearer/mock/msw`, `everbearer/mock/node`, `fetch` and `handle` are its doors.
 *
 * @example
 * const server = createMockAuthServer({ accessTokenSeconds: 60 })
 * setupServer(...createHandlers(server)).listen()
 *
 * @throws TypeError that names the option, what was expected and what came.
 */
export function createMockAuthServer(options?: MockAuthServerOptions): MockAuthServer {
  const settings = readSettings(options)
  const { now, allowedOrigins } = settings
  const routes = createRoutes(settings.paths)
  const journal = createJournal(now)
  const cors = createCors(allowedOrigins)
  const authority = createAuthority(settings, journal)
  const { guard, endpoints, lists } = authority

  const routeOf = (request: Pick<WireRequest, 'url'>) => {
    const path = parseUrl(request.url)?.pathname
    return routes.find((entry) => entry.path === path)
  }

  // The journal is opened before the first `await`, so that its order is the order of arrival.
  const record = async (
    request: WireRequest,
    door: MockDoor,
    route: MockRoute,
    decide: () => Promise<Verdict>
  ): Promise<WireResponse> => {
    const url = parseUrl(request.url)
    const close = journal.open({
      door,
      method: request.method,
      path: url === undefined ? request.url : url.pathname + url.search,
      route: request.method === 'OPTIONS' && route !== 'unknown' ? 'preflight' : route,
      origin: headerValue(request, 'origin'),
      idempotencyKey: headerValue(request, 'idempotency-key')
    })
    try {
      const decided =
        url === undefined
          ? verdict('bad_request', refusal(400, 'invalid_request', 'the URL is malformed'))
          : await decide()
      const response = cors.dress(request, decided.response)
      close(response.status, decided.outcome, decided.facts)
      return request.method === 'HEAD' ? { ...response, body: '' } : response
    } catch (error) {
      close(500, 'failed', {})
      throw error
    }
  }

  const answer = async (request: WireRequest): Promise<Verdict> => {
    const entry = routeOf(request)
    if (entry === undefined) {
      return verdict('not_found', refusal(404, 'not_found', 'there is no such route'))
    }
    if (request.method === 'OPTIONS') return preflight(request, entry.methods)
    if (!entry.methods.includes(request.method)) {
      const allow: [string, string] = ['Allow', [...entry.methods, 'OPTIONS'].join(', ')]
      const answered = refusal(405, 'method_not_allowed', 'this route has other methods', [allow])
      return verdict('method_not_allowed', answered)
    }
    if (entry.route === 'me') return guard.admit(request, endpoints.me)
    if (entry.route === 'jwks') return authority.jwks()
    const mediaType = entry.route === 'refresh' ? authority.refreshMediaType : undefined
    return refuseForgery(request, allowedOrigins, mediaType) ?? endpoints[entry.route](request)
  }

  const preflight = (request: WireRequest, methods: readonly string[]): Verdict => {
    const { response, outcome } = cors.preflight(request, methods)
    return verdict(outcome, response)
  }

  const handle = (request: WireRequest, door: MockDoor = 'wire'): Promise<WireResponse> =>
    record(request, door, routeOf(request)?.route ?? 'unknown', () => answer(request))

  const guarded = (
    request: WireRequest,
    respond: Respond,
    door: MockDoor = 'wire'
  ): Promise<WireResponse> =>
    record(request, door, 'protected', async () =>
      request.method === 'OPTIONS'
        ? preflight(request, guardedMethods)
        : guard.admit(request, respond)
    )

  return {
    handle,
    guard: guarded,
    ...createFetchDoor({ handle, guard: guarded }),
    routes,
    owns: (request) => routeOf(request) !== undefined,
    ...authority.levers,
    get keys() {
      return lists.keys
    },
    get keyAudit() {
      return lists.keyAudit
    },
    get sessions() {
      return lists.sessions
    },
    get calls() {
      return journal.calls()
    },
    onCall: journal.onCall,
    reset() {
      authority.reset()
      journal.reset()
    }
  }
}
