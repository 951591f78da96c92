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
import { joinUrl } from '../refresh/endpoints.ts'
import type { IncomingAnswer, SendWithBearer } from './bearer.ts'

type AdapterOption = InternalAxiosRequestConfig['adapter']

export interface AxiosBinding {
  /** Puts the token on this instance's requests; returns the detach. Attaching twice changes nothing. */
  attach(instance: AxiosInstance): () => void
  detachAll(): void
}

export function createAxiosBinding(
  sendWithBearer: SendWithBearer,
  reissuedTokenHeader: string
): AxiosBinding {
  const detachers = new Map<AxiosInstance, () => void>()
  // A request that is cancelled before it is sent leaves its config with the wrapper in it, and may be sent again.
  const wrapped = new WeakMap<AxiosAdapter, AdapterOption>()

  function wrap(inner: AdapterOption): AxiosAdapter {
    const adapter: AxiosAdapter = (config) => {
      if (inner === undefined) delete config.adapter
      else config.adapter = inner
      return sendWithBearer({
        url: joinUrl(config.baseURL ?? '', config.url ?? '', config.allowAbsoluteUrls),
        // `has` is true for `false` and `null` too, with which axios sends no such header: a ready opt-out.
        hasOwnAuthorization: config.headers.has('Authorization') || config.auth !== undefined,
        isReplayable: isReplayable(config.data),
        send: (accessToken) => send(config, inner, accessToken, reissuedTokenHeader),
        orCancelled: (promise) => orCancelled(config, promise)
      })
    }
    wrapped.set(adapter, inner)
    return adapter
  }

  return {
    attach(instance) {
      const attached = detachers.get(instance)
      if (attached !== undefined) return attached
      const id = instance.interceptors.request.use(
        (config) => {
          const { adapter } = config
          config.adapter = wrap(
            typeof adapter === 'function' && wrapped.has(adapter) ? wrapped.get(adapter) : adapter
          )
          return config
        },
        null,
        { synchronous: true }
      )
      const detach = () => {
        if (detachers.delete(instance)) instance.interceptors.request.eject(id)
      }
      detachers.set(instance, detach)
      return detach
    },
    detachAll() {
      for (const detach of [...detachers.values()]) detach()
    }
  }
}

async function send(
  config: InternalAxiosRequestConfig,
  inner: AdapterOption,
  accessToken: string | undefined,
  reissuedTokenHeader: string
): Promise<IncomingAnswer<AxiosResponse>> {
  const sent: InternalAxiosRequestConfig = { ...config, headers: new AxiosHeaders(config.headers) }
  if (accessToken !== undefined) sent.headers.set('Authorization', `Bearer ${accessToken}`)
  const adapter = typeof inner === 'function' ? inner : axios.getAdapter(inner, sent)
  try {
    const response = await adapter(sent)
    conceal(response, config)
    return toAnswer(response, config, reissuedTokenHeader, async () => response)
  } catch (error) {
    if (!isAxiosError(error)) throw error
    conceal(error, config)
    if (error.response === undefined) throw error
    conceal(error.response, config)
    return toAnswer(error.response, config, reissuedTokenHeader, () => Promise.reject(error))
  }
}

function toAnswer(
  response: AxiosResponse,
  config: InternalAxiosRequestConfig,
  reissuedTokenHeader: string,
  settle: () => Promise<AxiosResponse>
): IncomingAnswer<AxiosResponse> {
  return {
    status: response.status,
    finalUrl: readFinalUrl(response.request, config),
    // By `get`, whatever the case: some `fetch` implementations keep the server's spelling of header names.
    reissuedHeader: AxiosHeaders.from(response.headers as AxiosHeaders).get(reissuedTokenHeader),
    settle
  }
}

/** Gives the app its own config back, and takes the request out of what is printed: in Node it holds the header. */
function conceal(
  carrier: { config?: InternalAxiosRequestConfig; request?: unknown },
  config: InternalAxiosRequestConfig
): void {
  carrier.config = config
  if (carrier.request !== undefined) {
    Object.defineProperty(carrier, 'request', {
      value: carrier.request,
      enumerable: false,
      writable: true,
      configurable: true
    })
  }
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
