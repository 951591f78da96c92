// Carries the token on axios requests: beneath every interceptor, in the adapter, on a copy that the app never sees.
import axios, {
  type AxiosAdapter,
  AxiosHeaders,
  type AxiosInstance,
  type AxiosResponse,
  CanceledError,
  type InternalAxiosRequestConfig,
  isAxiosError
} from 'axios'
import { joinUrl } from '../url.ts'
import type { IncomingAnswer, SendWithBearer } from './bearer.ts'

type AdapterOption = InternalAxiosRequestConfig['adapter']

export interface AxiosBinding {
  /** Puts the token on this instance's requests; returns the detach. Attaching twice changes nothing. */
  attach(instance: AxiosInstance): () => void
  detachAll(): void
}

export function createAxiosBinding(
  sendWithBearer: SendWithBearer,
  currentEpoch: () => number | undefined,
  reissuedTokenHeader: string
): AxiosBinding {
  const detachers = new Set<() => void>()
  // A request that is cancelled before it is sent leaves its config with the wrapper in it, and may be sent again.
  const wrapped = new WeakMap<AxiosAdapter, AdapterOption>()

  function wrap(inner: AdapterOption | null, epoch: number | undefined): AxiosAdapter {
    const adapter: AxiosAdapter = (config) => {
      if (inner == null) delete config.adapter
      else config.adapter = inner
      return sendWithBearer({
        url: joinUrl(config.baseURL ?? '', config.url ?? '', config.allowAbsoluteUrls),
        // `has` is true for `false` and `null` too, with which axios sends no such header: a ready opt-out.
        hasOwnAuthorization: config.headers.has('Authorization') || config.auth != null,
        epoch,
        isReplayable: isReplayable(config.data),
        send: (accessToken) =>
          send(config, inner ?? axios.defaults.adapter, accessToken, reissuedTokenHeader),
        orCancelled: (promise) => orCancelled(config, promise)
      })
    }
    wrapped.set(adapter, inner ?? undefined)
    return adapter
  }

  return {
    attach(instance) {
      const id = instance.interceptors.request.use(
        (config) => {
          const { adapter } = config
          const inner =
            typeof adapter === 'function' && wrapped.has(adapter) ? wrapped.get(adapter) : adapter
          // Noted here, because an app's interceptors may take their time before it is sent.
          config.adapter = wrap(inner, currentEpoch())
          return config
        },
        null,
        { synchronous: true }
      )
      const detach = () => {
        detachers.delete(detach)
        instance.interceptors.request.eject(id)
      }
      detachers.add(detach)
      return detach
    },
    detachAll() {
      for (const detach of [...detachers]) detach()
    }
  }
}

async function send(
  config: InternalAxiosRequestConfig,
  inner: AdapterOption,
  accessToken: string | undefined,
  reissuedTokenHeader: string
): Promise<IncomingAnswer<AxiosResponse>> {
  const sent = copyConfig(config)
  if (accessToken !== undefined) sent.headers.set('Authorization', `Bearer ${accessToken}`)
  const adapter = typeof inner === 'function' ? inner : axios.getAdapter(inner, sent)
  try {
    const response = await adapter(sent)
    return toAnswer(response, async () => response)
  } catch (error) {
    if (typeof error !== 'object' || error === null) throw error
    if ('config' in error) conceal(error, config)
    if (!isAxiosError(error) || error.response === undefined) throw error
    return toAnswer(error.response, () => Promise.reject(error))
  }

  function toAnswer(
    response: AxiosResponse,
    settle: () => Promise<AxiosResponse>
  ): IncomingAnswer<AxiosResponse> {
    conceal(response, config)
    const finalUrl = readFinalUrl(response.request, config)
    // By `get`, whatever the case: some `fetch` implementations keep the server's spelling of header names.
    const headers = AxiosHeaders.from(response.headers as AxiosHeaders)
    const reissuedHeader = headers.get(reissuedTokenHeader)
    if (accessToken !== undefined) headers.delete(reissuedTokenHeader)
    response.headers = headers
    const discard = () => discardBody(response.data)
    return { status: response.status, finalUrl, reissuedHeader, settle, discard }
  }
}

// With its prototype: axios gives a config none, so that a polluted Object.prototype adds no option.
function copyConfig(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  const copy: InternalAxiosRequestConfig = Object.create(Object.getPrototypeOf(config))
  return Object.assign(copy, config, { headers: new AxiosHeaders(config.headers) })
}

/** Gives the app its own config back, and takes the request out of what is printed: in Node it holds the header. */
function conceal(
  carrier: { config?: unknown; request?: unknown },
  config: InternalAxiosRequestConfig
): void {
  carrier.config = config
  if (carrier.request === undefined) return
  Object.defineProperty(carrier, 'request', {
    value: carrier.request,
    enumerable: false,
    writable: true,
    configurable: true
  })
}

/** A body that streams and is not read keeps its connection. */
function discardBody(data: unknown): void {
  if (typeof data !== 'object' || data === null) return
  if ('destroy' in data && typeof data.destroy === 'function') data.destroy()
  else if ('cancel' in data && typeof data.cancel === 'function') void data.cancel()
}

/** Where the answer came from after redirects: told by XHR and by Node's http, hidden by fetch unless it follows none. */
function readFinalUrl(request: unknown, config: InternalAxiosRequestConfig): string | undefined {
  if (typeof request !== 'object' || request === null) return undefined
  if ('responseURL' in request && typeof request.responseURL === 'string')
    return request.responseURL || undefined
  if ('res' in request && typeof request.res === 'object' && request.res !== null) {
    if ('responseUrl' in request.res && typeof request.res.responseUrl === 'string')
      return request.res.responseUrl
    return config.maxRedirects === 0
      ? joinUrl(config.baseURL ?? '', config.url ?? '', config.allowAbsoluteUrls)
      : undefined
  }
  if (typeof Request !== 'undefined' && request instanceof Request && request.redirect === 'error')
    return request.url
  return undefined
}

/** A stream is spent by the first sending. */
function isReplayable(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return true
  return !('pipe' in data || 'getReader' in data || Symbol.asyncIterator in data)
}

function orCancelled<T>(config: InternalAxiosRequestConfig, promise: Promise<T>): Promise<T> {
  const { signal, cancelToken } = config
  if (signal === undefined && cancelToken === undefined) return promise
  return new Promise<T>((resolve, reject) => {
    const aborted = () => reject(new CanceledError(undefined, config))
    if (signal?.aborted) aborted()
    signal?.addEventListener?.('abort', aborted)
    // The types leave out what CancelToken has had since 0.22.
    const token = cancelToken as
      | {
          subscribe?(listener: (reason: unknown) => void): void
          unsubscribe?(listener: (reason: unknown) => void): void
        }
      | undefined
    token?.subscribe?.(reject)
    promise.then(resolve, reject).finally(() => {
      signal?.removeEventListener?.('abort', aborted)
      token?.unsubscribe?.(reject)
    })
  })
}
