// Access token rules: which token a client must use, and where it may send it.

import type { MockCall } from '../calls/call.ts'
import { groupBy, isAfter, isDelivered, isLongAfter } from './history.ts'
import type { RuleBreak, RuleContext } from './rule.ts'

export function findTokenBreaks(
  calls: readonly MockCall[],
  leaks: readonly MockCall[],
  context: RuleContext
): RuleBreak[] {
  return [
    ...groupBy(calls, ({ sid }) => sid).flatMap((session) => outdatedTokens(session, context)),
    ...foreignOrigins(calls, leaks),
    ...tokensInUrls(calls, leaks)
  ]
}

//   t0  an answer delivers token T
//   t1  a call arrives, and its answer delivers token G: T was known by then, so G is newer
//   t2  a call arrives with T although the client has G
//
// If two tokens were requested in parallel, neither is newer. A token that no call delivered is
// older than all others, unless `mint` made it later. A forged token is never outdated.
function outdatedTokens(
  session: readonly MockCall[],
  { inFlightSeconds, mintedBefore }: RuleContext
): RuleBreak[] {
  const grants = session.filter(
    (call) => call.issuedJti !== undefined && isDelivered(call) && call.hiddenHeader === undefined
  )
  return groupBy(session, ({ jti }) => jti).flatMap((uses) => {
    const [{ jti = '' }] = uses
    const issue = session.find(({ issuedJti }) => issuedJti === jti)
    const isNewer = (grant: MockCall): boolean =>
      issue === undefined ? grant.index >= (mintedBefore(jti) ?? 0) : isAfter(grant, issue)
    const newer = grants.find((grant) => grant.issuedJti !== jti && isNewer(grant))
    if (newer === undefined) return []
    const outdated = uses.filter((call) => isLongAfter(call, newer, inFlightSeconds))
    if (outdated.length === 0) return []
    const rule = newer.reissued ? 'ignored-reissue' : 'stale-access-token'
    const source = newer.reissued ? 're-issued' : 'delivered'
    const message = `the client used an access token although the answer to call #${newer.index} had ${source} a newer one: the server may refuse the old one at any time`
    return [{ rule, message, calls: outdated }]
  })
}

function foreignOrigins(calls: readonly MockCall[], leaks: readonly MockCall[]): RuleBreak[] {
  const homes = new Set(
    calls.filter(({ route }) => route !== 'unknown').map(({ target }) => target)
  )
  const foreign = leaks.filter(({ route, target }) => route === 'elsewhere' && !homes.has(target))
  return groupBy(foreign, ({ target }) => target).map((group) => ({
    rule: 'bearer-to-foreign-origin',
    message: `the client sent an access token to ${group[0].target}, which can now act as the user`,
    calls: group
  }))
}

function tokensInUrls(calls: readonly MockCall[], leaks: readonly MockCall[]): RuleBreak[] {
  const placeOf = ({ target, path }: MockCall): string => target + path
  // msw also reports requests that reach the server or a guarded handler: count those once.
  const arrived = new Set(calls.map(placeOf))
  const foreign = leaks.filter((call) => !arrived.has(placeOf(call)))
  const leaking = [...calls, ...foreign].filter(({ tokenInUrl }) => tokenInUrl)
  if (leaking.length === 0) return []
  const message =
    'the client put a token into a URL, which histories, logs and Referer headers expose'
  return [{ rule: 'token-in-url', message, calls: leaking }]
}
