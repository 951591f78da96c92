// Rules about access tokens: which one to use, and where it may go.

import type { MockCall } from '../calls/call.ts'
import { groupBy, isAfter, isDelivered, isLongAfter } from './history.ts'
import type { RuleBreak, RuleContext } from './rule.ts'

export function brokenTokenRules(
  calls: readonly MockCall[],
  leaks: readonly MockCall[],
  rules: RuleContext
): RuleBreak[] {
  return [
    ...groupBy(calls, ({ sid }) => sid).flatMap((session) => outdatedTokens(session, rules)),
    ...foreignOrigins(calls, leaks),
    ...tokensInUrls(calls, leaks)
  ]
}

//   t0  the token T is delivered
//   t1  a call arrives, whose answer delivers the token G: it was asked for when T was known, so G is the newer one
//   t2  a call arrives with T
//
// Of tokens that were asked for in parallel none is the newer one. A token that no call delivered was there before all of
// them, unless a test has made it to order since; a forged one is never the client's own.
function outdatedTokens(
  session: readonly MockCall[],
  { inFlightSeconds, madeBefore }: RuleContext
): RuleBreak[] {
  const grants = session.filter(
    (call) => call.issuedJti !== undefined && isDelivered(call) && call.hiddenHeader === undefined
  )
  return groupBy(session, ({ jti }) => jti).flatMap((uses) => {
    const [{ jti = '' }] = uses
    const issue = session.find(({ issuedJti }) => issuedJti === jti)
    const isNewer = (grant: MockCall): boolean =>
      issue === undefined ? grant.index >= (madeBefore(jti) ?? 0) : isAfter(grant, issue)
    const newer = grants.find((grant) => grant.issuedJti !== jti && isNewer(grant))
    if (newer === undefined) return []
    const blamed = uses.filter((call) => isLongAfter(call, newer, inFlightSeconds))
    if (blamed.length === 0) return []
    const rule = newer.reissued ? 'ignored-reissue' : 'stale-access-token'
    const source = newer.reissued ? 're-issued in the answer to' : 'delivered by'
    const message = `an access token was used although a newer one had been ${source} call #${newer.index}`
    return [{ rule, message, calls: blamed }]
  })
}

function foreignOrigins(calls: readonly MockCall[], leaks: readonly MockCall[]): RuleBreak[] {
  const homes = new Set(
    calls.filter(({ route }) => route !== 'unknown').map(({ target }) => target)
  )
  const strayed = leaks.filter(({ route, target }) => route === 'elsewhere' && !homes.has(target))
  return groupBy(strayed, ({ target }) => target).map((group) => ({
    rule: 'bearer-to-foreign-origin',
    message: `an access token was sent to ${group[0].target}`,
    calls: group
  }))
}

function tokensInUrls(calls: readonly MockCall[], leaks: readonly MockCall[]): RuleBreak[] {
  const placeOf = ({ target, path }: MockCall): string => target + path
  // Whoever came to the server or its guard was seen on the way there, too.
  const arrived = new Set(calls.map(placeOf))
  const strayed = leaks.filter((call) => !arrived.has(placeOf(call)))
  const leaking = [...calls, ...strayed].filter(({ tokenInUrl }) => tokenInUrl)
  if (leaking.length === 0) return []
  return [{ rule: 'token-in-url', message: 'a token stood in a URL', calls: leaking }]
}
