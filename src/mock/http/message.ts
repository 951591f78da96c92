// HTTP messages: a request and a response as plain records, the only shape the server works with.
//
// Browsers (and happy-dom) drop `Cookie` and `Origin` from a `Request`, and `Set-Cookie` from a
// `Response`. Neither class can carry cookies, so each adapter translates to these records and back.

/** A request, as it arrived. */
export interface WireRequest {
  /** The HTTP method; upper case as on the wire. */
  readonly method: string
  /** The absolute URL. */
  readonly url: string
  /** Every header as `[name, value]`, in order, repeated names repeated. */
  readonly headers: readonly (readonly [string, string])[]
  /** Cookies by name, for doors that cannot see the `Cookie` header. The header wins where there is one. */
  readonly cookies?: Readonly<Record<string, string>>
  /** The body, or a function that reads it once the server wants it. */
  readonly body?: string | (() => Promise<string>)
  /** The credentials mode of the fetch behind it, where the door can tell (Fetch standard §2.2.5). */
  readonly credentials?: 'omit' | 'same-origin' | 'include'
  /** Fires when nobody waits for the answer any more. */
  readonly signal?: AbortSignal
}

/** A response, as it is to be sent. */
export interface WireResponse {
  readonly status: number
  /** Every header but `Set-Cookie`, as `[name, value]`. */
  readonly headers: [string, string][]
  /** One value of `Set-Cookie` each. */
  readonly setCookies: string[]
  /** The body; empty where there is none. */
  readonly body: string
  /**
   * What becomes of the answer on its way. `network`: nothing of it arrives. `cut`: the head arrives, the body is only
   * the beginning of a longer one, and then the connection is lost.
   */
  readonly fault?: 'network' | 'cut'
  /** For an answer that somebody else writes: resolves with its status when it is over. */
  readonly sent?: Promise<number>
  /** For an answer that somebody else gave in place of a handler that failed. */
  readonly failed?: true
  /** For an answer of which only the door holds the body: reads it. */
  readonly readBody?: () => Promise<string>
}

/** The record without what `Object.prototype` may carry: most answers have no `fault` of their own. */
export function inheritingNothing(response: WireResponse): WireResponse {
  return Object.assign(Object.create(null), response)
}

/**
 * The reason of a request's signal where its door has been shut. That ends a call that is held; a client that leaves does
 * not, since its server goes on with the work.
 */
export const adapterClosed: Error = new Error('the port was closed')

/** An answer that never arrives. */
export const lost: WireResponse = {
  status: 0,
  headers: [],
  setCookies: [],
  body: '',
  fault: 'network'
}

/** The most a body may hold, in bytes; more is answered with 413. Doors read one byte more and stop. */
export const bodyLimitBytes = 65_536

/** All values of one header field, in order. */
export function headerValues(request: Pick<WireRequest, 'headers'>, name: string): string[] {
  const wanted = name.toLowerCase()
  return request.headers.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value)
}

/** The first value of one header field. */
export function headerValue(
  request: Pick<WireRequest, 'headers'>,
  name: string
): string | undefined {
  const wanted = name.toLowerCase()
  return request.headers.find(([key]) => key.toLowerCase() === wanted)?.[1]
}

/** A JSON answer that no cache may keep. */
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

/** An error answer in the form of RFC 6749 §5.2. */
export function refusal(
  status: number,
  error: string,
  description: string,
  headers: readonly (readonly [string, string])[] = []
): WireResponse {
  return json(status, { error, error_description: description }, headers)
}

/** An answer without a body. */
export function noContent(headers: readonly (readonly [string, string])[] = []): WireResponse {
  return {
    status: 204,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    setCookies: [],
    body: ''
  }
}

/** The `Idempotency-Key`, which names the attempt that this call repeats; an empty one names none. */
export function attemptOf(request: WireRequest): string | undefined {
  return headerValue(request, 'idempotency-key') || undefined
}
