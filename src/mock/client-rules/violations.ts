// A linter for clients: what in the journal a good client would not have done. It records and refuses nothing.

import type { MockCall } from '../calls/call.ts'
import { aYearSeconds, between, describe, invalid, methodOptions, oneOf } from '../lib/checks.ts'
import { brokenCorsRules } from './cors-rules.ts'
import { brokenRefreshRules } from './refresh-rules.ts'
import type { MockRule, RuleContext } from './rule.ts'
import { brokenTokenRules } from './token-rules.ts'

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
    throw invalid('except', 'an array of rules', describe(except), caller)
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
