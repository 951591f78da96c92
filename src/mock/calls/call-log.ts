// The journal of calls: who asked what, in order of arrival, and how it ended; never a token, a cookie or a password.

import type { MockFaultName } from '../controls/faults.ts'
import { callback } from '../lib/checks.ts'
import { listCalls, type MockCalls } from './call-lists.ts'
import type { CallOutcome } from './outcomes.ts'

/** The way a call came in. `wire` is a direct call of `handle` or `guard`. */
export type MockAdapter = 'msw' | 'fetch' | 'node' | 'direct'

/** What the call was for. `elsewhere`: it went to another origin, and the server only saw it pass with a token of its own. */
export type MockRoute =
  | 'login'
  | 'refresh'
  | 'logout'
  | 'me'
  | 'jwks'
  | 'protected'
  | 'preflight'
  | 'unknown'
  | 'elsewhere'

/** One call, as it is known by now. */
export interface MockCall {
  /** Counts the calls from 0, in order of arrival. */
  readonly index: number
  /** When it arrived, in milliseconds since the epoch by the server's clock. */
  readonly startedAtMs: number
  /** When it was answered; absent while it is open. */
  readonly endedAtMs?: number
  /**
   * The `index` that was next when this call was answered: whatever has it, or a greater one, arrived later. Absent
   * while the call is open.
   */
  readonly answeredBefore?: number
  readonly adapter: MockAdapter
  readonly method: string
  /** Path and query. Whatever looks like a secret in it is blacked out. */
  readonly path: string
  /** The origin that was asked, such as `http://localhost:4000`. */
  readonly target: string
  readonly route: MockRoute
  /** Status of the answer; 0 where none was sent, absent while the call is open. */
  readonly status?: number
  readonly outcome: CallOutcome
  readonly sub?: string
  /** The `sid` claim: which login this belongs to. */
  readonly sid?: string
  /** The `kid` of the access token that was presented. */
  readonly kid?: string
  /** The `jti` of the access token that was presented. */
  readonly jti?: string
  /** The `jti` of the access token in the answer, by body or header. */
  readonly issuedJti?: string
  /** The `kid` of the access token in the answer. */
  readonly issuedKid?: string
  /** Did the answer carry a re-issued token in a header, `Authorization` or the one that `reissue` names? */
  readonly reissued: boolean
  readonly origin?: string
  readonly idempotencyKey?: string
  /** The credentials mode of the fetch behind it, where the door can tell. */
  readonly credentials?: 'omit' | 'same-origin' | 'include'
  /** Did something that looks like a token stand in the URL? */
  readonly tokenInUrl: boolean
  /** The fault that a test had planned for it. */
  readonly fault?: MockFaultName
  /** Had the client given up before the answer was there? */
  readonly abandoned?: true
  /** Why the page's browser would not have let it through (CORS). */
  readonly blocked?: string
  /** The header of the re-issued token that the page was not allowed to read (CORS). */
  readonly hiddenHeader?: string
}

/** What becomes known while a call is worked on. */
export type CallFacts = Partial<
  Pick<
    MockCall,
    | 'sub'
    | 'sid'
    | 'kid'
    | 'jti'
    | 'issuedJti'
    | 'issuedKid'
    | 'reissued'
    | 'fault'
    | 'abandoned'
    | 'blocked'
    | 'hiddenHeader'
  >
>

export type CallOpening = Pick<MockCall, 'adapter' | 'method' | 'path' | 'target' | 'route'> & {
  readonly [Name in 'origin' | 'idempotencyKey' | 'credentials']?: MockCall[Name] | undefined
}

export interface CallLog {
  /** Notes a call that arrived; the returned function notes its end. */
  open(call: CallOpening): (status: number, outcome: CallOutcome, facts: CallFacts) => void
  calls(): MockCalls
  /** How many calls have arrived and are not answered yet. */
  openCalls(): number
  /** How many calls have arrived. */
  arrivals(): number
  onCall(listener: (call: MockCall) => void): () => void
  reset(): void
}

/** A server that runs for weeks must not fill the memory. */
const keptCalls = 10_000

export function createCallLog(now: () => number): CallLog {
  const listeners = new Set<(call: MockCall) => void>()
  let calls = new Map<number, MockCall>()
  let nextIndex = 0
  let openCalls = 0

  return {
    open({ adapter, method, path, target, route, origin, idempotencyKey, credentials }) {
      const book = calls
      const call: MockCall = {
        index: nextIndex++,
        startedAtMs: now(),
        adapter,
        method: redact(method),
        path: redact(path),
        target: redact(target),
        route,
        outcome: 'pending',
        reissued: false,
        tokenInUrl: hasToken(path),
        ...(origin === undefined ? {} : { origin: redact(origin) }),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey: redact(idempotencyKey) }),
        ...(credentials === undefined ? {} : { credentials })
      }
      openCalls += 1
      book.set(call.index, Object.freeze(call))
      if (book.size > keptCalls) book.delete(call.index - keptCalls)

      return (status, outcome, facts) => {
        const ended = Object.freeze({
          ...call,
          endedAtMs: now(),
          answeredBefore: nextIndex,
          status,
          outcome,
          ...facts,
          ...(Object.hasOwn(facts, 'kid') ? { kid: redact(String(facts.kid)) } : {})
        })
        // `reset` has left this book behind: what was under way then is nobody's call any more.
        if (book !== calls) return
        openCalls -= 1
        // Replaced, not changed: a snapshot that somebody took stays what it was.
        if (book.has(call.index)) book.set(call.index, ended)
        for (const listener of listeners) tell(listener, ended)
      }
    },
    calls: () => listCalls([...calls.values()]),
    openCalls: () => openCalls,
    arrivals: () => nextIndex,
    onCall(listener) {
      callback('the listener', listener, 'onCall')
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    reset() {
      calls = new Map()
      nextIndex = 0
      openCalls = 0
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
export function redact(text: string): string {
  return text
    .slice(0, 2048)
    .replace(/([?&](?:[^=&]*(?:token|password|secret)[^=&]*|code)=)[^&]*/gi, '$1…')
    .replace(/eyJ[\w-]{8,}[\w.-]*/g, '…')
    .replace(/rt_[\w-]{20,}/g, '…')
    .replace(/\p{Cc}/gu, '\ufffd')
}

function hasToken(path: string): boolean {
  return /[?&](?:access|refresh)_?token=[^&]|eyJ[\w-]{8,}\.|rt_[\w-]{20,}/i.test(path)
}
