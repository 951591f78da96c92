// Transport port: the request that axios or fetch has ready to send, and the answer it returns.

/** A request that a transport has ready to send, as often as need be. */
export interface OutgoingRequest<Result> {
  /** Where it goes, resolved but for the page; `undefined` where that cannot be told. */
  readonly url: string | undefined
  /** The caller set an `Authorization` of its own (or switched it off): it is left alone. */
  readonly hasOwnAuthorization: boolean
  /** The browser takes the header off, and shows nothing of the answer (`mode: 'no-cors'`). */
  readonly isOpaque: boolean
  /** What the caller asks of us; not looked at yet. */
  readonly flags: unknown
  /** The session that it was begun in; `undefined` where there was none. */
  readonly epoch: number | undefined
  /** A stream that was read once cannot be sent again. */
  readonly isReplayable: boolean
  send(accessToken: string | undefined): Promise<IncomingAnswer<Result>>
  /** Settles as the promise does, or rejects as soon as the caller cancels or its time is over. */
  orReleased<T>(promise: Promise<T>): Promise<T>
}

/** What came back, before the caller sees it. */
export interface IncomingAnswer<Result> {
  readonly status: number
  /** Where it really came from, after redirects; `undefined` where the transport hides that. */
  readonly finalUrl: string | undefined
  readonly reissuedHeader: unknown
  /** Its `WWW-Authenticate` header. */
  challenge(): unknown
  /** Its body, where that is text and can be read without taking it from the caller; else empty. */
  text(): Promise<string>
  /** Hands it to the caller, as a result or as the transport's own error. */
  settle(): Promise<Result>
  /** Nobody wants it: frees what it holds, such as the connection of a body that streams. */
  discard(): void
}

/** A stream is spent by the first sending; so is a body of the `form-data` package, which is one. */
export function isReplayable(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return true
  return !['pipe', 'getReader', Symbol.asyncIterator].some(
    (method) => typeof Reflect.get(body, method) === 'function'
  )
}
