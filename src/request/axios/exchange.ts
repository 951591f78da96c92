// Axios exchange: sends a request once, with the token on a copy of its config, within its timeout.

import axios, {
  type AxiosAdapter,
  type AxiosError,
  type AxiosResponse,
  type InternalAxiosRequestConfig
} from 'axios'
import type { ResolvedHeader } from '../../contract/resolved-contract.ts'
import { isKeptOnRedirect } from '../redirects.ts'
import { type IncomingAnswer, isStream } from '../transport.ts'
import { findHeader, readAnswer } from './read-answer.ts'
import { redact, redactStream, type Sending } from './redact.ts'
import { createSentConfig, type Destination } from './sent-config.ts'
import { restateTimeout, type TimeBudget, toTimeoutError } from './time-budget.ts'
import { type Fetch, forgetToken, noteFinalUrl } from './wrapped-fetch.ts'

export type AdapterOption = InternalAxiosRequestConfig['adapter']

interface AxiosSending {
  /** The app's config. Only the notes of the app's adapter are added to it. */
  readonly config: InternalAxiosRequestConfig
  /** The names in the config before an adapter of the app adds its notes. */
  readonly options: readonly string[] | undefined
  /** The URL that was found trusted. It wins over a config that changed since. */
  readonly destination: Destination
  readonly adapter: AdapterOption
  readonly accessToken: string | undefined
  readonly budget: TimeBudget | undefined
}

export interface ExchangeDeps {
  readonly attach: ResolvedHeader
  readonly reissue: ResolvedHeader | false
  /** The global `fetch`, looked up at each call. */
  readonly fetch: Fetch
}

export async function exchange(
  { config, options, destination, adapter, accessToken, budget }: AxiosSending,
  { attach, reissue, fetch: pageFetch }: ExchangeDeps
): Promise<IncomingAnswer<AxiosResponse>> {
  const sent = createSentConfig(config, destination, attach, accessToken)
  const carriedToken = accessToken !== undefined
  const sending: Sending = { appConfig: config, sent, options, accessToken }
  let isStreaming = false
  if (budget !== undefined) {
    sent.timeout = budget.remainingMs()
    if (sent.timeout === 0) throw toTimeoutError(config)
  }
  const send = resolveAdapter(adapter, sent, carriedToken ? attach.header : undefined, pageFetch)
  try {
    const response = await send(sent)
    return toAnswer(response, () => response)
  } catch (error) {
    redact(sending, error)
    // Checked by shape, not by class: the app's adapter may throw any value.
    const failure = error as Partial<AxiosError> | null | undefined
    if (failure?.config == null && failure?.response == null) throw error
    if (budget !== undefined) restateTimeout(failure, sent.timeout, budget)
    if (failure.response == null) throw error
    return toAnswer(failure.response, () => {
      throw error
    })
  } finally {
    // Remove the token from the sent config: an error that ends a stream exposes it. Leave it only
    // for an adapter of the app that does not stream, because a mock keeps a history of configs.
    if (carriedToken && (isStreaming || !isAppAdapter(adapter))) removeHeader(sent, attach.header)
  }

  function toAnswer(
    response: AxiosResponse,
    settle: () => AxiosResponse
  ): IncomingAnswer<AxiosResponse> {
    isStreaming = isStream(response.data)
    redact(sending, response)
    if (isStreaming) redactStream(sending, response.data)
    return readAnswer({ response, sent, attach, reissue, carriedToken, settle })
  }
}

// The app's adapter may have put other headers there.
function removeHeader({ headers }: InternalAxiosRequestConfig, header: string): void {
  const key = findHeader(headers, header)
  if (key !== undefined) delete headers[key]
}

// A function is the app's adapter. axios's own adapters are given by name.
export function isAppAdapter(adapter: AdapterOption): boolean {
  if (!Array.isArray(adapter)) return typeof adapter === 'function'
  return adapter.some((one) => typeof one === 'function')
}

/** `header` carries the token; `undefined` for a request without one. */
function resolveAdapter(
  adapter: AdapterOption,
  sent: InternalAxiosRequestConfig,
  header: string | undefined,
  pageFetch: Fetch
): AxiosAdapter {
  // axios's fetch adapter does not expose the final URL, so wrap the `fetch` that it calls.
  const inner = sent.env?.fetch ?? pageFetch
  const fetch = header === undefined ? noteFinalUrl(inner) : forgetToken(inner, header)
  sent.env = { ...sent.env, fetch }
  if (typeof adapter === 'function') return adapter
  const chosen = axios.getAdapter(adapter ?? axios.defaults.adapter, sent)
  // XMLHttpRequest follows every redirect. `fetch` does not have to.
  const mayLeak = header !== undefined && isKeptOnRedirect(header)
  return mayLeak && isXhr(chosen, sent) ? axios.getAdapter('fetch', sent) : chosen
}

function isXhr(chosen: AxiosAdapter, sent: InternalAxiosRequestConfig): boolean {
  try {
    return chosen === axios.getAdapter('xhr', sent)
  } catch {
    // The environment has no XMLHttpRequest.
    return false
  }
}
