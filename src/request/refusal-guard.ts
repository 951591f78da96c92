// Refusal guard: decides whether a refused token may cause a refresh, so that no answer of the
// server causes a loop.
//
//   request ── 401 ── refresh ── 200    nothing is remembered
//   request ── 401 ── refresh ── 401    the endpoint refuses new tokens: its refusals cause no
//                                       refresh for 5 s, then 10 s, 20 s, …
//   request ── 401 ── refresh ── 401 ── refresh ── 200
//     If the refusals say `invalid_token`, the new token was revoked before its first use.

import { type ClientPlatform, later, type Moment, readMoment, remainingMs } from '../lib/time.ts'
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
  /** How many refusals have been noted. */
  refusals(): number
  /**
   * Notes that the endpoint accepted the token. `refusalsBefore`: how many refusals had been noted
   * when the request was sent.
   */
  noteAccepted(endpoint: Endpoint, token: HeldToken, refusalsBefore: number): void
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
  /** The number of its last refusal. */
  last: number
  /** Until then, the refusals cause no refresh. */
  until: Moment
  /** Whether they have been held back. */
  isReported: boolean
}

/** An endpoint is held back once it refuses so many new tokens in a row. */
const tolerated = 1
const toleratedIfExplicit = 6
/** All endpoints together. They may refuse one more, so that one does not affect the others. */
const all = '*'

const firstIntervalMs = 5_000
const longestIntervalMs = 300_000
const rememberedEndpoints = 1_000

/** A refresh that a refusal causes costs one credit. */
const fullBudget = 20
/** Less than the default of `refreshTimeoutMs`, so that a request can wait for it. */
const msPerCredit = 8_000

export function createRefusalGuard(
  session: Pick<Session, 'note' | 'onSignal'>,
  platform: Pick<ClientPlatform, 'now' | 'monotonicNow' | 'setTimer'>
): RefusalGuard {
  const memory = new Map<string, Refusals>()
  /** When the budget is full again. */
  let fullAt = readMoment(platform)
  let cancelTimer: (() => void) | undefined
  let noted = 0

  function leftMs(until: Moment): number {
    return remainingMs(until, readMoment(platform))
  }

  function memoryLeftMs({ until }: Refusals): number {
    return leftMs(later(until, longestIntervalMs))
  }

  function isHeldBack(key: string): boolean {
    const refusals = memory.get(key)
    return refusals !== undefined && leftMs(refusals.until) > 0
  }

  /** Remembers the endpoint as the newest one. */
  function recall(key: string, generation: number): Refusals {
    const known = memory.get(key)
    const isKnown = known !== undefined && memoryLeftMs(known) > 0
    const until = readMoment(platform)
    const first = { generation, inARow: 0, last: noted, until, isReported: false }
    const refusals = isKnown ? known : first
    memory.delete(key)
    memory.set(key, refusals)
    for (const oldest of memory.keys()) {
      if (memory.size > rememberedEndpoints) memory.delete(oldest)
    }
    return refusals
  }

  /** Returns how many more new tokens are refused in a row than is tolerated. */
  function worsen(key: string, generation: number, most: number): number {
    const refusals = recall(key, generation)
    refusals.last = noted
    if (generation <= refusals.generation) return refusals.inARow - most
    refusals.generation = generation
    refusals.inARow += 1
    const excess = refusals.inARow - most
    if (excess < 0) return excess
    const intervalMs = Math.min(longestIntervalMs, firstIntervalMs * 2 ** excess)
    refusals.until = later(readMoment(platform), intervalMs)
    refusals.isReported = true
    review()
    return excess
  }

  /** The state is `degraded` as long as an endpoint is remembered that was held back. */
  function review(): void {
    cancelTimer?.()
    const reported = [...memory.values()].filter(({ isReported }) => isReported)
    const longestMs = Math.max(0, ...reported.map(memoryLeftMs))
    const code = 'ERR_AUTH_TOKEN_REFUSED'
    if (longestMs > 0) cancelTimer = platform.setTimer(review, longestMs)
    session.note(
      longestMs > 0 ? { type: 'failed', code, atMs: platform.now() } : { type: 'accepted' }
    )
  }

  function noteRefused(endpoint: Endpoint, token: HeldToken, isExplicit: boolean): void {
    const most = isExplicit ? toleratedIfExplicit : tolerated
    noted += 1
    const excess = worsen(toKey(endpoint), token.generation, most)
    // An endpoint that is known to refuse new tokens says nothing about the others.
    if (excess <= 0) worsen(all, token.generation, most + 1)
  }

  function hasRefused(endpoint: Endpoint, { generation }: HeldToken): boolean {
    const key = memory.size === 0 ? all : toKey(endpoint)
    return memory.get(key)?.generation === generation && !isHeldBack(key) && !isHeldBack(all)
  }

  function spend(): void {
    fullAt = later(readMoment(platform), leftMs(fullAt) + msPerCredit)
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
    refusals: () => noted,
    //  request A ── token 1 ─────────────────────── 200: from before the refusal
    //  request B ── token 1 ── 401: it was revoked
    noteAccepted(endpoint, { generation }, refusalsBefore) {
      for (const key of memory.size === 0 ? [] : [toKey(endpoint), all]) {
        const refusals = memory.get(key)
        // An answer to an earlier token may be late.
        if (refusals === undefined || generation < refusals.generation) continue
        if (generation === refusals.generation && refusals.last > refusalsBefore) continue
        memory.delete(key)
        review()
      }
    },
    noteRepeated(endpoint, token) {
      if (!hasRefused(endpoint, token)) return
      spend()
      // The same token counts as a new one.
      for (const key of [toKey(endpoint), all]) recall(key, 0).generation = 0
      noteRefused(endpoint, token, false)
    },
    hasRefused,
    delayMs: () => Math.max(0, leftMs(fullAt) - (fullBudget - 1) * msPerCredit)
  }
}

/** A query or a fragment does not name another endpoint. */
function toKey({ method, url = '' }: Endpoint): string {
  return `${method.toUpperCase()} ${url.replace(/[?#].*/s, '')}`
}
