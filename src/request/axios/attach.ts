// Carries the token on axios requests: beneath every interceptor, in the adapter, on a copy that the app never sees.

import axios, {
  type AxiosAdapter,
  type AxiosInstance,
  CanceledError,
  type InternalAxiosRequestConfig
} from 'axios'
import { invalid, own } from '../../lib/checks.ts'
import type { Platform } from '../../lib/platform.ts'
import { joinUrl } from '../../lib/url.ts'
import type { SendWithToken } from '../send-with-token.ts'
import { isReplayable } from '../transport.ts'
import { type AdapterOption, type ExchangeDeps, exchange, toTimeoutError } from './exchange.ts'
import { startTimeBudget, type TimeBudget } from './time-budget.ts'

export interface AxiosBinding {
  /** Puts the token on this instance's requests; returns the detach. Attaching twice changes nothing. */
  attach(instance: AxiosInstance): () => void
  detachAll(): void
}

export interface AxiosBindingDeps extends ExchangeDeps {
  readonly sendWithToken: SendWithToken
  /** A request begins: the epoch of its session. */
  readonly beginRequest: () => number | undefined
  readonly platform: Pick<Platform, 'monotonicNow' | 'setTimer'>
}

export function createAxiosBinding(options: AxiosBindingDeps): AxiosBinding {
  const { sendWithToken, beginRequest, platform } = options
  // Weak, so that an instance which the app has let go of is not kept for the client's life.
  const attached = new Set<WeakRef<AxiosInstance>>()
  const detachers = new WeakMap<AxiosInstance, Set<() => void>>()
  // A request that is cancelled before it is sent leaves its config with the wrapper in it, and may be sent again.
  const wrapped = new WeakMap<AxiosAdapter, AdapterOption>()

  function wrap(inner: AdapterOption | null, epoch: number | undefined): AxiosAdapter {
    // What is falsy is nothing to axios: `condition && value` is common.
    const adapter = inner || undefined
    const wrapper: AxiosAdapter = (config) => {
      unwrap(config, inner)
      const { url, baseURL, allowAbsoluteUrls } = config
      const destination = { url, baseURL, allowAbsoluteUrls }
      const budget = startTimeBudget(config.timeout, platform.monotonicNow)
      return sendWithToken({
        url: joinUrl(baseURL ?? '', url ?? '', allowAbsoluteUrls),
        hasOwnAuthorization: hasAuthorization(config.headers) || Boolean(config.auth),
        isOpaque: config.fetchOptions?.mode === 'no-cors' && isFetch(adapter, config),
        flags: own(config, 'everbearer'),
        epoch,
        isReplayable: isReplayable(config.data),
        send: (accessToken) =>
          exchange({ config, destination, adapter, accessToken, budget }, options),
        orReleased: (promise) => orReleased(promise, config, budget)
      })
    }
    wrapped.set(wrapper, adapter)
    return wrapper
  }

  function innerOf({ adapter }: InternalAxiosRequestConfig): AdapterOption | null {
    return typeof adapter === 'function' && wrapped.has(adapter) ? wrapped.get(adapter) : adapter
  }

  // By `Reflect`, for an app may have frozen its config.
  function unwrap(config: InternalAxiosRequestConfig, inner: AdapterOption | null): void {
    if (inner === undefined) Reflect.deleteProperty(config, 'adapter')
    else Reflect.set(config, 'adapter', inner)
  }

  function orReleased<T>(
    promise: Promise<T>,
    config: InternalAxiosRequestConfig,
    budget: TimeBudget | undefined
  ): Promise<T> {
    const { signal, cancelToken } = config
    if (signal == null && cancelToken == null && budget === undefined) return promise
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
      const cancelTimer =
        budget && platform.setTimer(() => reject(toTimeoutError(config)), budget.remainingMs())
      promise.then(resolve, reject).finally(() => {
        signal?.removeEventListener?.('abort', aborted)
        token?.unsubscribe?.(reject)
        cancelTimer?.()
      })
    })
  }

  return {
    attach(instance) {
      checkInstance(instance)
      const request = instance.interceptors.request.use(
        (config) => {
          const inner = innerOf(config)
          // Before 1.21 axios rejects at once what is cancelled already, and no response interceptor sees it.
          if (isCancelled(config)) {
            unwrap(config, inner)
            return config
          }
          // Noted here, because an app's interceptors may take their time before it is sent.
          const adapter = wrap(inner, beginRequest())
          // A frozen one is followed by a copy.
          if (Reflect.set(config, 'adapter', adapter)) return config
          return Object.assign(Object.create(Object.getPrototypeOf(config)), config, { adapter })
        },
        null,
        { synchronous: true }
      )
      const response = instance.interceptors.response.use(null, (error) => {
        const { config }: { readonly config?: InternalAxiosRequestConfig } = Object(error)
        const adapter = config?.adapter
        if (config && typeof adapter === 'function' && wrapped.has(adapter)) {
          unwrap(config, wrapped.get(adapter))
        }
        throw error
      })
      const detach = () => {
        detachers.get(instance)?.delete(detach)
        instance.interceptors.request.eject(request)
        instance.interceptors.response.eject(response)
      }
      for (const reference of attached) {
        if (reference.deref() === undefined) attached.delete(reference)
      }
      const others = detachers.get(instance)
      if (others === undefined) attached.add(new WeakRef(instance))
      detachers.set(instance, (others ?? new Set()).add(detach))
      return detach
    },
    detachAll() {
      for (const reference of attached) {
        const instance = reference.deref()
        const all = instance === undefined ? [] : (detachers.get(instance) ?? [])
        for (const detach of [...all]) detach()
      }
    }
  }
}

// Of a list axios takes the first that works here.
function isFetch(adapter: AdapterOption, config: InternalAxiosRequestConfig): boolean {
  if (typeof adapter === 'function') return false
  const chosen = axios.getAdapter(adapter ?? axios.defaults.adapter, config)
  return chosen === axios.getAdapter('fetch', config)
}

function isCancelled({ signal, cancelToken }: InternalAxiosRequestConfig): boolean {
  return signal?.aborted === true || cancelToken?.reason !== undefined
}

// `false` and `null` count, with which axios sends no such header: a ready opt-out. An adapter of the app's around ours may
// hand on plain headers.
function hasAuthorization(headers: object = {}): boolean {
  return Object.entries(headers).some(
    ([name, value]) => name.toLowerCase() === 'authorization' && value !== undefined
  )
}

function checkInstance(instance: unknown): void {
  const { request, response } = (instance as Partial<AxiosInstance> | undefined)?.interceptors ?? {}
  if (typeof request?.use === 'function' && typeof response?.use === 'function') return
  throw invalid('instance of attach()', 'an axios instance, such as axios.create() returns')
}
