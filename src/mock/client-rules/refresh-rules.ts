// Refresh rules: how a client must refresh, and what it must not use after a sign-out.

import type { MockCall } from '../calls/call.ts'
import { isRefusal } from '../calls/outcomes.ts'
import { groupBy, isAfter, isDelivered, isLongAfter } from './history.ts'
import type { RuleBreak, RuleContext } from './rule.ts'

/** More failed refreshes than this within `stormSeconds` are a retry storm. */
const stormRefreshes = 5
const stormSeconds = 10
/** More refused tokens in a row than this are a retry storm. */
const stormTokens = 3

export function findRefreshBreaks(calls: readonly MockCall[], context: RuleContext): RuleBreak[] {
  const refreshes = calls.filter(isRefresh)
  const sessions = groupBy(calls, ({ sid }) => sid)
  return [
    ...sessions.flatMap(parallelRefreshes),
    ...sessions.flatMap(spentRefreshTokens),
    ...refreshesWithoutCookie(calls, refreshes, context),
    ...retriesWithoutBackoff(refreshes),
    ...sessions.flatMap(refreshesForRefusedTokens),
    ...sessions.flatMap((session) => usesAfterLogout(session, context.inFlightSeconds))
  ]
}

//   t0  refresh A arrives
//   t1  refresh B arrives: A has not been answered yet, and B has another idempotency key or none
//   t2  A is answered
function parallelRefreshes(session: readonly MockCall[]): RuleBreak[] {
  const refreshes = session.filter(isRefresh)
  const parallel = refreshes.filter((call) =>
    refreshes.some((other) => {
      const [first, second] = call.index < other.index ? [call, other] : [other, call]
      // A client cannot wait for a call that hangs, or that its page has aborted.
      const canBeAwaited = first.fault !== 'hang' && first.abandoned !== true
      return (
        call !== other && canBeAwaited && !isAfter(second, first) && !isSameAttempt(call, other)
      )
    })
  )
  return ruleBreak(
    'parallel-refresh',
    parallel,
    `the client had ${parallel.length} refreshes of one session in flight at once, which a server may treat as token theft`
  )
}

function isRefresh({ route }: MockCall): boolean {
  return route === 'refresh'
}

function isSameAttempt(one: MockCall, other: MockCall): boolean {
  return one.idempotencyKey !== undefined && one.idempotencyKey === other.idempotencyKey
}

function spentRefreshTokens(session: readonly MockCall[]): RuleBreak[] {
  const reuses = session.filter((call) => {
    if (call.outcome !== 'replayed' && call.outcome !== 'refresh_reused') return false
    const rotation = session.findLast(
      (other) => other.outcome === 'rotated' && other.index < call.index
    )
    // A client that did not receive the answer still has the old token, and may repeat the attempt.
    if (rotation === undefined || !isDelivered(rotation) || !isAfter(call, rotation)) return false
    return call.outcome === 'refresh_reused' || !isSameAttempt(call, rotation)
  })
  return ruleBreak(
    'spent-refresh-token',
    reuses,
    'the client sent a refresh token again after it had received the next one, which a server may treat as token theft'
  )
}

/** Outcomes that delete the refresh cookie. */
const clearingOutcomes: readonly MockCall['outcome'][] = [
  'signed_out',
  'session_expired',
  'session_idle',
  'session_revoked',
  'refresh_reused'
]

function refreshesWithoutCookie(
  calls: readonly MockCall[],
  refreshes: readonly MockCall[],
  { sessionSeconds, refresh }: RuleContext
): RuleBreak[] {
  // Any other credential is in the memory of a page, and a reload legitimately loses it.
  if (refresh === false || refresh.credential !== 'cookie' || !refresh.cookies) return []

  function isCookieMissing(call: MockCall): boolean {
    const { credentials, origin, target } = call
    const isCrossOrigin = origin !== undefined && origin !== target
    if (credentials === 'omit' || (credentials === 'same-origin' && isCrossOrigin)) return true
    if (call.outcome !== 'no_cookie') return false
    // The server cannot distinguish two browsers on the same origin, so it treats them as one.
    const login = calls.findLast(
      (other) =>
        other.outcome === 'signed_in' &&
        isDelivered(other) &&
        isAfter(call, other) &&
        other.adapter === call.adapter &&
        other.target === call.target &&
        other.origin === call.origin
    )
    if (login === undefined) return false
    if (call.startedAtMs >= login.startedAtMs + sessionSeconds * 1000) return false
    return !calls.some(
      (other) =>
        clearingOutcomes.includes(other.outcome) &&
        other.index > login.index &&
        other.index < call.index
    )
  }
  return ruleBreak(
    'refresh-without-credentials',
    refreshes.filter(isCookieMissing),
    'the client sent a refresh without the refresh cookie, so the server cannot find the session: the request must include credentials'
  )
}

/**
 * Outcomes of a page that has no credential, or one that this server does not know: the cookie of
 * another server, or one from before a reset. Each page load may ask once.
 */
const visitorOutcomes: readonly MockCall['outcome'][] = [
  'no_cookie',
  'missing_token',
  'unknown_session'
]

function retriesWithoutBackoff(refreshes: readonly MockCall[]): RuleBreak[] {
  // The contract decides which status refuses a refresh, so the outcome counts too.
  const failed = refreshes.filter(
    ({ status = 200, outcome }) =>
      (status === 0 || status >= 400 || isRefusal(outcome)) && !visitorOutcomes.includes(outcome)
  )
  return groupBy(failed, ({ sid, origin }) => sid ?? origin ?? '').flatMap((group) => {
    const storm = group.filter((call) => {
      const isNear = (other: MockCall) =>
        Math.abs(other.startedAtMs - call.startedAtMs) <= stormSeconds * 1000
      return group.filter(isNear).length > stormRefreshes
    })
    return ruleBreak(
      'retry-storm',
      storm,
      `the client repeated a failed refresh more than ${stormRefreshes} times within ${stormSeconds} s, which can keep a server down: wait longer after each failure`
    )
  })
}

function refreshesForRefusedTokens(session: readonly MockCall[]): RuleBreak[] {
  const refreshes = session.filter((call) => isRefresh(call) && call.issuedJti !== undefined)
  const streaks: MockCall[][] = [[]]
  for (const refresh of refreshes) {
    // A refresh that presents the access token says nothing about how the API answers it.
    const uses = session.filter((call) => call.jti === refresh.issuedJti && !isRefresh(call))
    const isRefused =
      uses.length > 0 && uses.every(({ status, outcome }) => status === 401 || isRefusal(outcome))
    if (isRefused) streaks.at(-1)?.push(refresh)
    else streaks.push([])
  }
  return streaks
    .filter((streak) => streak.length > stormTokens)
    .flatMap((streak) =>
      ruleBreak(
        'retry-storm',
        streak,
        `the client refreshed ${streak.length} times in a row although every new access token was refused, so another refresh cannot help`
      )
    )
}

function usesAfterLogout(session: readonly MockCall[], inFlightSeconds: number): RuleBreak[] {
  // A client that did not receive the answer to its logout cannot know that the session has ended.
  const logout = session.find((call) => call.outcome === 'signed_out' && isDelivered(call))
  if (logout === undefined) return []
  const uses = session.filter((call) =>
    isRefresh(call)
      ? isAfter(call, logout)
      : call.jti !== undefined && isLongAfter(call, logout, inFlightSeconds)
  )
  return ruleBreak(
    'use-after-logout',
    uses,
    `the client used a token after it had received the answer to the logout (access tokens: more than ${inFlightSeconds} s after), so it still acts for a user who has signed out`
  )
}

function ruleBreak(
  rule: RuleBreak['rule'],
  calls: readonly MockCall[],
  message: string
): RuleBreak[] {
  return calls.length === 0 ? [] : [{ rule, message, calls }]
}
