// The options that make the doors alike: cookies, the page's origin, CORS and latency.
import type { CookieMode } from '../http/cookie-jar.ts'
import { isSerializedOrigin } from '../http/origins.ts'
import { describe, invalid } from '../lib/checks.ts'

export interface MockAdapterOptions {
  /**
   * Where the cookies of the in-process doors (msw and `fetch`) come from. On a port they are always the client's.
   *
   * - `wire`: the client keeps them, and they stand in its requests (or where msw keeps them).
   * - `jar`: the server plays one browser for every client that sends neither a `Cookie` nor an `Origin`. It obeys
   *   `Path`, `Max-Age`, `SameSite` and, where it can be told, the credentials mode.
   * - `auto`: `jar` where there is no `document`, as in plain Node, whose clients have no jar; else `wire`.
   *
   * Default `auto`.
   */
  readonly cookies?: CookieMode
  /**
   * The origin of the page that the in-process doors serve, as a browser sends it. Default: the request's `Origin`, else
   * the origin of the document there is. Where neither is known, clients count as pages of the server's own origin.
   */
  readonly pageOrigin?: string
  /**
   * Whether the in-process doors do what a browser does to cross-origin calls: ask a preflight, refuse an answer that
   * does not allow the page, hide headers that are not exposed. Chromium does none of it to what a service worker
   * answers, and Node has no browser. Default `true`.
   */
  readonly emulateCors?: boolean
  /**
   * The request headers that cross-origin pages may send (`Access-Control-Allow-Headers`).
   * Default `Authorization`, `Content-Type`, `Idempotency-Key`.
   */
  readonly allowedHeaders?: readonly string[]
  /** How long every call takes at least, in real milliseconds that no fake timer moves, 0 to 60 000. Default 0. */
  readonly latencyMs?: number
}

export type AdapterSettings = Required<Omit<MockAdapterOptions, 'pageOrigin'>> & {
  readonly pageOrigin: string | undefined
}

export const adapterOptionNames: readonly (keyof MockAdapterOptions)[] = [
  'cookies',
  'pageOrigin',
  'emulateCors',
  'allowedHeaders',
  'latencyMs'
]

const longestLatencyMs = 60_000
const fieldName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

export function readAdapterSettings(options: MockAdapterOptions): AdapterSettings {
  return {
    cookies: readCookies(options.cookies ?? 'auto'),
    pageOrigin: readPageOrigin(options.pageOrigin),
    emulateCors: readBoolean('emulateCors', options.emulateCors ?? true),
    allowedHeaders: readAllowedHeaders(
      options.allowedHeaders ?? ['Authorization', 'Content-Type', 'Idempotency-Key']
    ),
    latencyMs: readLatency(options.latencyMs ?? 0)
  }
}

function readCookies(mode: unknown): CookieMode {
  if (mode === 'headers' || mode === 'jar' || mode === 'auto') return mode
  throw invalid('cookies', "'headers', 'jar' or 'auto'", describe(mode))
}

function readPageOrigin(origin: unknown): string | undefined {
  if (origin === undefined) return undefined
  if (typeof origin === 'string' && isSerializedOrigin(origin)) return origin
  throw invalid('pageOrigin', "an origin such as 'http://localhost:3000'", describe(origin))
}

function readBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw invalid(name, 'true or false', describe(value))
}

function readAllowedHeaders(names: unknown): readonly string[] {
  if (!Array.isArray(names)) throw invalid('allowedHeaders', 'an array of names', describe(names))
  return names.map((name: unknown, index): string => {
    if (typeof name === 'string' && fieldName.test(name) && name !== '*') return name
    const expectation = "the name of a header ('*' does not count next to credentials)"
    throw invalid(`allowedHeaders[${index}]`, expectation, describe(name))
  })
}

function readLatency(value: unknown): number {
  const isInRange = typeof value === 'number' && value >= 0 && value <= longestLatencyMs
  if (isInRange) return value
  throw invalid('latencyMs', `a number from 0 to ${longestLatencyMs}`, describe(value))
}
