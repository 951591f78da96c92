// Watchers of the invariants: they observe requests, answers and events, and record violations.
import { inspect, isDeepStrictEqual } from 'node:util'
import type { AuthClient, AuthEvents } from 'everbearer'
import type { WireResponse } from 'everbearer/mock'
import type { ManualClock } from '../../support/clocks/manual-clock.ts'
import { apiOrigin, type SentRequest } from '../../support/setups/virtual-browser.ts'
import { isSearchedFor } from '../one-invariant.ts'
import { watchRefusals } from '../watch-refusals.ts'

interface Claims {
  readonly sid: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
}

export interface Watchers {
  readonly violations: readonly string[]
  violate(invariant: string, what: string): void
  onSend(request: SentRequest): { settled(outcome: WireResponse | 'lost' | 'aborted'): void }
  onServe(request: SentRequest, response: WireResponse): void
  onFinished(request: SentRequest): void
  onEvent(name: keyof AuthEvents, event: unknown): void
  watch(auth: AuthClient): void
  /** The app calls login(); returns the number of the call. */
  loginCalled(): number
  loginResolved(call: number): void
  logoutCalled(): void
  /** A call that waits for a token must settle before the deadline. */
  waits(what: string, promise: Promise<unknown>): void
  checkDeadlines(): void
  /** The clocks jumped or the network came back, so the next refresh may begin early. */
  excuseEarlyRefresh(): void
  /**
   * The device's clock was set. Together with a sleep, neither clock then knows the time that has
   * passed.
   */
  clockStepped(): void
  /** Request `n` was answered; `body` is the request body that the server received. */
  answered(n: number, body: string): void
  appSaw(what: unknown): void
  atEnd(storage: Iterable<unknown>): void
}

interface Failure {
  readonly atMs: number
  /** The server asked the client to wait. */
  readonly isThrottled: boolean
}

/** The client's default. */
const lockTimeoutMs = 5_000
const shortestHoldMs = 500
/** `Retry-After` of the answers that throttle, without the latency. */
const askedMs = 1_990

export function createWatchers(clock: ManualClock, deadlineMs: number | undefined): Watchers {
  const violations: string[] = []
  const violate = (invariant: string, what: string) => {
    if (isSearchedFor(invariant)) violations.push(`${invariant}: ${what}`)
  }
  const tokens = new Set<string>()
  const seen: unknown[] = []
  const newestIat = new Map<string, number>()
  const callOfSession = new Map<string, number>()
  const refusedTokens = new Set<string>()
  const sendsOf = new Map<string, number>()
  const waiting = new Map<string, number>()
  // Auth requests that overlap may set their cookies in any order. The session of the cookie then
  // does not count as a violation.
  let authRequestsInFlight = 0
  let overlapped = false
  let calls = 0
  let lastLogoutCall = 0
  let lastResolvedLogin = 0
  const openRefreshes = new Map<SentRequest, number>()
  let refusalRefreshes = 0
  let rejections = 0
  let failure: Failure | undefined
  let manual = 0
  let hasStepped = false
  let isRefreshing = () => false
  const refusals = watchRefusals({
    nowMs: clock.platform.monotonicNow,
    isRefreshing: () => isRefreshing(),
    violate: (what) => violate('I2', what)
  })
  const receivedAtMs = new Map<string, number>()

  function receive(token: string | undefined): void {
    if (token !== undefined) receivedAtMs.set(token, clock.trueNow())
  }

  return {
    violations,
    violate,
    onSend(request) {
      const { pathname, origin, searchParams } = new URL(request.url)
      const bearer = /^Bearer (.+)$/.exec(request.headers.Authorization ?? '')?.[1]
      if (bearer !== undefined && origin !== apiOrigin) violate('I6', `the token went to ${origin}`)
      // A sign-out carries the token of the session that it ends.
      if (bearer !== undefined && pathname !== '/logout') {
        const { sid, iat, exp } = readClaims(bearer)
        const ageMs = clock.trueNow() - (receivedAtMs.get(bearer) ?? Number.NaN)
        if (!hasStepped && !(ageMs <= (exp - iat) * 1000))
          violate('I8', `a token of ${exp - iat} s was sent at the age of ${ageMs} ms`)
        if (iat < (newestIat.get(sid) ?? 0))
          violate('I3', 'a token older than one sent before was sent')
        newestIat.set(sid, iat)
        const call = callOfSession.get(sid) ?? Number.NaN
        // A logout carries the token of the session that it ends.
        if (!overlapped && !(call > lastLogoutCall) && pathname !== '/logout')
          violate('I11', 'a token of a session from before the sign-out was sent')
        if (!overlapped && call < lastResolvedLogin)
          violate('I11', 'a token of a session from before the sign-in was sent')
      }
      if (pathname === '/notes' && bearer !== undefined) refusals.onSend(pathname, bearer)
      if (pathname !== '/notes') {
        overlapped ||= authRequestsInFlight > 0
        authRequestsInFlight += 1
      }
      const n = searchParams.get('n')
      if (n !== null) {
        sendsOf.set(n, (sendsOf.get(n) ?? 0) + 1)
        if ((sendsOf.get(n) ?? 0) > 9) violate('I2', `request ${n} was sent more than nine times`)
      }
      if (pathname === '/refresh') {
        // A refresh that is silent for longer than the lock timeout does not count.
        const nowMs = clock.platform.monotonicNow()
        const waitedFor = [...openRefreshes.values()].some((since) => nowMs - since < lockTimeoutMs)
        if (waitedFor) violate('I1', 'two refresh requests are open')
        openRefreshes.set(request, nowMs)
        const sinceMs = nowMs - (failure?.atMs ?? -Infinity)
        // A user may retry at once, unless the server asked to wait.
        const holdMs = failure?.isThrottled ? askedMs : manual === 0 ? shortestHoldMs : 0
        if (sinceMs < holdMs) violate('I10', `a failed refresh was repeated after ${sinceMs} ms`)
        failure = undefined
      }
      return {
        settled(outcome) {
          if (typeof outcome === 'object') {
            receive(readToken(outcome.body))
            receive(readReissued(outcome))
            if (pathname === '/notes' && bearer !== undefined) {
              if (outcome.status === 401) refusals.onRefused(pathname, bearer, true)
              else if (outcome.status < 400) refusals.onAccepted(pathname, bearer)
            }
          }
          if (pathname !== '/refresh') return
          refusals.onRefreshAnswered()
          openRefreshes.delete(request)
          if (typeof outcome === 'object' && isRejection(outcome)) rejections += 1
        }
      }
    },
    onServe(request, response) {
      const { pathname } = new URL(request.url)
      if (pathname === '/login' || pathname === '/refresh') {
        const token = readToken(response.body)
        if (token !== undefined) {
          tokens.add(token)
          if (pathname === '/login')
            callOfSession.set(readClaims(token).sid, Number(JSON.parse(request.body).call))
        }
      }
      const reissued = readReissued(response)
      if (reissued !== undefined) tokens.add(reissued)
      const bearer = request.headers.Authorization
      if (response.status === 401 && bearer !== undefined)
        refusedTokens.add(readClaims(bearer.slice(7)).jti)
    },
    onFinished(request) {
      if (new URL(request.url).pathname !== '/notes') authRequestsInFlight -= 1
    },
    onEvent(name, event) {
      seen.push(event)
      refusals.onEvent(name, Object(event))
      if (
        name === 'refresh-settled' &&
        ['offline', 'throttled', 'transient'].includes(Reflect.get(event as object, 'kind'))
      )
        failure = {
          atMs: clock.platform.monotonicNow(),
          isThrottled: Reflect.get(event as object, 'kind') === 'throttled'
        }
      if (name === 'signed-in' || name === 'signed-out') failure = undefined
      if (name === 'refreshed' && Reflect.get(event as object, 'reason') === 'refusal') {
        refusalRefreshes += 1
        if (refusalRefreshes > refusedTokens.size) {
          violate('I2', 'more refreshes than refused tokens')
        }
      }
      if (name === 'signed-out' && Reflect.get(event as object, 'reason') === 'session-expired') {
        if (rejections === 0) violate('I4', 'the session ended without an explicit rejection')
        rejections = 0
      }
    },
    watch(auth) {
      isRefreshing = () => auth.getRefreshStatus().isRefreshing
      let last = auth.getState()
      auth.subscribe(() => {
        const next = auth.getState()
        if (isDeepStrictEqual(next, last)) violate('I9', 'a subscriber was called without a change')
        last = next
      })
    },
    loginCalled() {
      calls += 1
      return calls
    },
    loginResolved(call) {
      lastResolvedLogin = Math.max(lastResolvedLogin, call)
    },
    logoutCalled() {
      calls += 1
      lastLogoutCall = calls
    },
    waits(what, promise) {
      const key = `${what} ${waiting.size}`
      if (what === 'refresh()') manual += 1
      waiting.set(key, clock.platform.monotonicNow())
      const settled = () => {
        waiting.set(key, Infinity)
        if (what === 'refresh()') manual -= 1
      }
      promise.then(settled, settled)
    },
    checkDeadlines() {
      if (deadlineMs === undefined) return
      for (const [what, since] of waiting) {
        if (clock.platform.monotonicNow() - since > deadlineMs)
          violate('I5', `${what} waits beyond the deadline`)
      }
    },
    excuseEarlyRefresh() {
      failure = undefined
    },
    clockStepped() {
      failure = undefined
      hasStepped = true
    },
    answered(n, body) {
      if (body !== JSON.stringify({ n })) violate('I7', `request ${n} arrived with another body`)
    },
    appSaw(what) {
      seen.push(what)
      if (Object(what).response?.status === 401) refusals.onPassedOn('/notes')
    },
    atEnd(storage) {
      for (const [what, since] of waiting) {
        if (since !== Infinity) violate('I5', `${what} never settled`)
      }
      const text = [...seen, ...storage].map((what) => inspect(what, { depth: 8 })).join('\n')
      for (const token of tokens) {
        if (text.includes(token.split('.')[2] ?? token))
          violate('I6', 'a token is in what the app saw')
      }
    }
  }
}

function isRejection({ status, body }: WireResponse): boolean {
  return status === 401 || ([400, 403].includes(status) && body.includes('invalid_grant'))
}

function readToken(body: string): string | undefined {
  try {
    return JSON.parse(body).access_token
  } catch {
    return undefined
  }
}

function readReissued({ headers }: WireResponse): string | undefined {
  const header = headers.find(([name]) => name.toLowerCase() === 'authorization')
  return header?.[1].slice('Bearer '.length)
}

function readClaims(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
