// Rules about refreshing and signing out.

import type { MockCall } from '../calls/call.ts'
import { groupBy, isAfter, isDelivered, isLongAfter } from './history.ts'
import type { RuleBreak, RuleContext } from './rule.ts'

const stormRefreshes = 5
const stormSeconds = 10
const stormTokens = 3

export function brokenRefreshRules(calls: readonly MockCall[], rules: RuleContext): RuleBreak[] {
  const refreshes = calls.filter(({ route }) => route === 'refresh')
  const sessions = groupBy(calls, ({ sid }) => sid)
  return [
    ...sessions.flatMap(parallelRefreshes),
    ...sessions.flatMap(spentTokens),
    ...withoutCredentials(calls, refreshes, rules),
    ...failedInVain(refreshes),
    ...sessions.flatMap(refreshedInVain),
    ...sessions.flatMap((session) => usedAfterLogout(session, rules.inFlightSeconds))
  ]
}

//   t0  refresh A arrives
//   t1  refresh B arrives: A has not been answered, and B is not the same attempt
//   t2  A is answered
function parallelRefreshes(session: readonly MockCall[]): RuleBreak[] {
  const refreshes = session.filter(({ route }) => route === 'refresh')
  const met = refreshes.filter((call) =>
    refreshes.some((other) => {
      const [first, second] = call.index < other.index ? [call, other] : [other, call]
      // Nobody can wait for a call that hangs, or that its page has given up.
      const isWaitedFor = first.fault !== 'hang' && first.abandoned !== true
      return call !== other && isWaitedFor && !isAfter(second, first) && !isSameAttempt(call, other)
    })
  )
  return ruleBreak(
    'parallel-refresh',
    met,
    `${met.length} refreshes of one session were in flight at once`
  )
}

function isSameAttempt(one: MockCall, other: MockCall): boolean {
  return one.idempotencyKey !== undefined && one.idempotencyKey === other.idempotencyKey
}

function spentTokens(session: readonly MockCall[]): RuleBreak[] {
  const spent = session.filter((call) => {
    if (call.outcome !== 'replayed' && call.outcome !== 'refresh_reused') return false
    const successor = session.findLast(
      (other) => other.outcome === 'rotated' && other.index < call.index
    )
    // Whoever never got the answer can have nothing but the spent one; and one attempt may be made twice.
    if (successor === undefined || !isDelivered(successor) || !isAfter(call, successor))
      return false
    return call.outcome === 'refresh_reused' || !isSameAttempt(call, successor)
  })
  return ruleBreak(
    'spent-refresh-token',
    spent,
    'a refresh token was presented after its successor had been delivered'
  )
}

function withoutCredentials(
  calls: readonly MockCall[],
  refreshes: readonly MockCall[],
  { sessionSeconds, refreshWith }: RuleContext
): RuleBreak[] {
  // What a page has in its memory, a reload takes away; only a cookie can be missed.
  if (refreshWith !== 'cookie') return []
  const isLacking = (call: MockCall): boolean => {
    const { credentials, origin, target } = call
    const isForeign = origin !== undefined && origin !== target
    if (credentials === 'omit' || (credentials === 'same-origin' && isForeign)) return true
    if (call.outcome !== 'no_cookie') return false
    const login = calls.findLast(
      (other) =>
        other.outcome === 'signed_in' &&
        isDelivered(other) &&
        isAfter(call, other) &&
        other.adapter === call.adapter &&
        other.target === call.target &&
        other.origin === call.origin
    )
    // Another browser on the same origin cannot be told from this one.
    if (login === undefined) return false
    if (call.startedAtMs >= login.startedAtMs + sessionSeconds * 1000) return false
    // These answers make the browser forget the cookie.
    const clearing = [
      'signed_out',
      'session_expired',
      'session_idle',
      'session_revoked',
      'refresh_reused'
    ]
    return !calls.some(
      (other) =>
        clearing.includes(other.outcome) && other.index > login.index && other.index < call.index
    )
  }
  const message = 'a refresh came without the cookie; the request has to include credentials'
  return ruleBreak('refresh-without-credentials', refreshes.filter(isLacking), message)
}

function failedInVain(refreshes: readonly MockCall[]): RuleBreak[] {
  // A visitor with nothing to show, or with the cookie of another server or of before a reset, which stays where it is,
  // asks once per page load, and there may be many of those.
  const ofVisitors: readonly MockCall['outcome'][] = [
    'no_cookie',
    'missing_token',
    'unknown_session'
  ]
  const failed = refreshes.filter(
    ({ status = 200, outcome }) => (status === 0 || status >= 400) && !ofVisitors.includes(outcome)
  )
  return groupBy(failed, ({ sid, origin }) => sid ?? origin ?? '').flatMap((group) => {
    const storm = group.filter((call) => {
      const near = (other: MockCall) =>
        Math.abs(other.startedAtMs - call.startedAtMs) <= stormSeconds * 1000
      return group.filter(near).length > stormRefreshes
    })
    return ruleBreak('retry-storm', storm, `refreshes failed and were tried again at once`)
  })
}

function refreshedInVain(session: readonly MockCall[]): RuleBreak[] {
  const refreshes = session.filter(
    (call) => call.route === 'refresh' && call.issuedJti !== undefined
  )
  const streaks: MockCall[][] = [[]]
  for (const refresh of refreshes) {
    // A refresh by the access token is no use of it: what the API makes of it is asked here.
    const uses = session.filter(
      (call) => call.jti === refresh.issuedJti && call.route !== 'refresh'
    )
    const isRefused = uses.length > 0 && uses.every(({ status }) => status === 401)
    if (isRefused) streaks.at(-1)?.push(refresh)
    else streaks.push([])
  }
  return streaks
    .filter((streak) => streak.length > stormTokens)
    .flatMap((streak) =>
      ruleBreak(
        'retry-storm',
        streak,
        'every renewed token was refused, and yet it was renewed again'
      )
    )
}

function usedAfterLogout(session: readonly MockCall[], inFlightSeconds: number): RuleBreak[] {
  // Whoever never got the answer may have to go on as if nothing had been asked.
  const logout = session.find((call) => call.outcome === 'signed_out' && isDelivered(call))
  if (logout === undefined) return []
  const used = session.filter((call) =>
    call.route === 'refresh'
      ? isAfter(call, logout)
      : call.jti !== undefined && isLongAfter(call, logout, inFlightSeconds)
  )
  const message = `a token was used after the logout was answered (access tokens: more than ${inFlightSeconds} s after)`
  return ruleBreak('use-after-logout', used, message)
}

function ruleBreak(
  rule: RuleBreak['rule'],
  calls: readonly MockCall[],
  message: string
): RuleBreak[] {
  return calls.length === 0 ? [] : [{ rule, message, calls }]
}
