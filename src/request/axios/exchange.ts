// Axios exchange: sends a request once, with the token on a copy of its config, within its timeout.

import axios, {
  type AxiosAdapter,
  AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  CanceledError,
  type InternalAxiosRequestConfig
} from 'axios'
import type { Platform } from '../../lib/platform.ts'
import { type IncomingAnswer, isStream } from '../send-with-token.ts'
import {
  createRedactor,
  type Fetch,
  forgetToken,
  noteFinalUrl,
  readAnswer
} from './redact-response.ts'

export type AdapterOption = InternalAxiosRequestConfig['adapter']

interface Destination {
  readonly url: string | undefined
  readonly baseURL: string | undefined
  readonly allowAbsoluteUrls: boolean | undefined
}

interface AxiosSending {
  /** The app's config. It is never changed. */
  readonly config: InternalAxiosRequestConfig
  /** The URL that was found trusted. It wins over a config that changed since. */
  readonly destination: Destination
  readonly adapter: AdapterOption
  readonly accessToken: string | undefined
  readonly budget: TimeBudget | undefined
}

export interface ExchangeDeps {
  readonly reissuedTokenHeader: string
  /** The global `fetch`, looked up at each call. */
  readonly fetch: Fetch
}

export async function exchange(
  { config, destination, adapter, accessToken, budget }: AxiosSending,
  { reissuedTokenHeader, fetch: pageFetch }: ExchangeDeps
): Promise<IncomingAnswer<AxiosResponse>> {
  const sent = copyConfig(config, destination)
  if (accessToken !== undefined) attachToken(sent, accessToken)
  const { redact, redactStreamErrors } = createRedactor(config, sent, accessToken)
  let isStreaming = false
  if (budget !== undefined) {
    sent.timeout = budget.remainingMs()
    if (sent.timeout === 0) throw toTimeoutError(config)
  }
  try {
    const send = resolveAdapter(adapter, sent, accessToken === undefined, pageFetch)
    const response = await send(sent)
    return toAnswer(response, async () => response)
  } catch (error) {
    redact(error)
    // Checked by shape, not by class: the app's adapter may throw any value.
    const failure = error as Partial<AxiosError> | null | undefined
    if (failure?.config == null && failure?.response == null) throw error
    if (budget !== undefined) restateTimeout(failure, sent.timeout, budget)
    if (failure.response == null) throw error
    return toAnswer(failure.response, () => Promise.reject(error))
  } finally {
    // Remove the token from the sent config: an error that ends a stream exposes it. Leave it only
    // for an adapter of the app that does not stream, because a mock keeps a history of configs.
    if (accessToken !== undefined && (isStreaming || !isAppAdapter(adapter))) {
      sent.headers.delete('Authorization')
    }
  }

  function toAnswer(
    response: AxiosResponse,
    settle: () => Promise<AxiosResponse>
  ): IncomingAnswer<AxiosResponse> {
    isStreaming = isStream(response.data)
    redact(response)
    redactStreamErrors(response.data)
    const carriedToken = accessToken !== undefined
    return readAnswer({ response, sent, reissuedTokenHeader, carriedToken, settle })
  }
}

// Keep the prototype: axios sets it to null, so that a polluted Object.prototype adds no option.
function copyConfig(
  config: InternalAxiosRequestConfig,
  destination: Destination
): InternalAxiosRequestConfig {
  const copy: InternalAxiosRequestConfig = Object.create(Object.getPrototypeOf(config))
  return Object.assign(copy, config, destination, { headers: new AxiosHeaders(config.headers) })
}

function attachToken(sent: InternalAxiosRequestConfig, accessToken: string): void {
  sent.headers.set('Authorization', `Bearer ${accessToken}`)
  const { withXSRFToken } = sent
  // axios passes the sent config to the app's `withXSRFToken` function. Hide the token from it.
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

// A function is the app's adapter. axios's own adapters are given by name.
function isAppAdapter(adapter: AdapterOption): boolean {
  return [adapter].flat().some((one) => typeof one === 'function')
}

function resolveAdapter(
  adapter: AdapterOption,
  sent: InternalAxiosRequestConfig,
  isWithoutToken: boolean,
  pageFetch: Fetch
): AxiosAdapter {
  // axios's fetch adapter does not expose the final URL, so wrap the `fetch` that it calls.
  const inner = sent.env?.fetch ?? pageFetch
  sent.env = { ...sent.env, fetch: isWithoutToken ? noteFinalUrl(inner) : forgetToken(inner) }
  if (typeof adapter === 'function') return adapter
  return axios.getAdapter(adapter ?? axios.defaults.adapter, sent)
}

/** The time that a call has left. Its `timeout` covers waiting for a token and the replay too. */
interface TimeBudget {
  readonly limitMs: number
  /** Whole milliseconds, rounded up. 0 when the time is over. */
  remainingMs(): number
}

/** Returns `undefined` without a limit, and for values that axios does not understand. */
export function startTimeBudget(
  timeout: unknown,
  monotonicNow: () => number
): TimeBudget | undefined {
  const limitMs = Number(timeout)
  if (!(limitMs > 0) || limitMs === Infinity) return undefined
  const startedAtMs = monotonicNow()
  return {
    limitMs,
    remainingMs: () => Math.max(0, Math.ceil(limitMs - (monotonicNow() - startedAtMs)))
  }
}

/** Settles as `promise` does, or rejects when the caller aborts or the time is over. */
export function orReleased<T>(
  promise: Promise<T>,
  config: InternalAxiosRequestConfig,
  budget: TimeBudget | undefined,
  platform: Pick<Platform, 'setTimer'>
): Promise<T> {
  const { signal, cancelToken } = config
  if (signal == null && cancelToken == null && budget === undefined) return promise
  return new Promise<T>((resolve, reject) => {
    const aborted = () => reject(new CanceledError(undefined, config))
    if (signal?.aborted) aborted()
    signal?.addEventListener?.('abort', aborted)
    // CancelToken has had these two methods since 0.22, but its types omit them.
    const token = cancelToken as
      | {
          subscribe?(listener: (reason: unknown) => void): void
          unsubscribe?(listener: (reason: unknown) => void): void
        }
      | undefined
    token?.subscribe?.(reject)
    const cancelTimer =
      budget && platform.setTimer(() => reject(toTimeoutError(config)), budget.remainingMs())
    promise.then(resolve, reject).finally(() => {
      signal?.removeEventListener?.('abort', aborted)
      token?.unsubscribe?.(reject)
      cancelTimer?.()
    })
  })
}

/** The error that axios's adapters for XHR and Node throw when the time is over. */
function toTimeoutError(config: InternalAxiosRequestConfig): AxiosError {
  const { timeout, timeoutErrorMessage, transitional } = config
  const code = transitional?.clarifyTimeoutError ? AxiosError.ETIMEDOUT : AxiosError.ECONNABORTED
  return new AxiosError(timeoutErrorMessage || timeoutMessage(timeout), code, config)
}

// The adapter's message states the time that was left. Replace it by the timeout that the app set.
function restateTimeout(
  error: Partial<AxiosError>,
  leftMs: number | undefined,
  budget: TimeBudget
): void {
  if (error.message !== timeoutMessage(leftMs) || leftMs === budget.limitMs) return
  const message = timeoutMessage(budget.limitMs)
  if (error.stack !== undefined) error.stack = error.stack.replace(error.message, message)
  error.message = message
}

function timeoutMessage(timeoutMs: number | undefined): string {
  return `timeout of ${timeoutMs}ms exceeded`
}
