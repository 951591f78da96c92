// Axios binding: makes the requests of an axios instance carry the access token.
//
//   app ── our request interceptor ── the app's interceptors ── our adapter ── sendWithToken
//          swap.enter(config)                                   swap.leave(config)
//
// The adapter attaches the token, because the URL is final only there. A replay starts there too,
// so that the app's interceptors and transforms see each call once.

import axios, {
  type AxiosInstance,
  type AxiosInterceptorManager,
  type AxiosResponse,
  type CreateAxiosDefaults,
  type InternalAxiosRequestConfig
} from 'axios'
import { own } from '../../lib/checks.ts'
import type { AuthError } from '../../lib/errors.ts'
import { invalid } from '../../lib/option-errors.ts'
import type { Platform } from '../../lib/platform.ts'
import { createWaits } from '../../lib/time.ts'
import { joinUrl } from '../../lib/url.ts'
import { isBackground } from '../request-flags.ts'
import type { SendWithToken } from '../send-with-token.ts'
import { isStream } from '../transport.ts'
import { createAdapterSwap } from './adapter-swap.ts'
import { toAxiosShape } from './axios-shape.ts'
import { type AdapterOption, type ExchangeDeps, exchange, isAppAdapter } from './exchange.ts'
import { findHeader } from './read-answer.ts'
import { orReleased, startTimeBudget } from './time-budget.ts'

export interface AxiosBinding {
  /**
   * Attaches the client to an instance and returns a function that detaches it. Attaching twice has
   * no further effect.
   */
  attach(instance: AxiosInstance): () => void
  /** Creates an instance of the client. Its `create` does so too. */
  createInstance(defaults: CreateAxiosDefaults): AxiosInstance
  /** Detaches all instances. Instances of the client reject each later request with `error`. */
  dispose(error: () => AuthError): void
}

export interface AxiosBindingDeps extends ExchangeDeps {
  readonly sendWithToken: SendWithToken
  /** Reports that a request begins. Returns the epoch of its session. */
  readonly beginRequest: (isBackground: boolean) => number | undefined
  readonly platform: Pick<Platform, 'monotonicNow' | 'setTimer'>
}

export function createAxiosBinding(deps: AxiosBindingDeps): AxiosBinding {
  const { sendWithToken, beginRequest, platform, attach: format } = deps
  // The caller owns these waits. A request in flight continues after the client is disposed.
  const { wait } = createWaits(platform)
  const swap = createAdapterSwap(send)
  // Weak references, so that the client does not keep an instance alive.
  const attached = new Set<WeakRef<AxiosInstance>>()
  const detachers = new WeakMap<AxiosInstance, Set<() => void>>()
  const owned = new WeakSet<AxiosInstance>()
  /** Ends an instance of the client. `undefined` until the client is disposed of. */
  let close: ((instance: AxiosInstance) => void) | undefined

  function attach(instance: AxiosInstance): () => void {
    checkInstance(instance)
    const { request, response } = instance.interceptors
    const ejectRequest = onEject(request, request.use(onRequest, null, { synchronous: true }))
    const ejectResponse = onEject(response, response.use(null, onError))
    const others = detachers.get(instance)
    for (const reference of attached) {
      if (reference.deref() === undefined) attached.delete(reference)
    }
    if (others === undefined) attached.add(new WeakRef(instance))
    detachers.set(instance, (others ?? new Set()).add(detach))
    return detach

    function detach(): void {
      detachers.get(instance)?.delete(detach)
      ejectRequest()
      ejectResponse()
    }
  }

  function adopt(instance: AxiosInstance): AxiosInstance {
    if (close !== undefined) close(instance)
    else attach(instance)
    owned.add(instance)
    const { create } = instance
    instance.create = (defaults) => adopt(create(defaults))
    return instance
  }

  function onRequest(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
    // Before 1.21, axios rejects a cancelled request without calling any response interceptor.
    if (isCancelled(config)) {
      swap.leave(config)
      return config
    }
    // Read the epoch now: the app's interceptors may run for a while before the adapter does.
    return swap.enter(config, beginRequest(isBackground(own(config, 'everbearer'))))
  }

  function send(
    config: InternalAxiosRequestConfig,
    adapter: AdapterOption,
    epoch: number | undefined
  ): Promise<AxiosResponse> {
    const { allowAbsoluteUrls } = config
    // As texts, because a `URL` may change while the request waits for a token.
    const [url, baseURL] = [toText(config.url), toText(config.baseURL)]
    const destination = { url, baseURL, allowAbsoluteUrls }
    const options = isAppAdapter(adapter) ? Object.keys(config) : undefined
    const budget = startTimeBudget(config.timeout, platform.monotonicNow)
    return sendWithToken({
      method: config.method ?? 'get',
      url: joinUrl(baseURL ?? '', url ?? '', allowAbsoluteUrls),
      hasOwnHeader: hasOwnHeader(config, format.header),
      isOpaque: config.fetchOptions?.mode === 'no-cors' && isFetch(adapter, config),
      flags: own(config, 'everbearer'),
      epoch,
      isReplayable: !isStream(config.data),
      send: (accessToken) =>
        exchange({ config, destination, adapter, accessToken, budget, options }, deps),
      orReleased: (promise) => orReleased(promise, config, budget, wait),
      toCallerError: (error) => toAxiosShape(error, config)
    })
  }

  // A request that failed before our adapter ran (an abort) still has it in its config.
  function onError(error: unknown): never {
    const { config }: { readonly config?: InternalAxiosRequestConfig } = Object(error)
    if (config) swap.leave(config)
    throw error
  }

  return {
    attach,
    createInstance: (defaults) => adopt(axios.create(defaults)),
    dispose(error) {
      close = ({ interceptors }) =>
        void interceptors.request.use((config) => Promise.reject(toAxiosShape(error(), config)))
      for (const reference of attached) {
        const instance = reference.deref()
        if (instance === undefined) continue
        for (const detach of [...(detachers.get(instance) ?? [])]) detach()
        if (owned.has(instance)) close(instance)
      }
    }
  }
}

/** Returns a function that ejects the handler, unless the app has cleared all interceptors. */
function onEject<Value>(manager: AxiosInterceptorManager<Value>, id: number): () => void {
  const handler = manager.handlers?.at(-1)
  // axios 1.18 gives the ids of cleared interceptors to new ones, which may be the app's.
  return () => {
    if (handler === undefined || manager.handlers?.includes(handler)) manager.eject(id)
  }
}

/** In Node, axios accepts a `URL` too. */
function toText(url: unknown): string | undefined {
  return typeof url === 'string' || url === undefined ? url : String(url ?? '')
}

// Axios uses the first adapter of a list that works in the current environment.
function isFetch(adapter: AdapterOption, config: InternalAxiosRequestConfig): boolean {
  if (typeof adapter === 'function') return false
  const chosen = axios.getAdapter(adapter ?? axios.defaults.adapter, config)
  return chosen === axios.getAdapter('fetch', config)
}

function isCancelled({ signal, cancelToken }: InternalAxiosRequestConfig): boolean {
  return signal?.aborted === true || cancelToken?.reason !== undefined
}

// `false` and `null` count: with them axios sends no such header, so they are an opt-out. The
// headers may be a plain object if an adapter of the app calls ours.
function hasOwnHeader(config: InternalAxiosRequestConfig, header: string): boolean {
  const { headers, auth } = config
  if (auth && header.toLowerCase() === 'authorization') return true
  const key = findHeader(headers, header)
  return key !== undefined && headers[key] !== undefined
}

function checkInstance(instance: unknown): void {
  const { request, response } = (instance as Partial<AxiosInstance> | undefined)?.interceptors ?? {}
  if (typeof request?.use === 'function' && typeof response?.use === 'function') return
  throw invalid('attach(): instance', 'axios')
}
