// The journal of calls: who asked what, in order of arrival, and how it ended; never a token, a cookie or a password.

import { callback } from '../lib/checks.ts'
import type { CallFacts, CallOpening, MockCall } from './call.ts'
import { isApi } from './endpoint-names.ts'
import type { CallOutcome } from './outcomes.ts'

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
      callback('listener', listener, 'onCall')
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

/** Calls in order of arrival. Each list by name holds the calls to one endpoint, without its preflights. */
export interface MockCalls extends ReadonlyArray<MockCall> {
  readonly login: readonly MockCall[]
  readonly refresh: readonly MockCall[]
  readonly logout: readonly MockCall[]
  /** Calls that take an access token: `me`, and handlers of your own behind the guard. */
  readonly api: readonly MockCall[]
}

/** Not enumerable, so that a list compares with a plain array. */
function listCalls(calls: readonly MockCall[]): MockCalls {
  const list = (belongs: (call: MockCall) => boolean): PropertyDescriptor => ({
    get: () => calls.filter(belongs)
  })
  return Object.defineProperties(calls, {
    login: list(({ route }) => route === 'login'),
    refresh: list(({ route }) => route === 'refresh'),
    logout: list(({ route }) => route === 'logout'),
    api: list(({ route }) => isApi(route))
  }) as MockCalls
}
