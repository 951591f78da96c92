// Carries the token on axios requests: beneath every interceptor, in the adapter, on a copy that the app never sees.
import {
  type AxiosAdapter,
  type AxiosInstance,
  CanceledError,
  type InternalAxiosRequestConfig
} from 'axios'
import { own } from '../option-checks.ts'
import type { Platform } from '../platform.ts'
import { joinUrl } from '../url.ts'
import {
  type AdapterOption,
  type ExchangeOptions,
  exchange,
  toTimeoutError
} from './axios-exchange.ts'
import type { SendWithBearer } from './bearer.ts'
import { isReplayable } from './body.ts'
import { startTimeBudget, type TimeBudget } from './time-budget.ts'

export interface AxiosBinding {
  /** Puts the token on this instance's requests; returns the detach. Attaching twice changes nothing. */
  attach(instance: AxiosInstance): () => void
  detachAll(): void
}

export interface AxiosBindingOptions extends ExchangeOptions {
  readonly sendWithBearer: SendWithBearer
  /** A request begins: the epoch of its session. */
  readonly beginRequest: () => number | undefined
  readonly platform: Pick<Platform, 'monotonicNow' | 'setTimer'>
}

export function createAxiosBinding(options: AxiosBindingOptions): AxiosBinding {
  const { sendWithBearer, beginRequest, platform } = options
  const detachers = new Set<() => void>()
  // A request that is cancelled before it is sent leaves its config with the wrapper in it, and may be sent again.
  const wrapped = new WeakMap<AxiosAdapter, AdapterOption>()

  function wrap(inner: AdapterOption | null, epoch: number | undefined): AxiosAdapter {
    const wrapper: AxiosAdapter = (config) => {
      if (inner == null) delete config.adapter
      else config.adapter = inner
      const { url, baseURL, allowAbsoluteUrls } = config
      const destination = { url, baseURL, allowAbsoluteUrls }
      const adapter = inner ?? undefined
      const budget = startTimeBudget(config.timeout, platform.monotonicNow)
      return sendWithBearer({
        url: joinUrl(baseURL ?? '', url ?? '', allowAbsoluteUrls),
        // `has` is true for `false` and `null` too, with which axios sends no such header: a ready opt-out.
        hasOwnAuthorization: config.headers.has('Authorization') || config.auth != null,
        flags: own(config, 'everbearer'),
        epoch,
        isReplayable: isReplayable(config.data),
        send: (accessToken) =>
          exchange({ config, destination, adapter, accessToken, budget }, options),
        orReleased: (promise) => orReleased(promise, config, budget)
      })
    }
    wrapped.set(wrapper, inner ?? undefined)
    return wrapper
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
      const id = instance.interceptors.request.use(
        (config) => {
          const { adapter } = config
          const inner =
            typeof adapter === 'function' && wrapped.has(adapter) ? wrapped.get(adapter) : adapter
          // Noted here, because an app's interceptors may take their time before it is sent.
          config.adapter = wrap(inner, beginRequest())
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
