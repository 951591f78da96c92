// What is known of a call when it arrives, and when it counts as over.

import { headerValue, type WireRequest, type WireResponse } from '../http/message.ts'
import type { CallOpening, MockAdapter, MockRoute } from './call-log.ts'

export function openingOf(
  request: WireRequest,
  adapter: MockAdapter,
  route: MockRoute,
  url: URL | undefined
): CallOpening {
  return {
    adapter,
    route,
    method: request.method,
    path: url === undefined ? request.url : url.pathname + url.search,
    target: url?.origin ?? '',
    origin: headerValue(request, 'origin'),
    idempotencyKey: attemptOf(request),
    credentials: request.credentials
  }
}

/** The `Idempotency-Key`, which names the attempt that this call repeats; an empty one names none. */
export function attemptOf(request: WireRequest): string | undefined {
  return headerValue(request, 'idempotency-key') || undefined
}

/** Calls back with the status, at once or when somebody else has sent the answer. */
export function whenSent({ status, sent }: WireResponse, close: (status: number) => void): void {
  if (sent === undefined) close(status)
  else void sent.then(close)
}
