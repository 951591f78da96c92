// What the mock auth server can do, as its users see it.

import type { MockAdapter, MockCall } from './calls/call.ts'
import type { MockCalls } from './calls/call-log.ts'
import type { MockEndpoint } from './calls/endpoint-names.ts'
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
import type { MockRouteEntry } from './http/routes.ts'
import type { MockEventName, MockEvents } from './monitor/events.ts'

/** The server. Methods survive destructuring; `keys`, `calls` and other lists are read afresh each time. */
export interface MockAuthServer
  extends KeyControls,
    SessionControls,
    ForgeryControls,
    TestControls {
  /**
   * Answers any request to the server's own routes, preflights included, and 404 to the rest. Never throws for what
   * a client may send. A door gives its name for the journal.
   * @throws MockAuthServerError `unusable_key` where a token is to be signed, and the key that signs is none
   */
  handle(request: WireRequest, adapter?: MockAdapter): Promise<WireResponse>

  /** Is this URL one of the server's own routes? Only the path counts. */
  owns(request: Pick<WireRequest, 'url'>): boolean

  /** The server's own routes, `basePath` included. */
  readonly routes: readonly MockRouteEntry[]

  /**
   * Puts verification, re-issue and CORS around an answer of your own. `respond` is called only with a good token;
   * what it throws is noted as `failed` and goes through. `OPTIONS` is answered without asking it.
   */
  guard(request: WireRequest, respond: Respond, adapter?: MockAdapter): Promise<WireResponse>

  /**
   * `handle` for whoever has a `Request`. Good in Node; inside a browser (and happy-dom) it knows no cookies, because
   * `Request` and `Response` drop them there.
   */
  fetch(request: Request): Promise<Response>

  /** `guard` for a fetch handler: the result answers requests with a good access token through `handler`. */
  protect(
    handler: (request: Request, session: ProtectedSession) => Response | Promise<Response>
  ): (request: Request) => Promise<Response>

  /**
   * Calls back whenever something happens that somebody on duty would want to know.
   * @returns its remover
   * @throws TypeError for an event that does not exist
   */
  on<Name extends MockEventName>(
    name: Name,
    listener: (event: MockEvents[Name]) => void
  ): () => void

  /**
   * Calls back after every call that was answered; of one that a reset cuts off nothing is told.
   * @returns its remover
   */
  onCall(listener: (call: MockCall) => void): () => void

  /**
   * Notes a request if it carries an access token of this server to another origin than `home`, where the door answers,
   * or to anywhere in its URL; and answers nothing. For doors that see such requests.
   */
  inspect(request: WireRequest, adapter: MockAdapter, home?: string): void
}

export interface TestControls {
  /** The server's clock, by which tokens and sessions are issued and expire. */
  readonly clock: MockClock

  /**
   * Lets the next calls to an endpoint fail.
   *
   * @example
   * server.failNext('refresh', 503)
   * server.failNext('refresh', 'network', { after: 'commit' }) // rotated, and the client never learns
   * server.failNext('api', { status: 429, headers: { 'Retry-After': '2' } }, { times: 3 })
   *
   * @returns takes back what has not happened yet
   * @throws TypeError for an endpoint, a fault or options that do not exist
   */
  failNext(endpoint: MockEndpoint, fault: MockFault, options?: FailNextOptions): () => void

  /**
   * Holds every call to an endpoint until the gate is released: concurrency without timers.
   *
   * @example
   * const gate = server.hold('refresh')
   * const all = Promise.all(urls.map((url) => api.get(url)))
   * await gate.arrived()
   * gate.release()
   *
   * @throws TypeError for an endpoint or options that do not exist
   */
  hold(endpoint: MockEndpoint, options?: HoldOptions): MockGate

  /** Every call in order of arrival, the latest 10 000 of them: a new list of frozen entries at each reading. */
  readonly calls: MockCalls

  /**
   * Resolves when no call has been under way for a moment. Calls that are held or hang do not count. What the page makes
   * of the last answer takes its own time: to wait for that, wait for what it shows.
   * Behind `protect` of `everbearer/mock/node` a call is under way until its answer has ended, a stream's as well.
   */
  idle(options?: IdleOptions): Promise<void>

  /** What in the journal a good client would not have done; worked out anew at each reading. */
  readonly violations: readonly MockViolation[]

  /**
   * For `afterEach`: asserts that the client has broken no rule.
   *
   * @throws MockViolationError that names every rule that was broken, when, and by which calls
   * @throws TypeError for a rule that does not exist, or a wrong option
   */
  assertNoViolations(options?: AssertNoViolationsOptions): void

  /**
   * Forgets sessions, revocations, cookies, the journal and every rotation of keys; lets the clock go, takes back faults
   * and gates, and cuts off every call that is under way: it leaves nothing behind. So does a `registerKey` or a
   * `signIn`, which rejects. Listeners stay. A refresh cookie that a browser still has is answered with 401
   * `unknown_session`, which is not taken for reuse.
   */
  reset(): void
}
