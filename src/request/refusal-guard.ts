// Refusal guard: decides whether a refused token may cause a refresh, so that no answer of the
// server causes a loop.
//
//   request ── 401 ── refresh ── 200    nothing is remembered
//   request ── 401 ── refresh ── 401    the endpoint refuses new tokens: its refusals cause no
//                                       refresh for 5 s, then 10 s, 20 s, …
//   request ── 401 ── refresh ── 401 ── refresh ── 200
//     If the refusals say `invalid_token`, the new token was revoked before its first use.

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
  /**
   * Notes that the endpoint refused the held token. `isExplicit`: it said that the token is the
   * cause.
   */
  noteRefused(endpoint: Endpoint, token: HeldToken, isExplicit: boolean): void
  /** Notes that the endpoint accepted the token. */
  noteAccepted(endpoint: Endpoint, token: HeldToken): void
  /** The refresh returned the token that the endpoint refused. */
  noteRepeated(endpoint: Endpoint, token: HeldToken): void
  /** Whether the endpoint refused this token, and its refusal may cause a refresh. */
  hasRefused(endpoint: Endpoint, token: HeldToken): boolean
  /** Time until the budget allows the next refresh because of a refusal. */
  delayMs(): number
}

interface Refusals {
  /** The newest token that was refused. */
  generation: number
  /** How many new tokens were refused in a row. */
  inARow: number
  /** Until then, the refusals cause no refresh. */
  until: Moment
  /** Whether they have been held back. */
  isReported: boolean
}

/** An endpoint is held back after so many new tokens that it refused in a row. */
const tolerated = { plain: 1, explicit: 4 }
/**
 * All endpoints together, while none of them accepts a new token. They may refuse one more than a
 * single endpoint may, so that it does not affect the others.
 */
const all = '*'

const firstIntervalMs = 5_000
const longestIntervalMs = 300_000
const rememberedEndpoints = 100

/** A refresh that a refusal causes costs one credit. */
const fullBudget = 20
/** Less than the default of `refreshTimeoutMs`, so that a request can wait for it. */
const msPerCredit = 8_000

export function createRefusalGuard(
  session: Pick<Session, 'note' | 'onSignal'>,
  platform: Pick<ClientPlatform, 'now' | 'monotonicNow' | 'setTimer'>
): RefusalGuard {
  const memory = new Map<string, Refusals>()
  let budget = { credits: fullBudget, at: readMoment(platform) }
  let cancelTimer: (() => void) | undefined

  /** Remembers the endpoint as the newest one. */
  function recall(key: string, generation: number): Refusals {
    const known = memory.get(key)
    const until = readMoment(platform)
    const refusals =
      known === undefined || memoryLeftMs(known) === 0
        ? { generation, inARow: 0, until, isReported: false }
        : known
    memory.delete(key)
    memory.set(key, refusals)
    for (const oldest of memory.keys()) {
      if (memory.size > rememberedEndpoints) memory.delete(oldest)
    }
    return refusals
  }

  function memoryLeftMs({ until }: Refusals): number {
    return remainingMs(later(until, longestIntervalMs), readMoment(platform))
  }

  /** Returns how many more new tokens are refused in a row than is tolerated. */
  function worsen(key: string, generation: number, most: number): number {
    const refusals = recall(key, generation)
    const isNew = generation > refusals.generation
    if (isNew) {
      refusals.generation = generation
      refusals.inARow += 1
    }
    const excess = refusals.inARow - most
    if (isNew && excess >= 0) {
      const waitMs = Math.min(longestIntervalMs, firstIntervalMs * 2 ** excess)
      refusals.until = later(readMoment(platform), waitMs)
      refusals.isReported = true
      review()
    }
    return excess
  }

  function noteRefused(endpoint: Endpoint, { generation }: HeldToken, isExplicit: boolean): void {
    const most = isExplicit ? tolerated.explicit : tolerated.plain
    const excess = worsen(toKey(endpoint), generation, most)
    // An endpoint that is known to refuse new tokens says nothing about the others.
    if (excess <= 0) worsen(all, generation, most + 1)
  }

  function isHeldBack(key: string): boolean {
    const refusals = memory.get(key)
    return refusals !== undefined && remainingMs(refusals.until, readMoment(platform)) > 0
  }

  /** The state is `degraded` as long as an endpoint is remembered that was held back. */
  function review(): void {
    cancelTimer?.()
    const reported = [...memory.values()].filter(({ isReported }) => isReported)
    const longestMs = Math.max(0, ...reported.map(memoryLeftMs))
    if (longestMs > 0) {
      session.note({ type: 'failed', code: 'ERR_AUTH_TOKEN_REFUSED', atMs: platform.now() })
      cancelTimer = platform.setTimer(review, longestMs)
    } else session.note({ type: 'accepted' })
  }

  function credits(): number {
    const now = readMoment(platform)
    const earned = elapsedMs(budget.at, now) / msPerCredit
    budget = { credits: Math.min(fullBudget, budget.credits + earned), at: now }
    return budget.credits
  }

  function spend(): void {
    budget = { credits: credits() - 1, at: budget.at }
  }

  session.onSignal('ended', () => {
    memory.clear()
    review()
  })
  session.onSignal('token', ({ isNewEpoch, origin }) => {
    if (origin.by === 'refresh' && origin.reason === 'refusal') spend()
    if (isNewEpoch) memory.clear()
    review()
  })

  return {
    noteRefused,
    noteAccepted(endpoint, { generation }) {
      for (const key of memory.size === 0 ? [] : [toKey(endpoint), all]) {
        // An answer to an earlier token may be late.
        if (generation < (memory.get(key)?.generation ?? Infinity)) continue
        memory.delete(key)
        review()
      }
    },
    noteRepeated(endpoint, token) {
      if (isHeldBack(toKey(endpoint))) return
      spend()
      // The same token counts as a new one.
      for (const key of [toKey(endpoint), all]) recall(key, 0).generation = 0
      noteRefused(endpoint, token, false)
    },
    hasRefused(endpoint, { generation }) {
      const key = memory.size === 0 ? all : toKey(endpoint)
      return memory.get(key)?.generation === generation && !isHeldBack(key) && !isHeldBack(all)
    },
    delayMs: () => Math.max(0, Math.ceil((1 - credits()) * msPerCredit))
  }
}

/** A query or a fragment does not name another endpoint. */
function toKey({ method, url = '' }: Endpoint): string {
  return `${method.toUpperCase()} ${url.replace(/[?#].*/s, '')}`
}
