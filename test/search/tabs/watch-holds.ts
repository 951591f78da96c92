// Watcher of holds (I10): no tab refreshes while a failed refresh holds all tabs back.
import type { Client, Facts, Sent, Watcher } from './facts.ts'

/** Longer than storage, messages and locks lag together. */
const lagMs = 150
/** The shortest hold after one failure. Each further failure doubles it. */
const shortestHoldMs = 490
const longestShortestHoldMs = 29_000
const longestHoldMs = 60_000

interface Hold {
  readonly at: number
  readonly failures: number
  readonly sinceMs: number
  readonly untilMs: number
  readonly isRetryAfter: boolean
  readonly why: string
}

export function watchHolds(facts: Facts): Watcher {
  const { troubles } = facts
  let hold: Hold | undefined
  /** When a refresh has succeeded last. */
  let succeededMs = -Infinity
  /** Requests that `restore()` and `logout()` did not send. */
  const started = new Set<Sent>()

  function wasTroubled(since: keyof Facts['troubles'], sinceMs = -Infinity): boolean {
    return troubles[since] > sinceMs
  }

  function checkHold(client: Client, reason: unknown): void {
    const sent = facts.sent.findLast((one) => one.client === client && one.pathname === '/refresh')
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
      wasTroubled('clockMs') ||
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
    if (facts.changedAt() > sent.at || succeededMs > atMs) return
    const { status, headers } = outcome.response
    const retryAfter = headers.find(([name]) => name === 'Retry-After')?.[1]
    // Storage may keep another failure of the same moment, after which a user may retry at once.
    if (hold?.isRetryAfter && retryAfter === undefined && settledAtMs - hold.sinceMs < lagMs)
      hold = { ...hold, isRetryAfter: false }
    const isFailure = [429, 500, 502, 503, 504].includes(status)
    if (!isFailure) return
    // Failures of long ago do not count. If the clock was set, the end of the hold says nothing.
    const isOver =
      facts.changedAt() >= (hold?.at ?? 0) ||
      settledAtMs - (hold?.untilMs ?? 0) >= longestHoldMs ||
      wasTroubled('clockMs', (hold?.sinceMs ?? 0) - 1)
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
      // A definite answer ends the hold of all tabs, also if its body has arrived late.
      const isDefinite = event.kind === 'rejected' || event.kind === 'refreshed'
      if (name === 'refresh-settled' && isDefinite) hold = undefined
      if (name === 'refresh-started') checkHold(client, event.reason)
    },
    onStep(action) {
      if (action.do === 'online' || action.do === 'offline') hold = undefined
    },
    onSettled(sent) {
      const { client, pathname, outcome, atMs, settledAtMs } = sent
      if (client.isSecond || pathname !== '/refresh') return
      noteFailure(sent)
      // After a refresh without an answer, which fails later, a user may retry at once.
      if (hold !== undefined && outcome === 'aborted') hold = { ...hold, isRetryAfter: false }
      // A refresh that overtook the hold in storage has replaced it.
      if (hold !== undefined && outcome === 'lost' && atMs < hold.sinceMs + lagMs) hold = undefined
      if (typeof outcome !== 'object' || outcome.response.status !== 200 || !outcome.isGenuine)
        return
      succeededMs = settledAtMs
      hold = undefined
    }
  }
}
