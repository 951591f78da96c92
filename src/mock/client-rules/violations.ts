// Violations: finds what the client did wrong in the call log. Checking never refuses a call.

import type { MockCall } from '../calls/call.ts'
import { aYearSeconds, between, describe, invalid, methodOptions, oneOf } from '../lib/checks.ts'
import { findCorsBreaks } from './cors-rules.ts'
import { findRefreshBreaks } from './refresh-rules.ts'
import type { MockRule, RuleContext } from './rule.ts'
import { findTokenBreaks } from './token-rules.ts'

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

/** Seconds, because a burst of a thousand requests takes that long to arrive on a busy machine. */
export const defaultInFlightSeconds = 5

/** A broken rule. */
export interface MockViolation {
  readonly rule: MockRule
  /** A sentence that says what the client did, and why it hurts. */
  readonly message: string
  /** Time of the first call by the server's clock, in milliseconds since the epoch. */
  readonly atMs: number
  /** The calls that broke the rule, in order of arrival. */
  readonly calls: readonly MockCall[]
}

export interface AssertNoViolationsOptions {
  /**
   * Rules to skip. For example, skip `stale-access-token` if several pages share a session but each
   * has its own access token. Default: none.
   */
  readonly except?: readonly MockRule[]
  /**
   * How long after a change a call may still arrive that was sent before it, in seconds of the
   * server's clock. Default 5, as for `violations`. Use 0 if a test sends its calls one by one.
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

/** The violations in the order of their first calls. */
export function findViolations(
  calls: readonly MockCall[],
  leaks: readonly MockCall[],
  context: RuleContext
): readonly MockViolation[] {
  return [
    ...findRefreshBreaks(calls, context),
    ...findTokenBreaks(calls, leaks, context),
    ...findCorsBreaks(calls)
  ]
    .map((ruleBreak) => ({ ...ruleBreak, atMs: ruleBreak.calls[0]?.startedAtMs ?? 0 }))
    .sort((one, other) => (one.calls[0]?.index ?? 0) - (other.calls[0]?.index ?? 0))
}

/** @throws MockViolationError that names every broken rule, with the time and the calls */
export function assertNone(
  find: (inFlightSeconds: number) => readonly MockViolation[],
  given: AssertNoViolationsOptions = {}
): void {
  const { except, inFlightSeconds } = readOptions(given)
  const violations = find(inFlightSeconds).filter(({ rule }) => !except.includes(rule))
  if (violations.length > 0) throw new MockViolationError(violations)
}

function readOptions(given: AssertNoViolationsOptions): Required<AssertNoViolationsOptions> {
  const caller = 'assertNoViolations'
  const names = ['except', 'inFlightSeconds'] as const
  const { except = [], inFlightSeconds = defaultInFlightSeconds } =
    methodOptions<AssertNoViolationsOptions>(caller, given, names)
  if (!Array.isArray(except)) {
    throw invalid('except', 'an array of rules', describe(except), caller)
  }
  return {
    except: except.map((rule, index) => oneOf(`except[${index}]`, rule, ruleNames, caller)),
    inFlightSeconds: between('inFlightSeconds', inFlightSeconds, aYearSeconds, caller)
  }
}

/** How many calls of each violation an error lists. */
const listedCalls = 8

function report(violations: readonly MockViolation[]): string {
  const paragraphs = violations.map(({ rule, message, atMs, calls }) => {
    const lines = calls.slice(0, listedCalls).map((call) => `  ${describeCall(call)}`)
    const more = calls.length - lines.length
    if (more > 0) lines.push(`  and ${more} more`)
    return [`${rule} at ${new Date(atMs).toISOString()}: ${message}`, ...lines].join('\n')
  })
  const count = violations.length === 1 ? '1 violation' : `${violations.length} violations`
  return [`assertNoViolations(): found ${count} of the client rules`, ...paragraphs].join('\n\n')
}

function describeCall({ index, method, path, status = 0, outcome, kid, sub }: MockCall): string {
  const details = [sub, kid].filter((fact) => fact !== undefined).join(', ')
  return `#${index} ${method} ${path} ${status} ${outcome}${details === '' ? '' : ` (${details})`}`
}
