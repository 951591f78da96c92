// Public interface of the mock auth server: requests, events, and the controls of a test.

import type { MockAdapter, MockCall, MockEndpoint } from './calls/call.ts'
import type { MockCalls } from './calls/call-log.ts'
import type { AssertNoViolationsOptions, MockViolation } from './client-rules/violations.ts'
import type { MockClock } from './controls/clock.ts'
import type { FailNextOptions, MockFault } from './controls/faults.ts'
import type { HoldOptions, MockGate } from './controls/gates.ts'
import type { IdleOptions } from './controls/interception.ts'
import type { KeyControls } from './controls/key-controls.ts'
import type { ForgeryControls } from './controls/mint.ts'
import type { SessionControls } from './controls/session-controls.ts'
import type { ProtectedSession, Respond } from './endpoints/guard.ts'
import type { WireRequest, WireResponse } from './http/message.ts'
import type { MockEventName, MockEvents } from './monitor/events.ts'
import type { MockRouteEntry } from './options/routes.ts'

/**
 * The server. All methods may be destructured. `keys`, `keyAudit`, `sessions`, `calls` and
 * `violations` are getters: each read returns the current list.
 */
export interface MockAuthServer
  extends KeyControls,
    SessionControls,
    ForgeryControls,
    TestControls {
  /**
   * Answers a request to one of the server's routes, including preflights. Any other path gets 404.
   * A client's request never makes it throw.
   * @param adapter the adapter to name in the call log; default `direct`
   * @throws MockAuthServerError `unusable_key` if the server has to sign a token with an invalid
   *   key
   */
  handle(request: WireRequest, adapter?: MockAdapter): Promise<WireResponse>

  /** Whether the URL is one of the server's own routes. Only the path is compared. */
  owns(request: Pick<WireRequest, 'url'>): boolean

  /** The server's own routes, including `basePath`. */
  readonly routes: readonly MockRouteEntry[]

  /**
   * Adds token verification, re-issue and CORS to a response of your own. `respond` is called only
   * for a valid token. If it throws, the call is logged as `failed` and the error propagates.
   * `OPTIONS` is answered without calling it.
   */
  guard(request: WireRequest, respond: Respond, adapter?: MockAdapter): Promise<WireResponse>

  /**
   * `handle` with the signature of `fetch`: a `Request`, or an absolute URL and an init. Use it in
   * Node: in browsers and happy-dom it cannot see cookies, because `Request` and `Response` drop
   * them there.
   *
   * @example
   * const response = await server.fetch('http://localhost/me', { headers })
   *
   * @throws TypeError, as `fetch` does, if a fault loses the response
   */
  fetch(input: Request | URL | string, init?: RequestInit): Promise<Response>

  /**
   * `guard` for a fetch handler. The returned function calls `handler` if the token is valid.
   *
   * @example
   * const listTodos = server.protect((request, { claims }) => Response.json([claims.sub]))
   * const response = await listTodos(new Request('http://localhost/todos', { headers }))
   *
   * @throws TypeError if the handler is not a function
   */
  protect(
    handler: (request: Request, session: ProtectedSession) => Response | Promise<Response>
  ): (request: Request) => Promise<Response>

  /**
   * Adds a listener for a security event.
   *
   * @example
   * server.on('refresh-reused', ({ sub, sid }) => console.warn(`session ${sid} of ${sub} stolen?`))
   *
   * @returns a function that removes the listener
   * @throws TypeError if there is no such event, or if the listener is not a function
   */
  on<Name extends MockEventName>(
    name: Name,
    listener: (event: MockEvents[Name]) => void
  ): () => void

  /**
   * Adds a listener that is called after each answered call. Calls that a reset ends are not
   * reported.
   * @returns a function that removes the listener
   * @throws TypeError if the listener is not a function
   */
  onCall(listener: (call: MockCall) => void): () => void

  /**
   * For adapters that see requests to other servers: logs the request if it carries an access token
   * of this server to an origin other than `home`, or anywhere in its URL. It does not answer.
   * @param home the origin that the adapter answers for
   */
  inspect(request: WireRequest, adapter: MockAdapter, home?: string): void
}

/** The controls for any test: clock, faults, gates, the call log and the client rules. */
export interface TestControls {
  /** The server's clock. Tokens and sessions are issued and expire by it. */
  readonly clock: MockClock

  /**
   * Makes the next calls to an endpoint fail.
   *
   * @example
   * server.failNext('refresh', 503)
   * server.failNext('refresh', 'network', { after: 'commit' }) // rotated, but the answer is lost
   * server.failNext('api', { status: 429, headers: { 'Retry-After': '2' } }, { times: 3 })
   *
   * @returns a function that cancels the faults that have not happened yet
   * @throws TypeError if the endpoint, the fault or an option is invalid
   */
  failNext(endpoint: MockEndpoint, fault: MockFault, options?: FailNextOptions): () => void

  /**
   * Holds every call to an endpoint until the gate is released. Use it to test concurrency without
   * timers.
   *
   * @example
   * const gate = server.hold('refresh')
   * const all = Promise.all(urls.map((url) => api.get(url)))
   * await gate.arrived()
   * gate.release()
   *
   * @throws TypeError if the endpoint or an option is invalid
   */
  hold(endpoint: MockEndpoint, options?: HoldOptions): MockGate

  /**
   * The latest 10 000 calls in order of arrival. Each read returns a new list of frozen entries.
   */
  readonly calls: MockCalls

  /**
   * Resolves once no call has been in flight for a moment. Calls that are held or hang do not
   * count. It does not wait for the page to process the last answer: wait for what the page shows
   * instead. Behind `protect` of `everbearer/mock/node`, a call is in flight until its response,
   * such as a stream, has ended.
   * @throws TypeError if an option is invalid
   */
  idle(options?: IdleOptions): Promise<void>

  /** The client rules that the logged calls break. Computed on each read. */
  readonly violations: readonly MockViolation[]

  /**
   * For `afterEach`: throws if the client has broken a rule.
   *
   * @throws MockViolationError that lists each broken rule, when it was broken, and the calls
   * @throws TypeError if an option is invalid, or names a rule that does not exist
   */
  assertNoViolations(options?: AssertNoViolationsOptions): void

  /**
   * Returns the server to its initial state: sessions, revocations, cookies, the call log, keys,
   * the clock, faults and gates. Listeners stay. Calls in flight lose their connection and change
   * nothing; a `registerKey` or `signIn` in flight rejects. A browser may still hold a refresh
   * cookie: it is answered with 401 `unknown_session`, which does not count as reuse.
   */
  reset(): void
}
