// CORS rules: calls that a browser blocks, and re-issued tokens that it hides from the page.

import type { MockCall } from '../calls/call.ts'
import { groupBy } from './history.ts'
import type { RuleBreak } from './rule.ts'

export function findCorsBreaks(calls: readonly MockCall[]): RuleBreak[] {
  return [...hiddenReissues(calls), ...blockedCalls(calls)]
}

function hiddenReissues(calls: readonly MockCall[]): RuleBreak[] {
  return groupBy(calls, ({ hiddenHeader }) => hiddenHeader).map((group) => ({
    rule: 'reissue-hidden',
    message: `the server re-issued a token in ${group[0].hiddenHeader}, which the page cannot read: list the header in Access-Control-Expose-Headers`,
    calls: group
  }))
}

function blockedCalls(calls: readonly MockCall[]): RuleBreak[] {
  return groupBy(calls, reasonOf).map((group) => ({
    rule: 'cors-blocked',
    message: reasonOf(group[0]) ?? '',
    calls: group
  }))
}

function reasonOf({ blocked, outcome, origin }: MockCall): string | undefined {
  if (blocked !== undefined) return blocked
  if (outcome !== 'preflight_refused') return undefined
  return `the server refused a preflight from ${origin}, so the browser does not send the request`
}
