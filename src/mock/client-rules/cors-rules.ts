// Rules that a browser enforces between a page and another origin.

import type { MockCall } from '../calls/call.ts'
import { groupBy } from './history.ts'
import type { RuleBreak } from './rule.ts'

export function brokenCorsRules(calls: readonly MockCall[]): RuleBreak[] {
  const hidden = groupBy(calls, ({ hiddenHeader }) => hiddenHeader).map(
    (group): RuleBreak => ({
      rule: 'reissue-hidden',
      message: `the page cannot read ${group[0].hiddenHeader}: the server has to name it in Access-Control-Expose-Headers`,
      calls: group
    })
  )
  const reasonOf = ({ blocked, outcome, origin }: MockCall): string | undefined =>
    blocked ??
    (outcome === 'preflight_refused'
      ? `the preflight of a page of ${origin} was refused`
      : undefined)
  const blocked = groupBy(calls, reasonOf).map(
    (group): RuleBreak => ({
      rule: 'cors-blocked',
      message: reasonOf(group[0]) ?? '',
      calls: group
    })
  )
  return [...hidden, ...blocked]
}
