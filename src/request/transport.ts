// Transport: what axios and `fetch` have in common, for sending a request with the token.

/** A request that a transport is ready to send, more than once if needed. */
export interface OutgoingRequest<Result> {
  /** In any case. */
  readonly method: string
  /** The URL, absolute or relative to the page. `undefined` if it is unknown. */
  readonly url: string | undefined
  /** The caller set or switched off the token's header. The request is then left alone. */
  readonly hasOwnHeader: boolean
  /** The mode is `no-cors`: the browser drops the header and hides the answer. */
  readonly isOpaque: boolean
  /** The `everbearer` entry of the request, not yet validated. */
  readonly flags: unknown
  /** The epoch of the session in which the request began. `undefined` if there was no session. */
  readonly epoch: number | undefined
  /** `false` if the body is a stream, which can be sent only once. */
  readonly isReplayable: boolean
  send(accessToken: string | undefined): Promise<IncomingAnswer<Result>>
  /** Settles as `promise` does, or rejects as soon as the caller aborts or its time is over. */
  orReleased<T>(promise: Promise<T>): Promise<T>
  /** The error that the caller gets instead of `error`. */
  toCallerError(error: unknown): unknown
}

/** An answer that the caller has not received yet. */
export interface IncomingAnswer<Result> {
  readonly status: number
  /** The URL after redirects. `undefined` if the transport hides it. */
  readonly finalUrl: string | undefined
  readonly reissuedHeader: unknown
  /** A header by its name, in any case. */
  header(name: string): unknown
  /** The body as text, without consuming it. Empty if that is not possible. */
  text(): Promise<string>
  /** The answer for the caller. Throws the transport's own error. */
  settle(): Result
  /** Drops the answer and frees its resources, such as the connection of a streaming body. */
  discard(): void
}

/** Whether a body is a stream, or a body of the `form-data` package. Both can be read only once. */
export function isStream(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false
  return ['pipe', 'getReader', Symbol.asyncIterator].some(
    (method) => typeof Reflect.get(body, method) === 'function'
  )
}
