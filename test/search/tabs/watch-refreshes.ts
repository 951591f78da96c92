// Watcher of refreshes (I1, I10): overlaps, idempotency keys, repeated refreshes, holds.
import type { Client, Facts, Sent, Watcher } from './facts.ts'
import { isAuthPath } from './request-log.ts'

/** The client's defaults. */
const lockTimeoutMs = 5_000
const abandonMs = 30_000
/** Longer than storage, messages and locks lag together. */
const lagMs = 150
/** The longest gap between two holders of the lock that both send an auth request. */
const handOverMs = 500
/** How long the holder may wait for the answer of a page that is gone. */
const landingMs = 5_500
/** The shortest hold after one failure. Each further failure doubles it. */
const shortestHoldMs = 490
const longestShortestHoldMs = 29_000
/** How long a page that is gone, and the queue behind its lock, can delay the other pages. */
const recoveryMs = 20_000

interface Hold {
  readonly at: number
  readonly failures: number
  readonly sinceMs: number
  readonly untilMs: number
  readonly isRetryAfter: boolean
  readonly why: string
}

export function watchRefreshes(facts: Facts): Watcher {
  const { conditions, troubles } = facts
  let authInFlight = 0
  let busySinceMs = -Infinity
  let freeSinceMs = -Infinity
  const answeredKeys = new Set<string | undefined>()
  let lastSuccess: Sent | undefined
  let hold: Hold | undefined
  /** Tabs with a redirect sign-in ask the server first, until they are signed in. */
  const returning = new Set<number>()
  /** Requests that `restore()` and `logout()` did not send. */
  const started = new Set<Sent>()

  function arePagesTroubled(sinceMs: number): boolean {
    const isAnyFrozen = facts.clients.some(({ page }) => page.isFrozen() && !page.isGone())
    return isAnyFrozen || wasTroubled('pagesMs', sinceMs)
  }

  function longestGapMs(): number {
    // If the storage of a page is full, it cannot note that its refresh has been answered.
    const isSlow = arePagesTroubled(facts.nowMs() - recoveryMs) || wasTroubled('storageMs')
    return isSlow ? landingMs : handOverMs
  }

  function wasTroubled(since: keyof Facts['troubles'], sinceMs = -Infinity): boolean {
    return troubles[since] > sinceMs
  }

  function mayOverlap(sent: Sent, other: Sent): boolean {
    if (!conditions.hasLocks || wasTroubled('locksMs') || wasTroubled('oldReleaseMs')) return true
    if (arePagesTroubled(other.atMs - lockTimeoutMs)) return true
    // The client has given up on a request without an answer.
    if (sent.atMs - other.atMs >= abandonMs) return true
    return isLockBusyForLong(sent)
  }

  /** Several tabs may have waited in vain for the lock, and begin in the same moment. */
  function isLockBusyForLong({ atMs }: Sent): boolean {
    return atMs - busySinceMs >= lockTimeoutMs - longestGapMs()
  }

  function mayHaveOtherKey(sent: Sent, other: Sent): boolean {
    return (
      other.at < facts.changedAt() ||
      // A page may begin before storage shows the sign-in of another tab.
      other.atMs - facts.msOf(facts.changedAt()) < lagMs ||
      sent.atMs - other.atMs >= abandonMs ||
      answeredKeys.has(other.key) ||
      // `restore()` asks for the session of the cookie, with another key.
      isRestoring(other.atMs - abandonMs) ||
      returning.has(sent.client.tab) ||
      (sent.client.restoreCalledAt > 0 && arePagesTroubled(sent.atMs - lagMs)) ||
      wasTroubled('storageMs') ||
      wasTroubled('clockMs', other.atMs - 1) ||
      wasTroubled('oldReleaseMs') ||
      // Both may begin before storage shows the other one.
      sent.atMs - other.atMs < lagMs
    )
  }

  function isRestoring(sinceMs: number): boolean {
    const calledAt = Math.max(...facts.clients.map((client) => client.restoreCalledAt))
    return calledAt > 0 && facts.msOf(calledAt) > sinceMs
  }

  function hadCompany(sent: Sent): boolean {
    return facts.sent.some(
      (other) =>
        other !== sent && other.pathname === '/refresh' && Math.abs(other.atMs - sent.atMs) < lagMs
    )
  }

  function latestRefresh(client: Client): Sent | undefined {
    return facts.sent.findLast((one) => one.client === client && one.pathname === '/refresh')
  }

  function openRefreshes(sent: Sent): readonly Sent[] {
    return facts.sent.filter(
      (other) =>
        other.pathname === '/refresh' &&
        other !== sent &&
        !other.isFinished &&
        !other.client.isSecond
    )
  }

  function checkOverlap(sent: Sent): void {
    const open = openRefreshes(sent)
    for (const other of open) {
      if (!mayOverlap(sent, other))
        facts.violate('I1', `tab ${sent.client.tab} refreshes while tab ${other.client.tab} does`)
      // Without locks, several may begin before storage shows any of them. It then shows one.
      const isUnlocked = !conditions.hasLocks || wasTroubled('locksMs') || isLockBusyForLong(sent)
      const isTangled = isUnlocked && (open.length > 1 || hadCompany(other))
      if (sent.key !== other.key && !isTangled && !mayHaveOtherKey(sent, other))
        facts.violate('I1', 'overlapping refreshes have different idempotency keys')
    }
  }

  // Another tab has just got a new token and has shared it.
  function checkRepetition(client: Client, reason: unknown): void {
    const sent = latestRefresh(client)
    const isForExpiry = reason === 'timer' || reason === 'request'
    const isCalm =
      conditions.hasLocks &&
      conditions.mode === 'share' &&
      conditions.channel === 'normal' &&
      Object.values(troubles).every((atMs) => facts.nowMs() - atMs > 10_000) &&
      // A frozen page may keep the lock.
      !arePagesTroubled(facts.nowMs() - recoveryMs) &&
      !wasTroubled('storageMs') &&
      !wasTroubled('locksMs')
    if (sent === undefined || lastSuccess === undefined || !isForExpiry || !isCalm) return
    const sinceMs = sent.atMs - lastSuccess.settledAtMs
    const isRecent = sinceMs < Math.min(1_000, conditions.accessTokenSeconds * 100)
    const isSameSession = facts.changedAt() < lastSuccess.at
    // A refresh that the app or a refusal has caused, and that has failed, is repeated.
    const { settledAtMs } = lastSuccess
    const isRetry = facts.sent.some(
      (other) =>
        other !== sent &&
        other.client === client &&
        other.pathname === '/refresh' &&
        other.atMs >= settledAtMs
    )
    // A lock that is held for too long releases several tabs at once.
    const isCrowded =
      openRefreshes(sent).length > 0 || sent.atMs - busySinceMs >= lockTimeoutMs - handOverMs
    const isExcused =
      isCrowded || isRetry || returning.has(client.tab) || lastSuccess.client === client
    if (isRecent && isSameSession && !isExcused)
      facts.violate('I1', `tab ${client.tab} repeats the refresh of tab ${lastSuccess.client.tab}`)
  }

  function checkHold(client: Client, reason: unknown): void {
    const sent = latestRefresh(client)
    if (sent === undefined) return
    started.add(sent)
    if (hold === undefined) return
    // A user may retry or reload at once, unless the server asked to wait.
    const isReload = reason === 'restore' && hold.at < client.openedAt
    if (!hold.isRetryAfter && (reason === 'manual' || isReload)) return
    const isExcused =
      sent.atMs >= hold.untilMs ||
      // Storage may be slower than the lock.
      sent.atMs - hold.sinceMs < lagMs ||
      wasTroubled('storageMs') ||
      wasTroubled('clockMs', hold.sinceMs - 1) ||
      wasTroubled('oldReleaseMs') ||
      facts.changedAt() > hold.at
    if (!isExcused)
      facts.violate(
        'I10',
        `tab ${sent.client.tab} refreshes ${sent.atMs - hold.sinceMs} ms after ${hold.why}`
      )
  }

  function noteFailure(sent: Sent): void {
    const { outcome, settledAtMs, atMs } = sent
    if (typeof outcome !== 'object' || !started.has(sent)) return
    // The answer belongs to an earlier session, or came after that of an overlapping refresh.
    if (facts.changedAt() > sent.at || (lastSuccess?.settledAtMs ?? 0) > atMs) return
    const { status, headers } = outcome.response
    const retryAfter = headers.find(([name]) => name === 'Retry-After')?.[1]
    // Storage may keep another failure of the same moment, after which a user may retry at once.
    if (hold?.isRetryAfter && retryAfter === undefined && settledAtMs - hold.sinceMs < lagMs)
      hold = { ...hold, isRetryAfter: false }
    const isFailure = [429, 500, 502, 503, 504].includes(status)
    if (!isFailure) return
    // If the clock was set, the end of the last hold says nothing.
    const isOver =
      facts.changedAt() >= (hold?.at ?? 0) || wasTroubled('clockMs', (hold?.sinceMs ?? 0) - 1)
    const previous = isOver ? undefined : hold
    const isNext = previous === undefined || atMs > previous.sinceMs + lagMs
    const failures = (previous?.failures ?? 0) + (isNext ? 1 : 0)
    const backoffMs = Math.min(longestShortestHoldMs, shortestHoldMs * 2 ** (failures - 1))
    const askedMs = retryAfter === undefined ? 0 : Number(retryAfter) * 1000 - 10
    hold = {
      at: facts.now(),
      failures,
      sinceMs: settledAtMs,
      untilMs: settledAtMs + Math.max(backoffMs, askedMs),
      isRetryAfter: retryAfter !== undefined,
      why: `failure ${failures}, ${status}${retryAfter === undefined ? '' : ` with Retry-After ${retryAfter}`}`
    }
  }

  return {
    onEvent(client, name, event) {
      if (client.isSecond) return
      if (name === 'signed-in') returning.delete(client.tab)
      // A definite answer ends the hold of all tabs, also if its body has arrived late.
      const isDefinite = event.kind === 'rejected' || event.kind === 'refreshed'
      if (name === 'refresh-settled' && isDefinite) hold = undefined
      if (name !== 'refresh-started') return
      checkRepetition(client, event.reason)
      checkHold(client, event.reason)
    },
    onStep(action, tab) {
      if (action.do === 'redirect sign-in') returning.add(tab)
      if (action.do === 'online' || action.do === 'offline') hold = undefined
    },
    onSend(sent) {
      if (sent.client.isSecond || !isAuthPath(sent.pathname)) return
      if (authInFlight === 0 && sent.atMs - freeSinceMs >= longestGapMs()) busySinceMs = sent.atMs
      authInFlight += 1
      if (sent.pathname !== '/refresh') return
      checkOverlap(sent)
    },
    onSettled(sent) {
      if (sent.client.isSecond || !isAuthPath(sent.pathname)) return
      authInFlight -= 1
      const bodyAfterMs = typeof sent.outcome === 'object' ? sent.outcome.bodyAfterMs : 0
      // The lock is held until the body has arrived.
      const freeAtMs = facts.nowMs() + Math.min(bodyAfterMs, abandonMs)
      if (authInFlight === 0) freeSinceMs = Math.max(freeSinceMs, freeAtMs)
      if (sent.pathname !== '/refresh') return
      noteFailure(sent)
      // A refresh that overtook the hold in storage has replaced it.
      if (hold !== undefined && sent.outcome === 'lost' && sent.atMs < hold.sinceMs + lagMs)
        hold = undefined
      if (typeof sent.outcome !== 'object') return
      const { status } = sent.outcome.response
      // A key ends with any answer except 502 and 504.
      if (![502, 504].includes(status)) answeredKeys.add(sent.key)
      if (status === 200 && sent.outcome.isGenuine) {
        lastSuccess = sent
        hold = undefined
      }
    }
  }
}
