// A linter for clients: what in the journal a good client would not have done. It records and refuses nothing.

import type { MockCall } from '../calls/call-log.ts'
import { between, describe, invalid, methodOptions, oneOf } from '../lib/checks.ts'
import type { RefreshWith } from '../options/session-options.ts'
import { brokenCorsRules } from './cors-rules.ts'
import { brokenRefreshRules } from './refresh-rules.ts'
import { brokenTokenRules } from './token-rules.ts'

/**
 * - `parallel-refresh`: two refreshes of one session were in flight at once, and not as one attempt (the same
 *   `Idempotency-Key`). One of them may be taken for theft (RFC 9700 §4.14.2).
 * - `spent-refresh-token`: a refresh token was presented although its successor had been delivered.
 * - `refresh-without-credentials`: a refresh came without the cookie that the client must have: its credentials mode says so,
 *   or somebody has signed in from that origin, and two browsers on it are taken for one. Where a session is renewed
 *   in another way (`refreshWith`) nothing is asked: what a page had in its memory, a reload takes away.
 * - `retry-storm`: more than 5 refreshes that showed something failed within 10 seconds (but for refresh tokens that nobody
 *   here knows), or more than 3 in a row brought a token that was refused at every use.
 * - `use-after-logout`: a refresh token, or (after `inFlightSeconds`) an access token, was used after the answer to the
 *   logout had been delivered.
 * - `stale-access-token`: an access token was used more than `inFlightSeconds` after a newer one of its session had been
 *   delivered by a login or refresh.
 * - `ignored-reissue`: the same, where the newer token had been re-issued in a response header.
 * - `bearer-to-foreign-origin`: an access token went to an origin where neither the server nor anything behind its guard
 *   answers. Only the msw door sees such calls.
 * - `token-in-url`: a token stood in a URL (RFC 6750 §5.3). Of calls that come neither to the server nor to anything behind
 *   its guard only the msw door sees the URL, and only an access token of the server's own counts there.
 * - `reissue-hidden`: a token was re-issued in a header that the page may not read, for lack of
 *   `Access-Control-Expose-Headers`. This one is the server's fault.
 * - `cors-blocked`: the browser would not have sent the call, or not have shown its answer (CORS).
 */
export type MockRule =
  | 'parallel-refresh'
  | 'spent-refresh-token'
  | 'refresh-without-credentials'
  | 'retry-storm'
  | 'use-after-logout'
  | 'stale-access-token'
  | 'ignored-reissue'
  | 'bearer-to-foreign-origin'
  | 'token-in-url'
  | 'reissue-hidden'
  | 'cors-blocked'

const ruleNames = Object.keys({
  'parallel-refresh': true,
  'spent-refresh-token': true,
  'refresh-without-credentials': true,
  'retry-storm': true,
  'use-after-logout': true,
  'stale-access-token': true,
  'ignored-reissue': true,
  'bearer-to-foreign-origin': true,
  'token-in-url': true,
  'reissue-hidden': true,
  'cors-blocked': true
} satisfies Record<MockRule, true>) as readonly MockRule[]

const aYearSeconds = 31_536_000

/** Storms of a thousand requests take seconds to arrive on a busy machine. */
export const defaultInFlightSeconds = 5

/** A rule that was broken. */
export interface MockViolation {
  readonly rule: MockRule
  /** What happened, as a sentence. */
  readonly message: string
  /** When the first of the calls arrived, in milliseconds since the epoch by the server's clock. */
  readonly atMs: number
  /** The calls that broke it, in order of arrival. */
  readonly calls: readonly MockCall[]
}

/** What one rule has found. */
export interface RuleBreak {
  readonly rule: MockRule
  readonly message: string
  readonly calls: readonly MockCall[]
}

export interface RuleContext {
  readonly refreshWith: RefreshWith
  readonly sessionSeconds: number
  /** Before which call a token was made to order, if it was; `Infinity` for a forged one. */
  readonly madeBefore: (jti: string) => number | undefined
  readonly inFlightSeconds: number
}

export interface AssertNoViolationsOptions {
  /** Rules that may be broken, such as `stale-access-token` where several pages share a session and no token. */
  readonly except?: readonly MockRule[]
  /**
   * How long after a change calls may still arrive that were sent before it, in seconds by the server's clock. Default 5,
   * as for `violations`; 0 where the test makes one call after the other.
   */
  readonly inFlightSeconds?: number
}

/** Thrown by `assertNoViolations`. */
export class MockViolationError extends Error {
  override readonly name = 'MockViolationError'
  readonly violations: readonly MockViolation[]

  constructor(violations: readonly MockViolation[]) {
    super(report(violations))
    this.violations = violations
  }
}

/** In order of the first call of each. */
export function findViolations(
  calls: readonly MockCall[],
  leaks: readonly MockCall[],
  rules: RuleContext
): readonly MockViolation[] {
  return [
    ...brokenRefreshRules(calls, rules),
    ...brokenTokenRules(calls, leaks, rules),
    ...brokenCorsRules(calls)
  ]
    .map((ruleBreak) => ({ ...ruleBreak, atMs: ruleBreak.calls[0]?.startedAtMs ?? 0 }))
    .sort((one, other) => (one.calls[0]?.index ?? 0) - (other.calls[0]?.index ?? 0))
}

/** @throws MockViolationError that names every rule that was broken, when, and by which calls */
export function assertNone(
  find: (inFlightSeconds: number) => readonly MockViolation[],
  given: AssertNoViolationsOptions = {}
): void {
  const { except, inFlightSeconds } = readLenience(given)
  const counted = find(inFlightSeconds).filter(({ rule }) => !except.includes(rule))
  if (counted.length > 0) throw new MockViolationError(counted)
}

function readLenience(given: AssertNoViolationsOptions): Required<AssertNoViolationsOptions> {
  const caller = 'assertNoViolations'
  const names = ['except', 'inFlightSeconds'] as const
  const { except = [], inFlightSeconds = defaultInFlightSeconds } =
    methodOptions<AssertNoViolationsOptions>(caller, given, names)
  if (!Array.isArray(except)) {
    throw invalid('except', 'be an array of rules', describe(except), caller)
  }
  return {
    except: except.map((rule, index) => oneOf(`except[${index}]`, rule, ruleNames, caller)),
    inFlightSeconds: between('inFlightSeconds', inFlightSeconds, aYearSeconds, caller)
  }
}

const listedCalls = 8

function report(violations: readonly MockViolation[]): string {
  const paragraphs = violations.map(({ rule, message, atMs, calls }) => {
    const lines = calls.slice(0, listedCalls).map((call) => `  ${describeCall(call)}`)
    const more = calls.length - lines.length
    if (more > 0) lines.push(`  and ${more} more`)
    return [`${rule} at ${new Date(atMs).toISOString()}: ${message}`, ...lines].join('\n')
  })
  const rules = violations.length === 1 ? 'a rule was' : `${violations.length} rules were`
  return [`${rules} broken`, ...paragraphs].join('\n\n')
}

function describeCall({ index, method, path, status = 0, outcome, kid, sub }: MockCall): string {
  const about = [sub, kid].filter((fact) => fact !== undefined).join(', ')
  return `#${index} ${method} ${path} ${status} ${outcome}${about === '' ? '' : ` (${about})`}`
}
