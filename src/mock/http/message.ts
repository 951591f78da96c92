// HTTP messages: requests and responses as plain records, the helpers that read and build them, and
// the decision about a request.
//
// Browsers (and happy-dom) drop `Cookie` and `Origin` from a `Request`, and `Set-Cookie` from a
// `Response`. Therefore each adapter translates these classes to records and back.

import type { CallFacts } from '../calls/call.ts'
import type { CallOutcome } from '../calls/outcomes.ts'

/** A request, as it arrived. */
export interface WireRequest {
  /** The HTTP method, as on the wire. */
  readonly method: string
  /** The absolute URL. */
  readonly url: string
  /** Every header as `[name, value]`, in order; a repeated header has several entries. */
  readonly headers: readonly (readonly [string, string])[]
  /**
   * Cookies by name, for adapters that cannot see the `Cookie` header. The header takes precedence.
   */
  readonly cookies?: Readonly<Record<string, string>>
  /** The body, or a function that reads it on demand. */
  readonly body?: string | (() => Promise<string>)
  /** The credentials mode of the fetch, if the adapter knows it (Fetch standard §2.2.5). */
  readonly credentials?: 'omit' | 'same-origin' | 'include'
  /** Aborts when the client gives up or the adapter closes. */
  readonly signal?: AbortSignal
}

/** A response, as it is to be sent. */
export interface WireResponse {
  readonly status: number
  /** Every header except `Set-Cookie`, as `[name, value]`. */
  readonly headers: [string, string][]
  /** The values of `Set-Cookie`, one per cookie. */
  readonly setCookies: string[]
  /** The body, or an empty string. */
  readonly body: string
  /**
   * A fault of the network. `network`: the whole response is lost. `cut`: the headers and
   * `body` arrive, then the connection is lost before the announced length.
   */
  readonly fault?: 'network' | 'cut'
  /** If the adapter's host sends the response: resolves with its status when it has been sent. */
  readonly sent?: Promise<number>
  /** `true` if the host sent this response because the handler failed. */
  readonly failed?: true
  /** Reads the body, if only the adapter holds it. */
  readonly readBody?: () => Promise<string>
}

/** A copy without a prototype: optional members that `Object.prototype` may hold do not count. */
export function inheritingNothing(response: WireResponse): WireResponse {
  return Object.assign(Object.create(null), response)
}

/**
 * The abort reason of a request's signal when its adapter closes. It ends a call that waits at a
 * gate. A client that gives up does not: a real server finishes the work too.
 */
export const adapterClosed: Error = new Error('the port was closed')

/** A response that never arrives. */
export function lost(): WireResponse {
  return { status: 0, headers: [], setCookies: [], body: '', fault: 'network' }
}

/** The URL, if it is absolute and its scheme is http or https. */
export function parseUrl(url: string): URL | undefined {
  try {
    const parsed = new URL(url)
    return /^https?:$/.test(parsed.protocol) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** All values of a header, in order. */
export function headerValues(request: Pick<WireRequest, 'headers'>, name: string): string[] {
  const wanted = name.toLowerCase()
  return request.headers.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value)
}

/** The first value of a header. */
export function headerValue(
  request: Pick<WireRequest, 'headers'>,
  name: string
): string | undefined {
  const wanted = name.toLowerCase()
  return request.headers.find(([key]) => key.toLowerCase() === wanted)?.[1]
}

/** The `Idempotency-Key` header, unless it is empty. */
export function readIdempotencyKey(request: WireRequest): string | undefined {
  return headerValue(request, 'idempotency-key') || undefined
}

/** The response to a request, its outcome, and the facts for the call log. */
export interface Decision {
  readonly response: WireResponse
  readonly outcome: CallOutcome
  readonly facts: CallFacts
}

export function decision(
  outcome: CallOutcome,
  response: WireResponse,
  facts: CallFacts = {}
): Decision {
  return { response, outcome, facts }
}

/** A JSON response that must not be cached. */
export function json(
  status: number,
  body: unknown,
  headers: readonly (readonly [string, string])[] = []
): WireResponse {
  return {
    status,
    headers: [
      ['Content-Type', 'application/json'],
      ['Cache-Control', 'no-store'],
      ...headers.map(([name, value]): [string, string] => [name, value])
    ],
    setCookies: [],
    body: JSON.stringify(body)
  }
}

/** An error response in the format of RFC 6749 §5.2. */
export function refusal(
  status: number,
  error: string,
  description: string,
  headers: readonly (readonly [string, string])[] = []
): WireResponse {
  return json(status, { error, error_description: description }, headers)
}

/** A response without a body. */
export function noContent(
  headers: readonly (readonly [string, string])[] = [],
  status = 204
): WireResponse {
  return {
    status,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    setCookies: [],
    body: ''
  }
}
