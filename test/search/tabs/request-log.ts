// Request log: every request of every page, from its sending to its answer.
import type { ManualClock } from '../../support/clocks/manual-clock.ts'
import type { NetworkRequest } from '../browser/network.ts'
import type { WatchedRequest } from '../browser/page.ts'
import { type Client, readClaims, type Sent, type Watcher } from './facts.ts'

export interface RequestLog {
  readonly sent: readonly Sent[]
  /** Whether auth requests have overlapped, so that the cookie may be of any session. */
  hasOverlapped(): boolean
  /** An auth request that may change the cookie begins. Returns a function that notes its end. */
  beginAuth(): () => void
  add(client: Client, request: NetworkRequest): WatchedRequest
}

export function isAuthPath(pathname: string): boolean {
  return pathname !== '/notes' && pathname !== '/refused'
}

export function createRequestLog(
  clock: ManualClock,
  watchers: readonly Watcher[],
  tick: () => number
): RequestLog {
  const sent: Sent[] = []
  let authInFlight = 0
  let hasOverlapped = false

  function beginAuth(): () => void {
    hasOverlapped ||= authInFlight > 0
    authInFlight += 1
    return () => {
      authInFlight -= 1
    }
  }

  return {
    sent,
    hasOverlapped: () => hasOverlapped,
    beginAuth,
    add(client, request) {
      const { pathname, searchParams } = new URL(request.url)
      const token = /^Bearer (.+)$/.exec(request.headers.Authorization ?? '')?.[1]
      const one: Sent = {
        client,
        request,
        pathname,
        token,
        claims: readClaims(token),
        n: searchParams.get('n') ?? undefined,
        key: request.headers['Idempotency-Key'],
        at: tick(),
        atMs: clock.platform.monotonicNow(),
        outcome: undefined,
        settledAtMs: Number.POSITIVE_INFINITY,
        isFinished: false
      }
      sent.push(one)
      const isAuth = isAuthPath(pathname) && !client.isSecond
      const endAuth = isAuth ? beginAuth() : () => {}
      for (const watcher of watchers) watcher.onSend?.(one)
      return {
        finished() {
          one.isFinished = true
          endAuth()
        },
        settled(outcome) {
          one.outcome = outcome
          one.settledAtMs = clock.platform.monotonicNow()
          for (const watcher of watchers) watcher.onSettled?.(one)
        }
      }
    }
  }
}
