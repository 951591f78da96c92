// Axios exchange: sends a request once, with the token on a copy of its config, within its timeout.

import axios, {
  type AxiosAdapter,
  type AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  type InternalAxiosRequestConfig
} from 'axios'
import type { ResolvedHeader } from '../../contract/resolved-contract.ts'
import { formatCredential } from '../../lib/credential.ts'
import { isKeptOnRedirect } from '../redirects.ts'
import { type IncomingAnswer, isStream } from '../transport.ts'
import { readAnswer } from './read-answer.ts'
import { createRedactor } from './redact.ts'
import { restateTimeout, type TimeBudget, toTimeoutError } from './time-budget.ts'
import { type Fetch, forgetToken, noteFinalUrl } from './wrapped-fetch.ts'

export type AdapterOption = InternalAxiosRequestConfig['adapter']

interface Destination {
  readonly url: string | undefined
  readonly baseURL: string | undefined
  readonly allowAbsoluteUrls: boolean | undefined
}

interface AxiosSending {
  /** The app's config. Only the notes of the app's adapter are added to it. */
  readonly config: InternalAxiosRequestConfig
  /** The names in the config before an adapter added its notes. */
  readonly options: readonly string[]
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
  const sent = copyConfig(config, destination)
  const credential = accessToken === undefined ? undefined : formatCredential(attach, accessToken)
  if (credential !== undefined) attachToken(sent, attach.header, credential)
  let isStreaming = false
  if (budget !== undefined) {
    sent.timeout = budget.remainingMs()
    if (sent.timeout === 0) throw toTimeoutError(config)
  }
  const header = credential === undefined ? undefined : attach.header
  const send = resolveAdapter(adapter, sent, header, pageFetch)
  const ours = Object.keys(sent).filter((name) => !(name in config))
  const notNotes = new Set([...options, ...ours])
  const { redact, redactStreamErrors } = createRedactor(config, sent, notNotes, accessToken)
  try {
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
    if (credential !== undefined && (isStreaming || !isAppAdapter(adapter))) {
      sent.headers.delete(attach.header)
    }
  }

  function toAnswer(
    response: AxiosResponse,
    settle: () => Promise<AxiosResponse>
  ): IncomingAnswer<AxiosResponse> {
    isStreaming = isStream(response.data)
    redact(response)
    redactStreamErrors(response.data)
    const carriedToken = credential !== undefined
    return readAnswer({ response, sent, attach, reissue, carriedToken, settle })
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

function attachToken(sent: InternalAxiosRequestConfig, header: string, credential: string): void {
  sent.headers.set(header, credential)
  // In Node, axios removes these headers when a redirect leaves the origin.
  sent.sensitiveHeaders = [...(sent.sensitiveHeaders ?? []), header]
  const { withXSRFToken } = sent
  // axios passes the sent config to the app's `withXSRFToken` function. Hide the token from it.
  if (typeof withXSRFToken !== 'function') return
  sent.withXSRFToken = (shown) => {
    shown.headers.delete(header)
    try {
      return withXSRFToken(shown)
    } finally {
      shown.headers.set(header, credential)
    }
  }
}

// A function is the app's adapter. axios's own adapters are given by name.
function isAppAdapter(adapter: AdapterOption): boolean {
  return [adapter].flat().some((one) => typeof one === 'function')
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
