// One sending through an axios adapter: on a copy of the config that holds the token, and back without a trace of it.

import axios, {
  type AxiosAdapter,
  AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  type InternalAxiosRequestConfig
} from 'axios'
import { type IncomingAnswer, isReplayable } from '../transport.ts'
import { createRedaction, takeTokenBack } from './redact.ts'
import {
  type Fetch,
  incomingMessageOf,
  noteFinalUrl,
  readFinalUrl,
  readLines
} from './response-url.ts'
import type { TimeBudget } from './time-budget.ts'

export type AdapterOption = InternalAxiosRequestConfig['adapter']
interface Destination {
  readonly url: string | undefined
  readonly baseURL: string | undefined
  readonly allowAbsoluteUrls: boolean | undefined
}

export interface AxiosSending {
  /** The app's: read, never changed. */
  readonly config: InternalAxiosRequestConfig
  /** Where it was decided that the token may go, whatever has become of the config since. */
  readonly destination: Destination
  readonly adapter: AdapterOption
  readonly accessToken: string | undefined
  readonly budget: TimeBudget | undefined
}

export interface ExchangeDeps {
  readonly reissuedTokenHeader: string
  /** The page's own `fetch`. */
  readonly fetch: Fetch
}

export async function exchange(
  { config, destination, adapter, accessToken, budget }: AxiosSending,
  { reissuedTokenHeader, fetch: pageFetch }: ExchangeDeps
): Promise<IncomingAnswer<AxiosResponse>> {
  const sent = copyConfig(config, destination)
  if (accessToken !== undefined) carryToken(sent, accessToken)
  const { conceal, concealErrors } = createRedaction(config, sent, accessToken)
  let isStream = false
  if (budget !== undefined) {
    sent.timeout = budget.remainingMs()
    if (sent.timeout === 0) throw toTimeoutError(config)
  }
  try {
    const send = resolveAdapter(adapter, sent, accessToken === undefined, pageFetch)
    const response = await send(sent)
    return toAnswer(response, async () => response)
  } catch (error) {
    conceal(error)
    // Not by class or brand: an adapter of the app's may throw what it likes.
    const failure = error as Partial<AxiosError> | null | undefined
    if (failure?.config == null && failure?.response == null) throw error
    if (budget !== undefined) restateTimeout(failure, sent.timeout, budget)
    if (failure.response == null) throw error
    return toAnswer(failure.response, () => Promise.reject(error))
  } finally {
    // It is on its way, and the error that ends a stream shows the config. But an adapter of the app's may keep it, as a
    // mock adapter does for its history.
    if (accessToken !== undefined && (isStream || !isOfApp(adapter))) {
      sent.headers.delete('Authorization')
    }
  }

  function toAnswer(
    response: AxiosResponse,
    settle: () => Promise<AxiosResponse>
  ): IncomingAnswer<AxiosResponse> {
    const { request, data } = response
    isStream = !isReplayable(data)
    conceal(response)
    concealErrors(data)
    const finalUrl = readFinalUrl(request, sent)
    // By `get`, whatever the case: some `fetch` implementations keep the server's spelling of header names.
    const headers = AxiosHeaders.from(response.headers as AxiosHeaders)
    const reissuedHeader =
      readLines(request, reissuedTokenHeader) ?? headers.get(reissuedTokenHeader)
    if (accessToken !== undefined) headers.delete(reissuedTokenHeader)
    response.headers = headers
    return {
      status: response.status,
      finalUrl,
      reissuedHeader,
      challenge: () => headers.get('WWW-Authenticate'),
      text: async () => toText(data),
      settle,
      discard() {
        discardBody(data)
        // What axios puts around a body that streams does not reach its socket until somebody has read from it.
        discardBody(incomingMessageOf(request))
      }
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

function carryToken(sent: InternalAxiosRequestConfig, accessToken: string): void {
  sent.headers.set('Authorization', `Bearer ${accessToken}`)
  const { withXSRFToken } = sent
  // A function of the app's is shown the config, which is the one with the token.
  if (typeof withXSRFToken !== 'function') return
  sent.withXSRFToken = (shown) => {
    shown.headers.delete('Authorization')
    try {
      return withXSRFToken(shown)
    } finally {
      shown.headers.set('Authorization', `Bearer ${accessToken}`)
    }
  }
}

function isOfApp(adapter: AdapterOption): boolean {
  return [adapter].flat().some((one) => typeof one === 'function')
}

function resolveAdapter(
  adapter: AdapterOption,
  sent: InternalAxiosRequestConfig,
  isBare: boolean,
  pageFetch: Fetch
): AxiosAdapter {
  // axios's fetch adapter keeps to itself where an answer came from; the `fetch` beneath it is ours to choose.
  const inner = sent.env?.fetch ?? pageFetch
  sent.env = { ...sent.env, fetch: isBare ? noteFinalUrl(inner) : takeTokenBack(inner) }
  if (typeof adapter === 'function') return adapter
  return axios.getAdapter(adapter ?? axios.defaults.adapter, sent)
}

function toText(data: unknown): string {
  if (typeof data === 'string') return data
  if (typeof data !== 'object' || data === null) return ''
  // A mock adapter may answer with what a real one would have to be parsed from.
  const isPlain = [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(data))
  try {
    return isPlain ? JSON.stringify(data) : ''
  } catch {
    return ''
  }
}

/** A body that streams and is not read keeps its connection. */
function discardBody(data: unknown): void {
  if (typeof data !== 'object' || data === null) return
  if ('destroy' in data && typeof data.destroy === 'function') data.destroy()
  else if ('cancel' in data && typeof data.cancel === 'function') {
    Promise.resolve(data.cancel()).catch(() => {})
  }
}
