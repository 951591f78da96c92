// Refusal guard: decides whether a refused token may cause a refresh, so that no answer of the
// server causes a loop.
//
//   request ── 401 ── refresh ── replay ── 200    nothing is remembered
//   request ── 401 ── refresh ── replay ── 401    the token may be revoked before its first use
//   request ── 401 ── refresh ── replay ── 401    the endpoint refuses new tokens: its refusals
//                                                 cause no refresh for 5 s, then 10 s, 20 s, …

import {
  type ClientPlatform,
  elapsedMs,
  later,
  type Moment,
  readMoment,
  remainingMs
} from '../lib/time.ts'
import type { HeldToken } from '../session/held-token.ts'
import type { Session } from '../session/session.ts'

/** The parts of a request that name its endpoint. */
export interface Endpoint {
  readonly method: string
  readonly url: string | undefined
}

export interface RefusalGuard {
  /** Notes that the endpoint refused the held token. */
  noteRefused(endpoint: Endpoint, token: HeldToken): void
  /**
   * When a refresh may begin because the endpoint refused the held token: now (0), after some
   * milliseconds, or not at all (`undefined`). The endpoint is then held back.
   *
   * `isFree`: a refresh is in flight, or due anyway. `isExpiring`: the token may have expired
   * before it arrived, because servers cut `exp` to whole seconds. The budget does not count it.
   */
  refreshInMs(
    endpoint: Endpoint,
    token: HeldToken,
    facts: { readonly isFree: boolean; readonly isExpiring: boolean }
  ): number | undefined
  /** Resolves after this time, or earlier if the session has another token or has ended. */
  pause(ms: number): Promise<void>
  /** Whether the endpoint refused this token, and its refusal may cause a refresh. */
  hasRefused(endpoint: Endpoint, token: HeldToken): boolean
  /** Whether any endpoint has accepted the token. */
  isProved(token: HeldToken): boolean
  /** A refresh that a refusal caused has succeeded. */
  noteRefreshed(): void
  /** The refresh returned the refused token again. */
  noteRepeated(endpoint: Endpoint): void
  /** Notes that the endpoint accepted the token. */
  noteAccepted(endpoint: Endpoint, token: HeldToken): void
}

interface Refusals {
  /** The newest token that the endpoint refused. */
  generation: number
  /** How many new tokens it refused in a row. */
  inARow: number
  /** Until then, its refusals cause no refresh. */
  until: Moment
}

/** A new token that the endpoint refuses may have been revoked before its first use. */
const tolerated = 1

const firstIntervalMs = 5_000
const longestIntervalMs = 300_000
const rememberedEndpoints = 100

/** A refresh that a refusal causes costs one credit. */
const fullBudget = 20
const msPerCredit = 10_000
/**
 * A refresh is doubtful if no answer has accepted the refused token, or if the endpoint refused the
 * last new token too. It costs more, and leaves the rest of the budget to others.
 */
const doubtfulCost = 6
const doubtfulMinimum = 12

export function createRefusalGuard(
  session: Pick<Session, 'note' | 'onSignal' | 'generation'>,
  platform: Pick<ClientPlatform, 'now' | 'monotonicNow' | 'setTimer' | 'wait'>,
  longestPauseMs: number
): RefusalGuard {
  const endpoints = new Map<string, Refusals>()
  let budget = { credits: fullBudget, at: readMoment(platform) }
  /** The cost of the refresh that may begin now. */
  let cost = 0
  /** The newest token that an answer accepted. */
  let proved = 0
  let cancelTimer: (() => void) | undefined
  const paused = new Set<() => void>()

  /** Remembers the endpoint as the newest one. */
  function recall(endpoint: Endpoint, { generation }: Pick<HeldToken, 'generation'>): Refusals {
    const now = readMoment(platform)
    const key = toKey(endpoint)
    const known = endpoints.get(key)
    endpoints.delete(key)
    const isForgotten = known === undefined || elapsedMs(known.until, now) > longestIntervalMs
    const refusals = isForgotten ? { generation, inARow: 0, until: now } : known
    endpoints.set(key, refusals)
    for (const oldest of endpoints.keys()) {
      if (endpoints.size > rememberedEndpoints) endpoints.delete(oldest)
    }
    return refusals
  }

  function worsen(refusals: Refusals): void {
    refusals.inARow += 1
    const excess = refusals.inARow - tolerated - 1
    if (excess >= 0) holdBack(refusals, Math.min(longestIntervalMs, firstIntervalMs * 2 ** excess))
  }

  function holdBack(refusals: Refusals, forMs: number): void {
    refusals.until = later(readMoment(platform), forMs)
    session.note({ type: 'failed', code: 'ERR_AUTH_TOKEN_REFUSED', atMs: platform.now() })
    review()
  }

  function isHeldBack({ until }: Refusals): boolean {
    return remainingMs(until, readMoment(platform)) > 0
  }

  /** Ends `degraded` as soon as no endpoint is held back. */
  function review(): void {
    cancelTimer?.()
    const now = readMoment(platform)
    const longestMs = Math.max(
      0,
      ...[...endpoints.values()].map(({ until }) => remainingMs(until, now))
    )
    if (longestMs > 0) cancelTimer = platform.setTimer(review, longestMs)
    else session.note({ type: 'accepted' })
  }

  function isProved({ generation }: HeldToken): boolean {
    return generation <= proved
  }

  function credits(): number {
    const now = readMoment(platform)
    const earned = elapsedMs(budget.at, now) / msPerCredit
    budget = { credits: Math.min(fullBudget, budget.credits + earned), at: now }
    return budget.credits
  }

  function forget(): void {
    endpoints.clear()
    review()
  }

  function wake(): void {
    for (const resume of paused) resume()
    paused.clear()
  }
  session.onSignal('ended', () => {
    forget()
    wake()
  })
  session.onSignal('token', ({ isNewEpoch, origin }) => {
    if (isNewEpoch) forget()
    // The server has just issued it for a sign-in, or with an answer that accepted the last token.
    if (isNewEpoch || origin.by === 'reissue') proved = session.generation()
    wake()
  })

  return {
    noteRefused(endpoint, token) {
      const refusals = recall(endpoint, token)
      if (token.generation <= refusals.generation) return
      refusals.generation = token.generation
      worsen(refusals)
    },
    refreshInMs(endpoint, token, { isFree, isExpiring }) {
      const refusals = recall(endpoint, token)
      if (isFree || isExpiring) return 0
      const isDoubtful = refusals.inARow > 0 || !isProved(token)
      const missing = (isDoubtful ? doubtfulMinimum : 1) - credits()
      const waitMs = Math.ceil(missing * msPerCredit)
      if (waitMs <= 0) {
        cost = isDoubtful ? doubtfulCost : 1
        return 0
      }
      if (!isDoubtful && waitMs <= longestPauseMs) return waitMs
      holdBack(refusals, waitMs)
      return undefined
    },
    pause: (ms) =>
      platform.wait(new Promise<void>((resume) => paused.add(resume)), {
        deadlineMs: ms,
        onTimeout() {}
      }),
    hasRefused(endpoint, { generation }) {
      const refusals = endpoints.size === 0 ? undefined : endpoints.get(toKey(endpoint))
      return refusals?.generation === generation && !isHeldBack(refusals)
    },
    isProved,
    noteRefreshed() {
      budget = { credits: credits() - cost, at: budget.at }
      cost = 0
    },
    noteRepeated(endpoint) {
      const refusals = recall(endpoint, { generation: 0 })
      refusals.inARow = Math.max(refusals.inARow, tolerated)
      if (!isHeldBack(refusals)) worsen(refusals)
    },
    noteAccepted(endpoint, { generation }) {
      proved = Math.max(proved, generation)
      if (endpoints.size === 0) return
      const key = toKey(endpoint)
      const refusals = endpoints.get(key)
      // An answer to an earlier token may be late.
      if (refusals === undefined || generation < refusals.generation) return
      endpoints.delete(key)
      if (isHeldBack(refusals)) review()
    }
  }
}

/** A query or a fragment does not name another endpoint. */
function toKey({ method, url = '' }: Endpoint): string {
  return `${method.toUpperCase()} ${url.replace(/[?#].*/s, '')}`
}
