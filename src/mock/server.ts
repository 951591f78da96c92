// The composition root of the mock auth server, and the way of a call through it: journal, route, decision, CORS.

import { createFetchAdapter } from './adapters/fetch.ts'
import type { CallOpening, MockAdapter, MockRoute } from './calls/call.ts'
import { createCallLog } from './calls/call-log.ts'
import { assertNone, defaultInFlightSeconds, findViolations } from './client-rules/violations.ts'
import { createClock } from './controls/clock.ts'
import { createInterception } from './controls/interception.ts'
import type { Respond } from './endpoints/guard.ts'
import { createBrowser } from './http/browser.ts'
import { createCookieJar } from './http/cookie-jar.ts'
import { createCors } from './http/cors.ts'
import { checkCsrf } from './http/csrf.ts'
import { type Decision, decision } from './http/decision.ts'
import {
  attemptOf,
  headerValue,
  refusal,
  type WireRequest,
  type WireResponse
} from './http/message.ts'
import { createRoutes, guardedMethods, type MockRouteEntry, parseUrl } from './http/routes.ts'
import { MockAuthServerError } from './lib/errors.ts'
import { createResetGeneration, type IsCurrent } from './lib/reset-generation.ts'
import { createTokenLeaks } from './monitor/token-leaks.ts'
import { type MockAuthServerOptions, readSettings } from './options/server.ts'
import { createServices } from './services.ts'
import type { MockAuthServer } from './types.ts'

/**
 * Creates an auth server that keeps everything in memory: sessions in an HttpOnly cookie with rotation and reuse
 * detection, access tokens, signing keys that rotate, and a journal of every call. It listens nowhere by itself;
 * `everbearer/mock/msw`, `everbearer/mock/node`, `fetch` and `handle` are its doors.
 *
 * @example
 * const server = createMockAuthServer({ accessTokenSeconds: 60 })
 * setupServer(...createHandlers(server)).listen()
 *
 * @throws TypeError that names the option, what was expected and what came
 * @throws MockAuthServerError `production` where the process runs with `NODE_ENV=production`
 */
export function createMockAuthServer(options?: MockAuthServerOptions): MockAuthServer {
  refuseProduction()
  const given = readSettings(options)
  const clock = createClock(given.now)
  const settings = { ...given, now: clock.now }
  const { now, allowedOrigins } = settings
  const epoch = createResetGeneration()
  const routes = createRoutes(settings.paths)
  const callLog = createCallLog(now)
  const cors = createCors(settings)
  const page = createBrowser(settings, cors)
  const cookieJar = createCookieJar(settings)
  const ownRoutes = routes.map(({ route }) => route)
  const interception = createInterception({ ownRoutes, callLog, latencyMs: settings.latencyMs })
  const services = createServices(settings, callLog, epoch)
  const { isOwnKid } = services
  const tokenLeaks = createTokenLeaks({ ...settings, arrivals: callLog.arrivals, isOwnKid })
  const { guard, endpoints, lists } = services

  const routeOf = (request: Pick<WireRequest, 'url'>) => {
    const path = parseUrl(request.url)?.pathname
    return routes.find((entry) => entry.path === path)
  }

  // The journal is opened before the first `await`, so that its order is the order of arrival.
  const record = async (
    sent: WireRequest,
    adapter: MockAdapter,
    route: MockRoute,
    methods: readonly string[],
    decide: (request: WireRequest, isCurrent: IsCurrent) => Promise<Decision>
  ): Promise<WireResponse> => {
    const isCurrent = epoch.begin()
    const url = parseUrl(sent.url)
    const request = url === undefined ? sent : page.complete(sent, adapter)
    const label = request.method === 'OPTIONS' && route !== 'unknown' ? 'preflight' : route
    const close = callLog.open(openingOf(request, adapter, label, url))
    try {
      const isServedByJar = url !== undefined && cookieJar.serves(sent, adapter)
      const decided =
        url === undefined
          ? decision('bad_request', refusal(400, 'invalid_request', 'the URL is malformed'))
          : (page.refuse(request, adapter, methods) ??
            (await interception.play(label, request, isCurrent, async () =>
              decide(isServedByJar ? await cookieJar.fill(request) : request, isCurrent)
            )))
      const dressed = cors.dress(request, decided.response)
      const { response, facts } = page.show(request, adapter, dressed)
      if (isServedByJar) await cookieJar.keep(request, response, isCurrent)
      const isAbandoned = request.signal?.aborted === true
      const known = {
        ...decided.facts,
        ...facts,
        ...(isAbandoned ? { abandoned: true as const } : {})
      }
      whenSent(response, (status) => close(status, decided.outcome, known))
      return request.method === 'HEAD' ? { ...response, body: '' } : response
    } catch (error) {
      close(500, 'failed', {})
      throw error
    }
  }

  const answer = async (
    request: WireRequest,
    entry: MockRouteEntry | undefined,
    isCurrent: IsCurrent
  ): Promise<Decision> => {
    if (entry === undefined) {
      return decision('not_found', refusal(404, 'not_found', 'there is no such route'))
    }
    if (request.method === 'OPTIONS') return preflight(request, entry.methods)
    if (!entry.methods.includes(request.method)) {
      const allow: [string, string] = ['Allow', [...entry.methods, 'OPTIONS'].join(', ')]
      const answered = refusal(405, 'method_not_allowed', 'this route has other methods', [allow])
      return decision('method_not_allowed', answered)
    }
    if (entry.route === 'me') return guard.admit(request, endpoints.me)
    if (entry.route === 'jwks') return services.jwks()
    const mediaType = entry.route === 'refresh' ? services.refreshMediaType : undefined
    const refused = checkCsrf(request, allowedOrigins, mediaType)
    return refused ?? endpoints[entry.route](request, isCurrent)
  }

  const preflight = (request: WireRequest, methods: readonly string[]): Decision => {
    const { response, outcome } = cors.preflight(request, methods)
    return decision(outcome, response)
  }

  const handle = (request: WireRequest, adapter: MockAdapter = 'direct'): Promise<WireResponse> => {
    const entry = routeOf(request)
    const { route = 'unknown', methods = [] } = entry ?? {}
    return record(request, adapter, route, methods, (asked, isCurrent) =>
      answer(asked, entry, isCurrent)
    )
  }

  const guarded = (
    request: WireRequest,
    respond: Respond,
    adapter: MockAdapter = 'direct'
  ): Promise<WireResponse> =>
    record(request, adapter, 'protected', guardedMethods, async (asked) =>
      asked.method === 'OPTIONS' ? preflight(asked, guardedMethods) : guard.admit(asked, respond)
    )

  const violations = (inFlightSeconds = defaultInFlightSeconds) =>
    findViolations(callLog.calls(), tokenLeaks.leaks(), {
      ...settings,
      madeBefore: services.madeBefore,
      inFlightSeconds
    })

  return {
    handle,
    guard: guarded,
    inspect: tokenLeaks.inspect,
    clock,
    failNext: interception.failNext,
    hold: interception.hold,
    idle: interception.idle,
    get violations() {
      return violations()
    },
    assertNoViolations: (lenience) => assertNone(violations, lenience),
    ...createFetchAdapter({ handle, guard: guarded }),
    routes,
    owns: (request) => routeOf(request) !== undefined,
    ...services.controls,
    // A client without a jar of its own finds the cookie in the server's.
    async signIn(user, url = 'http://localhost') {
      const isCurrent = epoch.begin()
      const session = await services.controls.signIn(user, url)
      await cookieJar.keep({ url }, { setCookies: [session.setCookie] }, isCurrent)
      return session
    },
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
      return callLog.calls()
    },
    onCall: callLog.onCall,
    reset() {
      epoch.end()
      services.reset()
      callLog.reset()
      interception.reset()
      clock.reset()
      cookieJar.reset()
      tokenLeaks.reset()
    }
  }
}

function openingOf(
  request: WireRequest,
  adapter: MockAdapter,
  route: MockRoute,
  url: URL | undefined
): CallOpening {
  return {
    adapter,
    route,
    method: request.method,
    path: url === undefined ? request.url : url.pathname + url.search,
    target: url?.origin ?? '',
    origin: headerValue(request, 'origin'),
    idempotencyKey: attemptOf(request),
    credentials: request.credentials
  }
}

/** Calls back with the status, at once or when somebody else has sent the answer. */
function whenSent({ status, sent }: WireResponse, close: (status: number) => void): void {
  if (sent === undefined) close(status)
  else void sent.then(close)
}

/**
 * Looked up on the global object, which no bundler replaces: a page that is built for production and brings the mock
 * along (a published Storybook) guards nothing but itself.
 *
 * @throws MockAuthServerError `production` where the process runs with `NODE_ENV=production`
 */
function refuseProduction(): void {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  if (process?.env?.NODE_ENV !== 'production') return
  throw new MockAuthServerError(
    'production',
    'The mock auth server does not run with NODE_ENV=production: it guards nothing.'
  )
}
