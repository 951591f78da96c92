// Pipeline: a handler turns a call into a decision, and each wrapper adds one concern around it.

import type { MockAdapter, MockRoute } from '../calls/call.ts'
import type { CallLog } from '../calls/call-log.ts'
import type { IsCurrent } from '../lib/reset-generation.ts'
import {
  type Decision,
  headerValue,
  parseUrl,
  readIdempotencyKey,
  type WireRequest,
  type WireResponse
} from './message.ts'

export interface Call {
  /** The request as the client sent it. */
  readonly sent: WireRequest
  /** The request as the server receives it: the emulated browser adds `Origin` and cookies. */
  readonly request: WireRequest
  readonly adapter: MockAdapter
  readonly route: Route
  /** The name of the route for the call log and the controls: `preflight` for `OPTIONS`. */
  readonly label: MockRoute
  readonly isCurrent: IsCurrent
}

export interface Route {
  readonly name: MockRoute
  /** The allowed methods, without `OPTIONS`. */
  readonly methods: readonly string[]
  answer(request: WireRequest, isCurrent: IsCurrent): Promise<Decision>
}

export type Handler = (call: Call) => Promise<Decision>

/** Handles a call by calling the next handler, and can act before and after it. */
export type Wrapper = (call: Call, next: Handler) => Promise<Decision>

/** Composes a handler from wrappers, the outermost first, and the handler that they end at. */
export function wrap(wrappers: readonly Wrapper[], innermost: Handler): Handler {
  return wrappers.reduceRight<Handler>((next, wrapper) => (call) => wrapper(call, next), innermost)
}

/**
 * Creates the wrapper that logs a call. It opens the entry before the first `await`, so that the
 * order of the log is the order of arrival.
 */
export function createLogging(callLog: Pick<CallLog, 'open'>): Wrapper {
  return async (call, next) => {
    const close = open(callLog, call)
    try {
      const decided = await next(call)
      const { response, outcome } = decided
      const facts = isAbandoned(call)
        ? { ...decided.facts, abandoned: true as const }
        : decided.facts
      whenSent(response, (status) => close(status, outcome, facts))
      return decided
    } catch (error) {
      close(500, 'failed', {})
      throw error
    }
  }
}

function open(
  callLog: Pick<CallLog, 'open'>,
  { request, adapter, label }: Call
): ReturnType<CallLog['open']> {
  const url = parseUrl(request.url)
  return callLog.open({
    adapter,
    route: label,
    method: request.method,
    path: url === undefined ? request.url : url.pathname + url.search,
    target: url?.origin ?? '',
    origin: headerValue(request, 'origin'),
    idempotencyKey: readIdempotencyKey(request),
    credentials: Object.hasOwn(request, 'credentials') ? request.credentials : undefined
  })
}

function isAbandoned({ request }: Call): boolean {
  return request.signal?.aborted === true
}

/** Calls back with the status: now, or once the adapter's host has sent the response. */
function whenSent({ status, sent }: WireResponse, close: (status: number) => void): void {
  if (sent === undefined) close(status)
  else void sent.then(close)
}
