// The composition root of the mock auth server, and the way of a call through it: journal, route, decision, CORS.

import { createFetchDoor } from './adapters/fetch.ts'
import { createJournal, type MockDoor, type MockRoute } from './calls/call-log.ts'
import { openingOf, whenSent } from './calls/call-opening.ts'
import { assertNone, defaultInFlightSeconds, findViolations } from './client-rules/violations.ts'
import { createClock } from './controls/clock.ts'
import { createStage } from './controls/interception.ts'
import type { Respond } from './endpoints/guard.ts'
import { createPage } from './http/browser.ts'
import { createVirtualJar } from './http/cookie-jar.ts'
import { createCors } from './http/cors.ts'
import { refuseForgery } from './http/csrf.ts'
import { type Verdict, verdict } from './http/decision.ts'
import { refusal, type WireRequest, type WireResponse } from './http/message.ts'
import { createRoutes, guardedMethods, type MockRouteEntry, parseUrl } from './http/routes.ts'
import { createEpoch, type IsCurrent } from './lib/reset-generation.ts'
import { createWitness } from './monitor/token-leaks.ts'
import type { MockAuthServerOptions } from './options/server-options.ts'
import { readSettings } from './options/server-settings.ts'
import { refuseProduction } from './production.ts'
import { createAuthority } from './services.ts'
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
  const epoch = createEpoch()
  const routes = createRoutes(settings.paths)
  const journal = createJournal(now)
  const cors = createCors(settings)
  const page = createPage(settings, cors)
  const jar = createVirtualJar(settings)
  const ownRoutes = routes.map(({ route }) => route)
  const stage = createStage({ ownRoutes, journal, latencyMs: settings.latencyMs })
  const authority = createAuthority(settings, journal, epoch)
  const { isOwnKid } = authority
  const witness = createWitness({ ...settings, arrivals: journal.arrivals, isOwnKid })
  const { guard, endpoints, lists } = authority

  const routeOf = (request: Pick<WireRequest, 'url'>) => {
    const path = parseUrl(request.url)?.pathname
    return routes.find((entry) => entry.path === path)
  }

  // The journal is opened before the first `await`, so that its order is the order of arrival.
  const record = async (
    sent: WireRequest,
    door: MockDoor,
    route: MockRoute,
    methods: readonly string[],
    decide: (request: WireRequest, isCurrent: IsCurrent) => Promise<Verdict>
  ): Promise<WireResponse> => {
    const isCurrent = epoch.begin()
    const url = parseUrl(sent.url)
    const request = url === undefined ? sent : page.complete(sent, door)
    const label = request.method === 'OPTIONS' && route !== 'unknown' ? 'preflight' : route
    const close = journal.open(openingOf(request, door, label, url))
    try {
      const isServedByJar = url !== undefined && jar.serves(sent, door)
      const decided =
        url === undefined
          ? verdict('bad_request', refusal(400, 'invalid_request', 'the URL is malformed'))
          : (page.refuse(request, door, methods) ??
            (await stage.play(label, request, isCurrent, async () =>
              decide(isServedByJar ? await jar.fill(request) : request, isCurrent)
            )))
      const dressed = cors.dress(request, decided.response)
      const { response, facts } = page.show(request, door, dressed)
      if (isServedByJar) await jar.keep(request, response, isCurrent)
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
  ): Promise<Verdict> => {
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
    const refused = refuseForgery(request, allowedOrigins, mediaType)
    return refused ?? endpoints[entry.route](request, isCurrent)
  }

  const preflight = (request: WireRequest, methods: readonly string[]): Verdict => {
    const { response, outcome } = cors.preflight(request, methods)
    return verdict(outcome, response)
  }

  const handle = (request: WireRequest, door: MockDoor = 'wire'): Promise<WireResponse> => {
    const entry = routeOf(request)
    const { route = 'unknown', methods = [] } = entry ?? {}
    return record(request, door, route, methods, (asked, isCurrent) =>
      answer(asked, entry, isCurrent)
    )
  }

  const guarded = (
    request: WireRequest,
    respond: Respond,
    door: MockDoor = 'wire'
  ): Promise<WireResponse> =>
    record(request, door, 'protected', guardedMethods, async (asked) =>
      asked.method === 'OPTIONS' ? preflight(asked, guardedMethods) : guard.admit(asked, respond)
    )

  const violations = (inFlightSeconds = defaultInFlightSeconds) =>
    findViolations(journal.calls(), witness.sightings(), {
      ...settings,
      madeBefore: authority.madeBefore,
      inFlightSeconds
    })

  return {
    handle,
    guard: guarded,
    witness: witness.see,
    clock,
    failNext: stage.failNext,
    hold: stage.hold,
    idle: stage.idle,
    get violations() {
      return violations()
    },
    assertNoViolations: (lenience) => assertNone(violations, lenience),
    ...createFetchDoor({ handle, guard: guarded }),
    routes,
    owns: (request) => routeOf(request) !== undefined,
    ...authority.levers,
    // A client without a jar of its own finds the cookie in the server's.
    async signIn(user, url = 'http://localhost') {
      const isCurrent = epoch.begin()
      const session = await authority.levers.signIn(user, url)
      await jar.keep({ url }, { setCookies: [session.setCookie] }, isCurrent)
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
      return journal.calls()
    },
    onCall: journal.onCall,
    reset() {
      epoch.end()
      authority.reset()
      journal.reset()
      stage.reset()
      clock.reset()
      jar.reset()
      witness.reset()
    }
  }
}
