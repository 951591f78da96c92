// Flight: one refresh for all callers that join it. They may join before it starts, while a failed
// refresh holds it back.
import type { Platform } from '../lib/platform.ts'
import type { RefreshReason } from '../session/events.ts'
import type { HeldToken } from '../session/held-token.ts'
import type { RetryState } from './retry-state.ts'

export interface Flight {
  /** The answer for a caller that joins now. */
  readonly answer: Promise<HeldToken>
  isStarted: boolean
  /** Whether a caller waits for the token, so that the refresh starts as soon as it may. */
  isAwaited: boolean
  resolve(token: HeldToken): void
  reject(error: unknown): void
  /** The callers so far get this token. Later ones wait for the refresh, which continues. */
  release(token: HeldToken): void
}

export function createFlight(): Flight {
  const flight: { -readonly [Part in keyof Flight]?: Flight[Part] } = {
    isStarted: false,
    isAwaited: false,
    release(token) {
      flight.resolve?.(token)
      open()
    }
  }

  function open(): void {
    flight.answer = new Promise((resolve, reject) => Object.assign(flight, { resolve, reject }))
    // A refresh started by a timer has no caller to handle its rejection.
    flight.answer.catch(() => {})
  }

  open()
  return flight as Flight
}

export interface DelayedStart {
  /** Starts the flight after `delayMs`, and not before the hold is over. Replaces the last one. */
  plan(flight: Flight, reason: RefreshReason, delayMs?: number): void
  cancel(): void
}

export function createDelayedStart(
  start: (flight: Flight, reason: RefreshReason) => void,
  { heldBackMs }: Pick<RetryState, 'heldBackMs'>,
  { setTimer }: Pick<Platform, 'setTimer'>
): DelayedStart {
  let cancel = () => {}

  function plan(flight: Flight, reason: RefreshReason, delayMs = 0): void {
    cancel()
    let isPlanned = true
    function isDue(): void {
      // The hold is read from the record, which may show that the session has ended.
      const isHeldBack = heldBackMs() > 0
      if (isPlanned && isHeldBack) plan(flight, reason)
      else if (isPlanned) start(flight, reason)
    }
    const clear = setTimer(isDue, Math.max(delayMs, heldBackMs()))
    cancel = () => {
      isPlanned = false
      clear()
    }
  }

  return { plan, cancel: () => cancel() }
}
