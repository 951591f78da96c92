// Mock auth server: wires its parts and composes the handling of a call.

import { createFetchAdapter } from './adapters/fetch.ts'
import { createBrowser } from './browser/emulated-browser.ts'
import type { MockAdapter } from './calls/call.ts'
import { createCallLog } from './calls/call-log.ts'
import { assertNone, defaultInFlightSeconds, findViolations } from './client-rules/violations.ts'
import { createClock } from './controls/clock.ts'
import { createInterception } from './controls/interception.ts'
import type { Respond } from './endpoints/guard.ts'
import { createRouter } from './endpoints/router.ts'
import { bufferBody } from './http/body.ts'
import { createCrossOrigin } from './http/cors-and-csrf.ts'
import {
  decision,
  headerValue,
  parseUrl,
  refusal,
  type WireRequest,
  type WireResponse
} from './http/message.ts'
import { type Call, createLogging, type Route, wrap } from './http/pipeline.ts'
import { MockAuthServerError } from './lib/errors.ts'
import { createResetGeneration } from './lib/reset-generation.ts'
import { createTokenLeaks } from './monitor/token-leaks.ts'
import { type MockAuthServerOptions, readSettings } from './options/server.ts'
import { createServices } from './services.ts'
import type { MockAuthServer } from './types.ts'

/**
 * Creates an auth server that keeps everything in memory: sessions in an HttpOnly cookie with
 * rotation and reuse detection, access tokens, rotating signing keys, and a log of every call. It
 * does not listen on a port. Its adapters are `everbearer/mock/msw`, `everbearer/mock/node`,
 * `fetch` and `handle`.
 *
 * @example
 * const server = createMockAuthServer({ accessTokenSeconds: 60 })
 * setupServer(...createHandlers(server)).listen()
 *
 * @throws TypeError that names the invalid option, what was expected and what was received
 * @throws MockAuthServerError `production` if the process runs with `NODE_ENV=production`
 */
export function createMockAuthServer(options?: MockAuthServerOptions): MockAuthServer {
  refuseProduction()
  const settings = readSettings(options)
  const clock = createClock(settings.now)
  const generation = createResetGeneration()
  const callLog = createCallLog(clock.now)
  const services = createServices({ settings, now: clock.now, callLog, generation })
  const crossOrigin = createCrossOrigin({
    allowedOrigins: settings.allowedOrigins,
    allowedHeaders: settings.allowedHeaders
  })
  const router = createRouter({
    routes: settings.routes,
    contract: settings.contract,
    endpoints: services.endpoints,
    crossOrigin
  })
  const browser = createBrowser({
    cookies: settings.cookies,
    pageOrigin: settings.pageOrigin,
    emulateCors: settings.emulateCors,
    preflight: crossOrigin.preflight
  })
  const interception = createInterception({
    ownRoutes: router.routes.map(({ route }) => route),
    callLog,
    latencyMs: settings.latencyMs
  })
  const tokenLeaks = createTokenLeaks({
    issuer: settings.issuer,
    readCredential: services.endpoints.readCredential,
    now: clock.now,
    arrivals: callLog.arrivals,
    isOwnKid: services.isOwnKid
  })

  const log = createLogging(callLog)
  const answer = wrap(
    [
      browser.addOrigin,
      log,
      browser.send,
      // Around the interception: injected responses get CORS headers too.
      crossOrigin.addHeaders,
      interception.intercept,
      browser.addCookies
    ],
    router.dispatch
  )
  const refuseMalformedUrl = wrap([log, crossOrigin.addHeaders], async () =>
    decision('bad_request', refusal(400, 'invalid_request', 'the URL is malformed'))
  )

  async function respond(
    request: WireRequest,
    adapter: MockAdapter,
    route: Route
  ): Promise<WireResponse> {
    // A page of another origin reads a 404 only if the preflight succeeds.
    const isPreflight =
      request.method === 'OPTIONS' &&
      (route.name !== 'unknown' ||
        headerValue(request, 'access-control-request-method') !== undefined)
    const call: Call = {
      sent: request,
      request,
      adapter,
      route,
      label: isPreflight ? 'preflight' : route.name,
      isCurrent: generation.begin()
    }
    const isMalformed = parseUrl(request.url) === undefined
    const { response } = await (isMalformed ? refuseMalformedUrl(call) : answer(call))
    return request.method === 'HEAD' ? { ...response, body: '' } : response
  }

  function handle(request: WireRequest, adapter: MockAdapter = 'direct'): Promise<WireResponse> {
    return router.isAmbiguous(request)
      ? handleByBody(request, adapter)
      : respond(request, adapter, router.find(request))
  }

  async function handleByBody(request: WireRequest, adapter: MockAdapter): Promise<WireResponse> {
    const buffered = await bufferBody(request)
    return respond(buffered, adapter, await router.findByBody(buffered))
  }

  function guard(
    request: WireRequest,
    respondTo: Respond,
    adapter: MockAdapter = 'direct'
  ): Promise<WireResponse> {
    return respond(request, adapter, router.protect(respondTo))
  }

  function violations(inFlightSeconds = defaultInFlightSeconds): MockAuthServer['violations'] {
    return findViolations(callLog.calls(), tokenLeaks.leaks(), {
      refresh: settings.contract.refresh,
      sessionSeconds: settings.sessionSeconds,
      mintedBefore: services.mintedBefore,
      inFlightSeconds
    })
  }

  return {
    handle,
    guard,
    ...createFetchAdapter({ handle, guard }),
    inspect: tokenLeaks.inspect,
    routes: router.routes,
    owns: router.owns,
    clock,
    failNext: interception.failNext,
    hold: interception.hold,
    idle: interception.idle,
    onCall: callLog.onCall,
    assertNoViolations: (options) => assertNone(violations, options),
    ...services.controls,
    async signIn(user, url = 'http://localhost') {
      const isCurrent = generation.begin()
      const session = await services.controls.signIn(user, url)
      browser.storeCookies(url, [session.setCookie, ...session.csrfCookies], isCurrent)
      return session
    },
    get violations() {
      return violations()
    },
    get keys() {
      return services.keys()
    },
    get keyAudit() {
      return services.keyAudit()
    },
    get sessions() {
      return services.sessions()
    },
    get calls() {
      return callLog.calls()
    },
    reset() {
      generation.end()
      services.reset()
      callLog.reset()
      interception.reset()
      clock.reset()
      browser.reset()
      tokenLeaks.reset()
    }
  }
}

/**
 * Reads `NODE_ENV` from the global object, which bundlers do not replace. A page that was built for
 * production together with the mock, such as a published Storybook, may run it: it protects
 * nothing real.
 *
 * @throws MockAuthServerError `production` if the process runs with `NODE_ENV=production`
 */
function refuseProduction(): void {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  if (process?.env?.NODE_ENV !== 'production') return
  throw new MockAuthServerError(
    'production',
    'The mock auth server does not run with NODE_ENV=production: it uses known passwords and must not protect anything real.'
  )
}
