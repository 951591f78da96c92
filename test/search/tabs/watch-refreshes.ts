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
const shortestHoldMs = 450

interface Hold {
  readonly at: number
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

  function wasTroubled(since: keyof Facts['troubles'], sinceMs = -Infinity): boolean {
    return troubles[since] > sinceMs
  }

  function mayOverlap(sent: Sent, other: Sent): boolean {
    if (!conditions.hasLocks || wasTroubled('locksMs') || wasTroubled('oldReleaseMs')) return true
    if (wasTroubled('pagesMs', other.atMs - lockTimeoutMs)) return true
    // The client has given up on a request without an answer.
    if (sent.atMs - other.atMs >= abandonMs) return true
    const gapMs = wasTroubled('pagesMs') ? landingMs : handOverMs
    return sent.atMs - busySinceMs >= lockTimeoutMs - gapMs
  }

  function mayHaveOtherKey(sent: Sent, other: Sent): boolean {
    return (
      other.at < facts.changedAt() ||
      sent.atMs - other.atMs >= abandonMs ||
      answeredKeys.has(other.key) ||
      // `restore()` asks for the session of the cookie, with another key.
      sent.client.restoreCalledAt + other.client.restoreCalledAt > 0 ||
      wasTroubled('storageMs') ||
      wasTroubled('clockMs') ||
      wasTroubled('oldReleaseMs') ||
      // Both may begin before storage shows the other one.
      sent.atMs - other.atMs < lagMs
    )
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
      const isTangled =
        (!conditions.hasLocks || wasTroubled('locksMs')) && (open.length > 1 || hadCompany(other))
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
      !wasTroubled('storageMs') &&
      !wasTroubled('locksMs')
    if (sent === undefined || lastSuccess === undefined || !isForExpiry || !isCalm) return
    const sinceMs = sent.atMs - lastSuccess.settledAtMs
    const isRecent = sinceMs < Math.min(1_000, conditions.accessTokenSeconds * 100)
    const isSameSession = facts.changedAt() < lastSuccess.at
    // A lock that is held for too long releases several tabs at once.
    const isCrowded =
      openRefreshes(sent).length > 0 || sent.atMs - busySinceMs >= lockTimeoutMs - handOverMs
    if (isRecent && isSameSession && !isCrowded && lastSuccess.client !== client)
      facts.violate('I1', `tab ${client.tab} repeats the refresh of tab ${lastSuccess.client.tab}`)
  }

  function checkHold(client: Client, reason: unknown): void {
    const sent = latestRefresh(client)
    if (sent === undefined || hold === undefined || client.restoreCalledAt > 0) return
    // A user may retry or reload at once, unless the server asked to wait.
    if (!hold.isRetryAfter && (reason === 'manual' || reason === 'restore')) return
    const isExcused =
      sent.atMs >= hold.untilMs ||
      sent.atMs - hold.sinceMs < lagMs ||
      wasTroubled('storageMs') ||
      wasTroubled('clockMs') ||
      wasTroubled('oldReleaseMs') ||
      facts.changedAt() > hold.at
    if (!isExcused)
      facts.violate(
        'I10',
        `tab ${sent.client.tab} refreshes ${sent.atMs - hold.sinceMs} ms after ${hold.why}`
      )
  }

  function noteFailure({ outcome, settledAtMs }: Sent): void {
    if (typeof outcome !== 'object') return
    const { status, headers } = outcome.response
    const retryAfter = headers.find(([name]) => name === 'Retry-After')?.[1]
    const isFailure = [429, 500, 502, 503, 504].includes(status)
    if (!isFailure) return
    const holdMs = retryAfter === undefined ? shortestHoldMs : Number(retryAfter) * 1000 - 10
    hold = {
      at: facts.now(),
      sinceMs: settledAtMs,
      untilMs: settledAtMs + holdMs,
      isRetryAfter: retryAfter !== undefined,
      why: `${status}${retryAfter === undefined ? '' : ` with Retry-After ${retryAfter}`}`
    }
  }

  return {
    onEvent(client, name, event) {
      if (name !== 'refresh-started' || client.isSecond) return
      checkRepetition(client, event.reason)
      checkHold(client, event.reason)
    },
    onStep(action) {
      if (action.do === 'online' || action.do === 'offline') hold = undefined
    },
    onSend(sent) {
      if (sent.client.isSecond || !isAuthPath(sent.pathname)) return
      const gapMs = wasTroubled('pagesMs') ? landingMs : handOverMs
      if (authInFlight === 0 && sent.atMs - freeSinceMs >= gapMs) busySinceMs = sent.atMs
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
