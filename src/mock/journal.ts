// The journal of calls: who asked what, in order of arrival, and how it ended; never a token, a cookie or a password.
import type { CallOutcome } from './outcomes.ts'

/** The way a call came in. `wire` is a direct call of `handle` or `guard`. */
export type MockDoor = 'msw' | 'fetch' | 'node' | 'wire'

/** What the call was for. */
export type MockRoute =
  | 'login'
  | 'refresh'
  | 'logout'
  | 'me'
  | 'jwks'
  | 'protected'
  | 'preflight'
  | 'unknown'

/** One call, as it is known by now. */
export interface MockCall {
  /** Counts the calls from 0, in order of arrival. */
  readonly index: number
  /** When it arrived, in milliseconds since the epoch by the server's clock. */
  readonly startedAtMs: number
  /** When it was answered; absent while it is open. */
  readonly endedAtMs?: number
  readonly door: MockDoor
  readonly method: string
  /** Path and query. Whatever looks like a secret in it is blacked out. */
  readonly path: string
  readonly route: MockRoute
  /** Status of the answer; absent while it is open. */
  readonly status?: number
  readonly outcome: CallOutcome
  readonly sub?: string
  /** The `sid` claim: which login this belongs to. */
  readonly sessionId?: string
  /** The `kid` of the access token that was presented. */
  readonly kid?: string
  /** The `jti` of the access token that was presented. */
  readonly jti?: string
  /** The `jti` of the access token in the answer, by body or header. */
  readonly issuedJti?: string
  /** The `kid` of the access token in the answer. */
  readonly issuedKid?: string
  /** Did the answer carry a re-issued token in its `Authorization` header? */
  readonly reissued: boolean
  readonly origin?: string
  readonly idempotencyKey?: string
}

/** What becomes known while a call is worked on. */
export type CallFacts = Partial<
  Pick<MockCall, 'sub' | 'sessionId' | 'kid' | 'jti' | 'issuedJti' | 'issuedKid' | 'reissued'>
>

export type CallOpening = Pick<MockCall, 'door' | 'method' | 'path' | 'route'> &
  Partial<Record<'origin' | 'idempotencyKey', string | undefined>>

export interface Journal {
  /** Notes a call that arrived; the returned function notes its end. */
  open(call: CallOpening): (status: number, outcome: CallOutcome, facts: CallFacts) => void
  calls(): readonly MockCall[]
  onCall(listener: (call: MockCall) => void): () => void
  reset(): void
}

/** A server that runs for weeks must not fill the memory. */
const keptCalls = 10_000

export function createJournal(now: () => number): Journal {
  const listeners = new Set<(call: MockCall) => void>()
  let calls = new Map<number, MockCall>()
  let nextIndex = 0

  return {
    open({ door, method, path, route, origin, idempotencyKey }) {
      const book = calls
      const call: MockCall = {
        index: nextIndex++,
        startedAtMs: now(),
        door,
        method: redact(method),
        path: redact(path),
        route,
        outcome: 'pending',
        reissued: false,
        ...(origin === undefined ? {} : { origin: redact(origin) }),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey: redact(idempotencyKey) })
      }
      book.set(call.index, Object.freeze(call))
      if (book.size > keptCalls) book.delete(call.index - keptCalls)

      return (status, outcome, facts) => {
        const ended = Object.freeze({
          ...call,
          endedAtMs: now(),
          status,
          outcome,
          ...facts,
          ...(facts.kid === undefined ? {} : { kid: redact(facts.kid) })
        })
        // Replaced, not changed: a snapshot that somebody took stays what it was. `reset` leaves this book behind.
        if (book.has(call.index)) book.set(call.index, ended)
        for (const listener of listeners) tell(listener, ended)
      }
    },
    calls: () => [...calls.values()],
    onCall(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    reset() {
      calls = new Map()
      nextIndex = 0
    }
  }
}

// A listener's mistake is its own: it surfaces as an uncaught error, and the call is answered all the same.
function tell(listener: (call: MockCall) => void, call: MockCall): void {
  try {
    listener(call)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

/** Blacks out what a confused client may put where it does not belong, and what a terminal would obey. */
function redact(text: string): string {
  return text
    .slice(0, 2048)
    .replace(/([?&](?:[^=&]*(?:token|password|secret)[^=&]*|code)=)[^&]*/gi, '$1…')
    .replace(/eyJ[\w-]{8,}[\w.-]*/g, '…')
    .replace(/rt_[\w-]{20,}/g, '…')
    .replace(/\p{Cc}/gu, '\ufffd')
}
