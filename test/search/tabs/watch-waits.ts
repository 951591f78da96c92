// Watcher of waits (I5, I9, I13, I14): every promise settles in time, and `initializing` ends.
import { isDeepStrictEqual } from 'node:util'
import type { WireResponse } from 'everbearer/mock'
import { type Call, type Client, type Facts, readIssued, type Sent, type Watcher } from './facts.ts'
import { isAuthPath } from './request-log.ts'

/** The client's defaults. */
const refreshTimeoutMs = 10_000
const lockTimeoutMs = 5_000
/** A request may outlive its page by half of `refreshTimeoutMs`. */
const outlivesPageMs = 5_000
/** The time of one event. */
const slackMs = 50
/** Longer than storage, messages and locks lag together. */
const lagMs = 300
/** A page asks the other tabs before it refreshes, or after it has lost a race. */
const handOverMs = 250
/** Without a request for this long, no answer holds a refresh back. */
const quietMs = 60_000

/** How long the client itself may keep a caller waiting, without the network of the app. */
const limitsMs: Readonly<Record<Call['what'], number>> = {
  login: refreshTimeoutMs,
  // The function of the app has no deadline. The wait before it has.
  'login by function': Number.POSITIVE_INFINITY,
  logout: refreshTimeoutMs,
  refresh: refreshTimeoutMs,
  getAccessToken: refreshTimeoutMs,
  restore: refreshTimeoutMs,
  ready: refreshTimeoutMs,
  request: refreshTimeoutMs
}

interface Wait {
  readonly call: Call
  /** How long the page had run when the client began to hold the call. */
  sinceRanMs: number
  readonly calledAtMs: number
  onNetwork: number
  isOverdue: boolean
}

export function watchWaits(facts: Facts): Watcher {
  const waits = new Set<Wait>()
  const byNumber = new Map<string, Wait>()
  const initializing = new Set<Client>()
  /** When the server has said that there is no session. */
  const visitorSinceMs = new Map<Client, number>()
  const lastStates = new Map<Client, unknown>()
  /** When subscribers were called without a change, unless an event explains it. */
  const unchanged = new Set<Client>()

  function noteNetwork({ n, client }: Sent, change: 1 | -1): void {
    const wait = byNumber.get(n ?? '')
    if (wait === undefined) return
    wait.onNetwork += change
    wait.sinceRanMs = client.page.ranMs()
  }

  // A lock that is never answered delays a request by its timeout, and not by the caller's.
  function checkLock(wait: Wait): void {
    const { call, sinceRanMs } = wait
    const waitedMs = call.client.page.ranMs() - sinceRanMs
    // A sign-in may also wait for a refresh that is in flight without the lock.
    const turnMs = call.what === 'login' ? outlivesPageMs + lockTimeoutMs : lockTimeoutMs
    if (wait.isOverdue || waitedMs < turnMs + lagMs) return
    wait.isOverdue = true
    const isSent = call.what === 'login' ? isLoginSent(call) : mayRefresh(wait)
    if (!isSent) facts.violate('I13', `${call.what} of tab ${call.client.tab} waits in vain`)
  }

  function isLoginSent({ client, at }: Call): boolean {
    return facts.sent.some(
      (sent) => sent.client === client && sent.pathname === '/login' && sent.at > at
    )
  }

  /** Whether another request may be the cause of the wait. */
  function mayRefresh({ call, calledAtMs }: Wait): boolean {
    const isBusy = facts.sent.some(
      ({ pathname, atMs, isFinished }) =>
        isAuthPath(pathname) && (!isFinished || atMs > calledAtMs - quietMs)
    )
    return call.what !== 'refresh' || isBusy || facts.troubles.pagesMs > calledAtMs - quietMs
  }

  function check(): void {
    for (const { tab } of unchanged)
      facts.violate('I9', `a subscriber in tab ${tab} was called without a change`)
    unchanged.clear()
    for (const wait of waits) {
      const { call, sinceRanMs, onNetwork } = wait
      const { page, tab } = call.client
      if (page.isGone()) waits.delete(wait)
      else if (onNetwork === 0 && page.ranMs() - sinceRanMs > limitsMs[call.what] + slackMs) {
        facts.violate('I13', `${call.what} of tab ${tab} has not settled in time`)
        waits.delete(wait)
      } else checkLock(wait)
    }
    for (const client of initializing) {
      const isOver = client.page.isGone() || client.auth.getState().status !== 'initializing'
      if (isOver) initializing.delete(client)
      else if (client.page.ranMs() > refreshTimeoutMs + slackMs) {
        facts.violate('I14', `tab ${client.tab} is initializing for too long`)
        initializing.delete(client)
      } else if (facts.nowMs() - (visitorSinceMs.get(client) ?? Infinity) > handOverMs + slackMs)
        facts.violate('I14', `tab ${client.tab} is initializing after a definite answer`)
    }
  }

  // With `hint`, the client may know a session. A call of `restore()` has its own answer.
  function noteAnswer({ client, pathname, outcome }: Sent): void {
    if (pathname !== '/refresh' || typeof outcome !== 'object' || outcome.bodyAfterMs > 0) return
    if (facts.conditions.restore === 'hint' || client.restoreCalledAt > 0) return
    if (initializing.has(client) && !client.page.isFrozen() && isDefinite(outcome.response))
      visitorSinceMs.set(client, facts.nowMs())
  }

  return {
    onOpen(client) {
      if (client.auth.getState().status === 'initializing') initializing.add(client)
      lastStates.set(client, client.auth.getState())
      client.auth.subscribe(() => {
        const next = client.auth.getState()
        if (isDeepStrictEqual(next, lastStates.get(client))) unchanged.add(client)
        lastStates.set(client, next)
      })
    },
    onEvent(client, name) {
      // The state may change twice before a subscriber runs.
      if (name === 'signed-in' || name === 'signed-out') unchanged.delete(client)
    },
    onCall(call) {
      const wait: Wait = {
        call,
        sinceRanMs: call.client.page.ranMs(),
        calledAtMs: facts.nowMs(),
        onNetwork: 0,
        isOverdue: false
      }
      waits.add(wait)
      if (call.n !== undefined) byNumber.set(call.n, wait)
      const settled = () => waits.delete(wait)
      call.promise.then(settled, settled)
    },
    onSend(sent) {
      noteNetwork(sent, 1)
      // The refresh may have lost a race with that of another tab, so the client asks again.
      if (sent.pathname === '/refresh') visitorSinceMs.delete(sent.client)
    },
    onSettled(sent) {
      noteNetwork(sent, -1)
      noteAnswer(sent)
    },
    onPass: check,
    atEnd() {
      for (const { call, onNetwork, sinceRanMs } of waits) {
        const { page, tab } = call.client
        const isOfApp = call.what === 'login by function' || onNetwork > 0
        const isLate = page.ranMs() - sinceRanMs > limitsMs[call.what] + slackMs
        if (!page.isGone() && !isOfApp && isLate)
          facts.violate('I5', `${call.what} of tab ${tab} never settled`)
      }
    }
  }
}

/** Whether the answer says that there is no session: it is not of a portal or a firewall. */
function isDefinite(response: WireResponse): boolean {
  const { status, headers, body } = response
  const isOk = status >= 200 && status < 300
  const isForeign = headers.some((header) =>
    /^(retry-after:|www-authenticate:(?!bearer))/i.test(header.join(':'))
  )
  if (isForeign || readIssued(response) !== undefined) return false
  return isOk ? !body.startsWith('<') : status < 500 && ![408, 425, 429].includes(status)
}
