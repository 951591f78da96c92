// Which bodies can be sent twice.

/** A stream is spent by the first sending; so is a body of the `form-data` package, which is one. */
export function isReplayable(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return true
  return !['pipe', 'getReader', Symbol.asyncIterator].some(
    (method) => typeof Reflect.get(body, method) === 'function'
  )
}
