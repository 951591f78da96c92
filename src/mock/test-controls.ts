// What a test can do to the server besides asking it: move its clock, break and hold calls, wait, and judge the client.
import type { MockCalls } from './calls/call-lists.ts'
import type { MockEndpoint } from './calls/endpoint-names.ts'
import type { AssertNoViolationsOptions, MockViolation } from './client-rules/violations.ts'
import type { MockClock } from './controls/clock.ts'
import type { FailNextOptions, MockFault } from './controls/faults.ts'
import type { HoldOptions, MockGate } from './controls/gates.ts'
import type { IdleOptions } from './controls/interception.ts'

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
