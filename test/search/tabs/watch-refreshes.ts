// Watcher of refreshes (I1): overlaps, idempotency keys, repeated refreshes.
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
/** How long a page that is gone, and the queue behind its lock, can delay the other pages. */
const recoveryMs = 20_000

export function watchRefreshes(facts: Facts): Watcher {
  const { conditions, troubles } = facts
  let authInFlight = 0
  let busySinceMs = -Infinity
  let freeSinceMs = -Infinity
  const answeredKeys = new Set<string | undefined>()
  let lastSuccess: Sent | undefined
  let reissuedMs = -Infinity
  /** Tabs with a redirect sign-in ask the server first, until they are signed in. */
  const returning = new Set<number>()

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
      // A page that crashes may lose its last write.
      other.client.page.isGone() ||
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
    // The message of a re-issued token may overtake that of the refresh.
    const isOvertaken = reissuedMs > settledAtMs - lagMs
    const isOther = isRetry || isOvertaken || returning.has(client.tab)
    const isExcused = isCrowded || isOther || lastSuccess.client === client
    if (isRecent && isSameSession && !isExcused)
      facts.violate('I1', `tab ${client.tab} repeats the refresh of tab ${lastSuccess.client.tab}`)
  }

  return {
    onEvent(client, name, event) {
      if (client.isSecond) return
      if (name === 'signed-in') returning.delete(client.tab)
      if (name === 'reissued') reissuedMs = facts.nowMs()
      if (name === 'refresh-started') checkRepetition(client, event.reason)
    },
    onStep(action, tab) {
      if (action.do === 'redirect sign-in') returning.add(tab)
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
      if (sent.pathname !== '/refresh' || typeof sent.outcome !== 'object') return
      const { status } = sent.outcome.response
      // A key ends with any answer except 502 and 504.
      if (![502, 504].includes(status)) answeredKeys.add(sent.key)
      if (status === 200 && sent.outcome.isGenuine) lastSuccess = sent
    }
  }
}
