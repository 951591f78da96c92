// Call log: every call in order of arrival and how it ended, without tokens, cookies or passwords.

import { createListeners } from '../lib/listeners.ts'
import { type CallFacts, type CallOpening, isApi, type MockCall } from './call.ts'
import type { CallOutcome } from './outcomes.ts'

export interface CallLog {
  /** Logs a call that arrived. The returned function logs its end. */
  open(call: CallOpening): (status: number, outcome: CallOutcome, facts: CallFacts) => void
  calls(): MockCalls
  /** The number of calls that are not answered yet. */
  openCalls(): number
  /** The number of calls that have arrived. */
  arrivals(): number
  onCall(listener: (call: MockCall) => void): () => void
  reset(): void
}

/** The log is bounded, because a server may run for weeks. */
const maxCalls = 10_000

export function createCallLog(now: () => number): CallLog {
  const listeners = createListeners<MockCall>('onCall')
  let calls = new Map<number, MockCall>()
  let nextIndex = 0
  let openCalls = 0

  return {
    open({ adapter, method, path, target, route, origin, idempotencyKey, credentials }) {
      const callsAtOpen = calls
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
      calls.set(call.index, Object.freeze(call))
      if (calls.size > maxCalls) calls.delete(call.index - maxCalls)

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
        // A reset has emptied the log since: this call no longer belongs to it.
        if (callsAtOpen !== calls) return
        openCalls -= 1
        // Replace the entry instead of changing it: lists that a test has read stay as they were.
        if (calls.has(call.index)) calls.set(call.index, ended)
        listeners.notify(ended)
      }
    },
    calls: () => listCalls([...calls.values()]),
    openCalls: () => openCalls,
    arrivals: () => nextIndex,
    onCall: listeners.add,
    reset() {
      calls = new Map()
      nextIndex = 0
      openCalls = 0
    }
  }
}

/** Replaces secrets that a client put in the wrong place, and control characters of terminals. */
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

/** All calls in order of arrival. The lists by name hold the calls to one endpoint. */
export interface MockCalls extends ReadonlyArray<MockCall> {
  readonly login: readonly MockCall[]
  readonly refresh: readonly MockCall[]
  readonly logout: readonly MockCall[]
  /** Calls that take an access token: `me`, and your handlers behind the guard. */
  readonly api: readonly MockCall[]
}

/** Adds the lists by name. They are not enumerable, so that a list compares with a plain array. */
function listCalls(calls: readonly MockCall[]): MockCalls {
  const list = (isListed: (call: MockCall) => boolean): PropertyDescriptor => ({
    get: () => calls.filter(isListed)
  })
  return Object.defineProperties(calls, {
    login: list(({ route }) => route === 'login'),
    refresh: list(({ route }) => route === 'refresh'),
    logout: list(({ route }) => route === 'logout'),
    api: list(({ route }) => isApi(route))
  }) as MockCalls
}
