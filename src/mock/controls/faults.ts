// Faults on demand: what a test wants the next calls to meet instead of, or after, the server's work.
import type { MockFaultName, MockRoute } from '../calls/call.ts'

import { type EndpointMatcher, type MockEndpoint, matches } from '../calls/endpoint-names.ts'
import { type Decision, decision } from '../http/decision.ts'
import { json, lost, type WireResponse } from '../http/message.ts'
import {
  describe,
  fieldValuePattern,
  invalid,
  isRecord,
  methodOptions,
  ownOptions,
  tokenPattern
} from '../lib/checks.ts'
import { type MockMoment, readMoment } from './gates.ts'

/** An answer of your own. Its CORS headers are the server's, like those of every other answer. */
export interface MockFaultAnswer {
  /** 200 to 599. */
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent as it is, anything else as JSON. Default: nothing. */
  readonly body?: unknown
}

/**
 * - a number: that status, 200 to 599, with `{ error: 'fault_injected' }`
 * - `network`: the connection is lost before there is an answer
 * - `hang`: there is never an answer; the call stays open until the client gives up, the port closes, or `reset()`
 * - `cut`: the head of the answer arrives (with its cookie) and half of the body, then the connection is lost; an answer
 *   without a body is lost altogether
 * - `malformed`: half of the body arrives as if it were the whole
 * - an object: that very answer
 */
export type MockFault = number | 'network' | 'hang' | 'cut' | 'malformed' | MockFaultAnswer

export interface FailNextOptions {
  /** How many calls meet it: a whole number from 1, or `Infinity`. Default 1. */
  readonly times?: number
  /**
   * `arrival`: the server does nothing. `commit`: it does its work first, such as rotating the refresh token, and the
   * client never learns. Default `arrival`.
   */
  readonly after?: MockMoment
}

export interface PlannedFault {
  readonly fault: MockFault
  readonly name: MockFaultName
  readonly after: MockMoment
}

export interface Faults {
  /** @returns takes back what has not happened yet */
  failNext(endpoint: MockEndpoint, fault: MockFault, options?: FailNextOptions): () => void
  /** The fault that a call to this route meets, if any: earlier plans come first. */
  take(route: MockRoute): PlannedFault | undefined
  reset(): void
}

export function createFaults(readEndpoint: EndpointMatcher): Faults {
  let plans: { endpoint: MockEndpoint; left: number; planned: PlannedFault }[] = []

  return {
    failNext(name, fault, options = {}) {
      const names = ['times', 'after'] as const
      const { times = 1, after = 'arrival' } = methodOptions<FailNextOptions>(
        'failNext',
        options,
        names
      )
      const own = typeof fault === 'object' && isRecord(fault) ? readAnswer(fault) : fault
      const plan = {
        endpoint: readEndpoint('failNext', name),
        left: readTimes(times),
        planned: { fault: own, name: readFault(own), after: readMoment('failNext', after) }
      }
      plans.push(plan)
      return () => {
        plans = plans.filter((other) => other !== plan)
      }
    },
    take(route) {
      const plan = plans.find(({ endpoint }) => matches(endpoint, route))
      if (plan === undefined) return undefined
      plan.left -= 1
      if (plan.left <= 0) plans = plans.filter((other) => other !== plan)
      return plan.planned
    },
    reset() {
      plans = []
    }
  }
}

const halfAToken = '{"access_token":"'

/** What the client gets to see, given what the server has decided, if it has. */
export async function applyFault(
  { fault, name }: PlannedFault,
  decided: Decision | undefined
): Promise<Decision> {
  const { outcome = 'fault_injected', facts = {} } = decided ?? {}
  return decision(outcome, await spoil(fault, decided?.response), { ...facts, fault: name })
}

async function spoil(fault: MockFault, decided: WireResponse | undefined): Promise<WireResponse> {
  if (typeof fault === 'number') return answer({ status: fault, body: injected })
  if (typeof fault === 'object') return answer(fault)
  if (fault === 'network' || fault === 'hang') return lost
  const { status, headers, setCookies, body, readBody } = decided ?? json(200, {})
  const whole = (await readBody?.()) ?? body
  // Where the server has done nothing there is no body to halve: the beginning of a token response has to do.
  const half = decided === undefined ? halfAToken : whole.slice(0, Math.ceil(whole.length / 2))
  if (fault === 'malformed') return { status, headers, setCookies, body: half }
  if (half === '') return lost
  // The length of the whole is what tells the client that there should have been more.
  const length = String(new TextEncoder().encode(half).length * 2)
  const others = headers.filter(([name]) => name.toLowerCase() !== 'content-length')
  const announced: WireResponse['headers'] = [...others, ['Content-Length', length]]
  return { status, headers: announced, setCookies, body: half, fault: 'cut' }
}

const injected = { error: 'fault_injected', error_description: 'failNext asked for this answer' }

function answer({ status, headers = {}, body }: MockFaultAnswer): WireResponse {
  const rows = Object.entries(headers)
  const isEmpty = body === undefined || [204, 205, 304].includes(status)
  if (isEmpty) return { status, headers: rows, setCookies: [], body: '' }
  if (typeof body === 'string') return { status, headers: rows, setCookies: [], body }
  const own = new Set(rows.map(([name]) => name.toLowerCase()))
  const made = json(status, body)
  return {
    ...made,
    headers: [...made.headers.filter(([name]) => !own.has(name.toLowerCase())), ...rows]
  }
}

function readAnswer(fault: MockFaultAnswer): MockFaultAnswer {
  const place = { prefix: 'fault.', caller: 'failNext' }
  const names = ['status', 'headers', 'body'] as const
  const own = ownOptions<MockFaultAnswer>('fault', fault, names, place)
  const headers: unknown = own.headers ?? {}
  const expectation = 'an object of strings'
  if (!isRecord(headers)) {
    throw invalid('fault.headers', expectation, describe(headers), place.caller)
  }
  for (const [name, value] of Object.entries(headers)) {
    if (!tokenPattern.test(name)) {
      throw invalid(
        'fault.headers',
        'valid header names (RFC 9110 §5.1)',
        describe(name),
        place.caller
      )
    }
    if (typeof value !== 'string') {
      throw invalid('fault.headers', expectation, `a ${typeof value} as ${name}`, place.caller)
    }
    if (!fieldValuePattern.test(value)) {
      const received = `another one as ${name}`
      throw invalid('fault.headers', 'values in printable Latin-1', received, place.caller)
    }
  }
  if (own.body === undefined || isSayable(own.body)) return own
  throw invalid('fault.body', 'a JSON-serialisable value', describe(own.body), place.caller)
}

function isSayable(body: unknown): boolean {
  try {
    return JSON.stringify(body) !== undefined
  } catch {
    return false
  }
}

function readFault(fault: unknown): MockFaultName {
  if (fault === 'network' || fault === 'hang' || fault === 'cut' || fault === 'malformed') {
    return fault
  }
  const status = isRecord(fault) ? fault.status : fault
  const isStatus = typeof status === 'number' && Number.isInteger(status)
  if (isStatus && status >= 200 && status <= 599) return 'answer'
  const expectation =
    "a status from 200 to 599, 'network', 'hang', 'cut', 'malformed' or { status, headers, body }"
  throw invalid('fault', expectation, describe(fault), 'failNext')
}

function readTimes(times: unknown): number {
  const isCount = typeof times === 'number' && (Number.isInteger(times) || times === Infinity)
  if (isCount && times >= 1) return times
  throw invalid('times', 'a whole number from 1, or Infinity', describe(times), 'failNext')
}
