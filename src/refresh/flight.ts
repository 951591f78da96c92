// Flight: one refresh for all callers that join it. They may join before it starts, while a failed
// refresh holds it back.
import type { HeldToken } from '../session/held-token.ts'

export interface Flight {
  readonly answer: Promise<HeldToken>
  isStarted: boolean
  /** Whether a caller waits for the token, so that the refresh starts as soon as it may. */
  isAwaited: boolean
  resolve(token: HeldToken): void
  reject(error: unknown): void
}

export function createFlight(): Flight {
  const flight: { -readonly [Part in keyof Flight]?: Flight[Part] } = {
    isStarted: false,
    isAwaited: false
  }
  flight.answer = new Promise((resolve, reject) => Object.assign(flight, { resolve, reject }))
  // A refresh started by a timer has no caller to handle its rejection.
  flight.answer.catch(() => {})
  return flight as Flight
}
