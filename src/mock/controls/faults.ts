// Faults: the failures that a test can inject, and what each one makes of the server's response.

import type { MockEndpoint, MockFaultName } from '../calls/call.ts'
import { type Decision, decision, json, lost, type WireResponse } from '../http/message.ts'
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

/** A response of your own. It gets the server's CORS headers, as every response does. */
export interface MockFaultAnswer {
  /** 200 to 599. */
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent as it is, any other value as JSON. Default: an empty body. */
  readonly body?: unknown
}

/**
 * - a number: this status, 200 to 599, with the body `{ error: 'fault_injected' }`
 * - `network`: the connection is lost before an answer
 * - `hang`: no answer; the call stays open until the client gives up, the port closes, or `reset()`
 * - `cut`: the headers (with their cookie) and half of the body arrive, then the connection is
 *   lost; a response without a body is lost completely
 * - `malformed`: half of the body arrives as if it were complete
 * - an object: this response
 */
export type MockFault = number | 'network' | 'hang' | 'cut' | 'malformed' | MockFaultAnswer

export interface FailNextOptions {
  /** How many calls fail: a whole number from 1, or `Infinity`. Default 1. */
  readonly times?: number
  /**
   * `arrival`: the server does nothing. `commit`: the server does its work first, such as rotating
   * the refresh token, but the client does not get the answer. Default `arrival`.
   */
  readonly after?: MockMoment
}

export interface Fault {
  readonly fault: MockFault
  readonly name: MockFaultName
  readonly after: MockMoment
}

/** The faults that a test planned for the next calls to an endpoint. */
export interface FaultPlan extends Fault {
  readonly endpoint: MockEndpoint
  readonly times: number
}

/** @throws TypeError if the fault or an option is invalid */
export function readFaultPlan(
  endpoint: MockEndpoint,
  fault: MockFault,
  options: FailNextOptions
): FaultPlan {
  const { times = 1, after = 'arrival' } = methodOptions<FailNextOptions>('failNext', options, [
    'times',
    'after'
  ])
  const checked = typeof fault === 'object' && isRecord(fault) ? readAnswer(fault) : fault
  return {
    endpoint,
    times: readTimes(times),
    fault: checked,
    name: readFaultName(checked),
    after: readMoment('failNext', after)
  }
}

/** Applies a fault to the server's decision. On `arrival` there is no decision yet. */
export async function applyFault(
  { fault, name }: Fault,
  decided: Decision | undefined
): Promise<Decision> {
  const { outcome = 'fault_injected', facts = {} } = decided ?? {}
  return decision(outcome, await spoil(fault, decided?.response), { ...facts, fault: name })
}

const halfAToken = '{"access_token":"'

async function spoil(fault: MockFault, decided: WireResponse | undefined): Promise<WireResponse> {
  if (typeof fault === 'number') return toResponse({ status: fault, body: injected })
  if (typeof fault === 'object') return toResponse(fault)
  if (fault === 'network' || fault === 'hang') return lost()
  const { status, headers, setCookies, body, readBody } = decided ?? json(200, {})
  const whole = (await readBody?.()) ?? body
  // Without a decision there is no body to halve: use the beginning of a token response.
  const half = decided === undefined ? halfAToken : whole.slice(0, Math.ceil(whole.length / 2))
  if (fault === 'malformed') return { status, headers, setCookies, body: half }
  if (half === '') return lost()
  // A length beyond the half shows the client that the body is incomplete.
  const length = String(new TextEncoder().encode(half).length * 2)
  const others = headers.filter(([name]) => name.toLowerCase() !== 'content-length')
  const announced: WireResponse['headers'] = [...others, ['Content-Length', length]]
  return { status, headers: announced, setCookies, body: half, fault: 'cut' }
}

const injected = { error: 'fault_injected', error_description: 'failNext asked for this answer' }

function toResponse({ status, headers = {}, body }: MockFaultAnswer): WireResponse {
  const given = Object.entries(headers)
  const isEmpty = body === undefined || [204, 205, 304].includes(status)
  if (isEmpty) return { status, headers: given, setCookies: [], body: '' }
  if (typeof body === 'string') return { status, headers: given, setCookies: [], body }
  const names = new Set(given.map(([name]) => name.toLowerCase()))
  const response = json(status, body)
  const defaults = response.headers.filter(([name]) => !names.has(name.toLowerCase()))
  return { ...response, headers: [...defaults, ...given] }
}

function readAnswer(fault: MockFaultAnswer): MockFaultAnswer {
  const caller = 'failNext'
  const answer = ownOptions<MockFaultAnswer>('fault', fault, ['status', 'headers', 'body'], {
    prefix: 'fault.',
    caller
  })
  readHeaders(answer.headers ?? {}, caller)
  if (answer.body === undefined || isSerialisable(answer.body)) return answer
  throw invalid('fault.body', 'a JSON-serialisable value', describe(answer.body), caller)
}

function readHeaders(headers: unknown, caller: string): void {
  const option = 'fault.headers'
  const expectation = 'an object of strings'
  if (!isRecord(headers)) throw invalid(option, expectation, describe(headers), caller)
  for (const [name, value] of Object.entries(headers)) {
    if (!tokenPattern.test(name)) {
      throw invalid(option, 'valid header names (RFC 9110 §5.1)', describe(name), caller)
    }
    if (typeof value !== 'string') {
      throw invalid(option, expectation, `a ${typeof value} as ${name}`, caller)
    }
    if (!fieldValuePattern.test(value)) {
      const received = `other characters in ${name}`
      throw invalid(option, 'values in printable Latin-1', received, caller)
    }
  }
}

function isSerialisable(body: unknown): boolean {
  try {
    return JSON.stringify(body) !== undefined
  } catch {
    return false
  }
}

function readFaultName(fault: unknown): MockFaultName {
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
