// One sending through an axios adapter: on a copy of the config that holds the token, and back without a trace of it.
import axios, {
  type AxiosAdapter,
  AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
  isAxiosError
} from 'axios'
import { joinUrl } from '../url.ts'
import type { IncomingAnswer } from './bearer.ts'
import type { TimeBudget } from './time-budget.ts'

export type AdapterOption = InternalAxiosRequestConfig['adapter']
interface Destination {
  readonly url: string | undefined
  readonly baseURL: string | undefined
  readonly allowAbsoluteUrls: boolean | undefined
}
type Fetch = NonNullable<NonNullable<InternalAxiosRequestConfig['env']>['fetch']>

export interface AxiosSending {
  /** The app's: read, never changed. */
  readonly config: InternalAxiosRequestConfig
  /** Where it was decided that the token may go, whatever has become of the config since. */
  readonly destination: Destination
  readonly adapter: AdapterOption
  readonly accessToken: string | undefined
  readonly budget: TimeBudget | undefined
}

export interface ExchangeOptions {
  readonly reissuedTokenHeader: string
  /** The page's own `fetch`. */
  readonly fetch: Fetch
}

export async function exchange(
  { config, destination, adapter, accessToken, budget }: AxiosSending,
  { reissuedTokenHeader, fetch: pageFetch }: ExchangeOptions
): Promise<IncomingAnswer<AxiosResponse>> {
  const sent = copyConfig(config, destination)
  if (accessToken !== undefined) sent.headers.set('Authorization', `Bearer ${accessToken}`)
  if (budget !== undefined) {
    sent.timeout = budget.remainingMs()
    if (sent.timeout === 0) throw toTimeoutError(config)
  }
  try {
    const response = await resolveAdapter(adapter, sent, pageFetch)(sent)
    return toAnswer(response, async () => response)
  } catch (error) {
    // Not by class or brand: an adapter of the app's may throw what it likes.
    const failure = error as Partial<AxiosError> | null | undefined
    if (failure?.config == null && failure?.response == null) throw error
    conceal(failure, config)
    if (budget !== undefined) restateTimeout(failure, sent.timeout, budget)
    if (failure.response == null) throw error
    return toAnswer(failure.response, () => Promise.reject(error))
  }

  function toAnswer(
    response: AxiosResponse,
    settle: () => Promise<AxiosResponse>
  ): IncomingAnswer<AxiosResponse> {
    conceal(response, config)
    const finalUrl = readFinalUrl(response.request, sent)
    // By `get`, whatever the case: some `fetch` implementations keep the server's spelling of header names.
    const headers = AxiosHeaders.from(response.headers as AxiosHeaders)
    const reissuedHeader = headers.get(reissuedTokenHeader)
    if (accessToken !== undefined) headers.delete(reissuedTokenHeader)
    response.headers = headers
    return {
      status: response.status,
      finalUrl,
      reissuedHeader,
      challenge: () => headers.get('WWW-Authenticate'),
      text: async () => toText(response.data),
      settle,
      discard: () => discardBody(response.data)
    }
  }
}

/** What axios says when the time is over, as its adapters for XHR and Node do. */
export function toTimeoutError(config: InternalAxiosRequestConfig): AxiosError {
  const { timeout, timeoutErrorMessage, transitional } = config
  const code = transitional?.clarifyTimeoutError ? AxiosError.ETIMEDOUT : AxiosError.ECONNABORTED
  return new AxiosError(timeoutErrorMessage || tellTimeout(timeout), code, config)
}

// The adapter knows what was left for its part, the caller what it allowed for all.
function restateTimeout(
  error: Partial<AxiosError>,
  leftMs: number | undefined,
  budget: TimeBudget
): void {
  if (error.message !== tellTimeout(leftMs) || leftMs === budget.limitMs) return
  const message = tellTimeout(budget.limitMs)
  if (error.stack !== undefined) error.stack = error.stack.replace(error.message, message)
  error.message = message
}

function tellTimeout(timeoutMs: number | undefined): string {
  return `timeout of ${timeoutMs}ms exceeded`
}

// With its prototype: axios gives a config none, so that a polluted Object.prototype adds no option.
function copyConfig(
  config: InternalAxiosRequestConfig,
  destination: Destination
): InternalAxiosRequestConfig {
  const copy: InternalAxiosRequestConfig = Object.create(Object.getPrototypeOf(config))
  return Object.assign(copy, config, destination, { headers: new AxiosHeaders(config.headers) })
}

function resolveAdapter(
  adapter: AdapterOption,
  sent: InternalAxiosRequestConfig,
  pageFetch: Fetch
): AxiosAdapter {
  if (typeof adapter === 'function') return adapter
  // axios's fetch adapter keeps to itself where an answer came from; the `fetch` beneath it is ours to choose.
  sent.env = { ...sent.env, fetch: noteFinalUrl(sent.env?.fetch ?? pageFetch) }
  return axios.getAdapter(adapter ?? axios.defaults.adapter, sent)
}

// For all clients together, because axios never lets go of a `fetch` that it was given.
const noting = new WeakMap<Fetch, Fetch>()
const finalUrls = new WeakMap<object, string>()

function noteFinalUrl(inner: Fetch): Fetch {
  let notes = noting.get(inner)
  if (notes === undefined) {
    notes = async (input, init) => {
      const response = await inner(input, init)
      if (typeof input === 'object') finalUrls.set(input, response.url)
      return response
    }
    noting.set(inner, notes)
  }
  return notes
}

/** Where the answer came from after redirects; `undefined` where an adapter of the app's does not tell. */
function readFinalUrl(request: unknown, sent: InternalAxiosRequestConfig): string | undefined {
  if (typeof request !== 'object' || request === null) return undefined
  if ('responseURL' in request && typeof request.responseURL === 'string')
    return request.responseURL || undefined
  if ('res' in request && typeof request.res === 'object' && request.res !== null) {
    if ('responseUrl' in request.res && typeof request.res.responseUrl === 'string')
      return request.res.responseUrl
    return sent.maxRedirects === 0
      ? joinUrl(sent.baseURL ?? '', sent.url ?? '', sent.allowAbsoluteUrls)
      : undefined
  }
  return finalUrls.get(request) || undefined
}

/** Gives the app its own config back, and takes the request out of what is printed: in Node it holds the header. */
function conceal(
  carrier: { config?: unknown; request?: unknown; cause?: unknown },
  config: InternalAxiosRequestConfig
): void {
  const { request, cause } = carrier
  carrier.config = config
  if (request !== undefined) {
    Object.defineProperty(carrier, 'request', {
      value: request,
      enumerable: false,
      writable: true,
      configurable: true
    })
  }
  if (isAxiosError(cause) && cause.config !== config) conceal(cause, config)
}

function toText(data: unknown): string {
  if (typeof data === 'string') return data
  // A mock adapter may answer with what a real one would have to be parsed from.
  const isPlain = Object.prototype.toString.call(data) === '[object Object]' || Array.isArray(data)
  return isPlain ? JSON.stringify(data) : ''
}

/** A body that streams and is not read keeps its connection. */
function discardBody(data: unknown): void {
  if (typeof data !== 'object' || data === null) return
  if ('destroy' in data && typeof data.destroy === 'function') data.destroy()
  else if ('cancel' in data && typeof data.cancel === 'function') {
    Promise.resolve(data.cancel()).catch(() => {})
  }
}
