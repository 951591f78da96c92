// Retry-After header: reads seconds or an HTTP-date (RFC 9110 §10.2.3).

/** The wait in milliseconds; `undefined` if the header is missing or malformed. */
export function readRetryAfterMs(headers: Headers, deviceNowMs: number): number | undefined {
  // The server's clock wrote the date, so its `Date` header is the better reference.
  const nowMs = readServerNowMs(headers) ?? deviceNowMs
  return parseRetryAfterMs(headers.get('Retry-After'), nowMs)
}

/** The `Date` header in milliseconds since the epoch. CORS usually hides it. */
export function readServerNowMs(headers: Headers): number | undefined {
  return Date.parse(headers.get('Date') ?? '') || undefined
}

/** Parses seconds or an HTTP-date (RFC 9110 §10.2.3). */
export function parseRetryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined
  const text = value.trim()
  if (/^\d{1,15}$/.test(text)) return Number(text) * 1000
  const date = parseHttpDate(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}

/** An HTTP-date (RFC 9110 §5.6.7) in milliseconds since the epoch; `NaN` for any other text. */
export function parseHttpDate(text: string): number {
  return /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN
}
