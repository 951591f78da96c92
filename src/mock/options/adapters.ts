// Adapter options: cookies, the origin of the page, CORS and latency.
import type { CookieMode } from '../browser/emulated-browser.ts'
import { isSerializedOrigin } from '../http/cors-and-csrf.ts'
import { between, describe, flag, invalid, list, oneOf, tokenPattern } from '../lib/checks.ts'
import type { OptionTable, SettingsOf } from '../lib/option-table.ts'

export interface MockAdapterOptions {
  /**
   * Where the in-process adapters (msw and `fetch`) find the cookies of a request. A server that
   * listens on a port always reads them from the request.
   *
   * - `headers`: in the request. The client or msw keeps the cookies.
   * - `jar`: in one cookie jar, which the server keeps for all clients that send neither a `Cookie`
   *   nor an `Origin` header. The jar respects `Path`, `Max-Age`, `SameSite` and, if the adapter
   *   knows it, the credentials mode.
   * - `auto`: `jar` without a `document`, as in plain Node, where clients keep no cookies.
   *   Otherwise `headers`.
   *
   * Default `auto`.
   */
  readonly cookies?: CookieMode
  /**
   * Origin of the page that calls the in-process adapters, such as `http://localhost:3000`.
   *
   * Default: the `Origin` header of the request, or the origin of the document. If both are
   * missing, the page counts as same-origin.
   */
  readonly pageOrigin?: string
  /**
   * Whether the in-process adapters treat cross-origin calls as a browser does. They then send a
   * preflight, reject answers that do not allow the page, and hide headers that are not exposed.
   * Chromium skips these checks for answers from a service worker, and Node has no browser.
   * Default `true`.
   */
  readonly emulateCors?: boolean
  /**
   * Request headers that cross-origin pages may send (`Access-Control-Allow-Headers`). `*` is
   * refused, because it has no effect on requests with credentials.
   * Default: the headers of the contract, which are `Authorization`, `Content-Type` and
   * `Idempotency-Key` by default. A list of your own replaces them.
   */
  readonly allowedHeaders?: readonly string[]
  /**
   * Minimum duration of every call, in real milliseconds from 0 to 60 000. Fake timers have no
   * effect on it. Default 0.
   */
  readonly latencyMs?: number
}

export type AdapterSettings = SettingsOf<
  MockAdapterOptions,
  {
    readonly pageOrigin: string | undefined
    /** `undefined`: the headers of the contract. */
    readonly allowedHeaders: readonly string[] | undefined
  }
>

export const adapterOptions: OptionTable<AdapterSettings> = {
  cookies: (name, value = 'auto') => oneOf(name, value, ['headers', 'jar', 'auto']),
  pageOrigin: (name, value) => (value === undefined ? undefined : readOrigin(name, value)),
  emulateCors: (name, value = true) => flag(name, value),
  allowedHeaders: (name, value) =>
    value === undefined
      ? undefined
      : list(name, value, readAllowedHeader, 'an array of header names'),
  latencyMs: (name, value = 0) => between(name, value, 60_000)
}

export function readOrigin(name: string, value: unknown): string {
  if (typeof value === 'string' && isSerializedOrigin(value)) return value
  const expectation =
    "an origin such as 'https://app.example.com', without a path or trailing slash"
  throw invalid(name, expectation, describe(value))
}

function readAllowedHeader(name: string, value: unknown): string {
  if (typeof value === 'string' && tokenPattern.test(value) && value !== '*') return value
  const expectation = "a header name ('*' has no effect on requests with credentials)"
  throw invalid(name, expectation, describe(value))
}
