// Axios binding: makes the requests of an axios instance carry the access token.
//
//   app ── our request interceptor ── the app's interceptors ── our adapter ── sendWithToken
//          swap.enter(config)                                   swap.leave(config)
//
// The adapter attaches the token, because the URL is final only there. A replay starts there too,
// so that the app's interceptors and transforms see each call once.

import axios, {
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosResponse,
  type InternalAxiosRequestConfig
} from 'axios'
import { own } from '../../lib/checks.ts'
import { invalid } from '../../lib/option-errors.ts'
import type { Platform } from '../../lib/platform.ts'
import { joinUrl } from '../../lib/url.ts'
import { isBackground } from '../request-flags.ts'
import type { SendWithToken } from '../send-with-token.ts'
import { isStream } from '../transport.ts'
import { type AdapterOption, type ExchangeDeps, exchange } from './exchange.ts'
import { orReleased, startTimeBudget } from './time-budget.ts'

export interface AxiosBinding {
  /**
   * Attaches the client to an instance and returns a function that detaches it. Attaching twice has
   * no further effect.
   */
  attach(instance: AxiosInstance): () => void
  detachAll(): void
}

export interface AxiosBindingDeps extends ExchangeDeps {
  readonly sendWithToken: SendWithToken
  /** Reports that a request begins. Returns the epoch of its session. */
  readonly beginRequest: (isBackground: boolean) => number | undefined
  readonly platform: Pick<Platform, 'monotonicNow' | 'setTimer'>
}

export function createAxiosBinding(deps: AxiosBindingDeps): AxiosBinding {
  const { sendWithToken, beginRequest, platform, attach: format, reissue, fetch } = deps
  const swap = createAdapterSwap(send)
  // Weak references, so that the client does not keep an instance alive.
  const attached = new Set<WeakRef<AxiosInstance>>()
  const detachers = new WeakMap<AxiosInstance, Set<() => void>>()

  function attach(instance: AxiosInstance): () => void {
    checkInstance(instance)
    const request = instance.interceptors.request.use(onRequest, null, { synchronous: true })
    const response = instance.interceptors.response.use(null, onError)
    const others = detachers.get(instance)
    for (const reference of attached) {
      if (reference.deref() === undefined) attached.delete(reference)
    }
    if (others === undefined) attached.add(new WeakRef(instance))
    detachers.set(instance, (others ?? new Set()).add(detach))
    return detach

    function detach(): void {
      detachers.get(instance)?.delete(detach)
      instance.interceptors.request.eject(request)
      instance.interceptors.response.eject(response)
    }
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
    const { url, baseURL, allowAbsoluteUrls } = config
    const destination = { url, baseURL, allowAbsoluteUrls }
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
        exchange(
          { config, destination, adapter, accessToken, budget },
          { attach: format, reissue, fetch }
        ),
      orReleased: (promise) => orReleased(promise, config, budget, platform)
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
    detachAll() {
      for (const reference of attached) {
        const instance = reference.deref()
        const all = instance === undefined ? [] : (detachers.get(instance) ?? [])
        for (const detach of [...all]) detach()
      }
    }
  }
}

/**
 * Our adapter stands in a config from `enter` until `leave`: from our request interceptor until it
 * runs, or until the request fails before that. Outside of that span, the app sees its own adapter.
 */
interface AdapterSwap {
  /** Replaces the app's adapter by ours. Returns the config, or a copy if it is frozen. */
  enter(config: InternalAxiosRequestConfig, epoch: number | undefined): InternalAxiosRequestConfig
  /** Restores the adapter that `installed` replaced, if `installed` is ours. */
  leave(config: InternalAxiosRequestConfig, installed?: AdapterOption | null): void
}

function createAdapterSwap(
  send: (
    config: InternalAxiosRequestConfig,
    adapter: AdapterOption,
    epoch: number | undefined
  ) => Promise<AxiosResponse>
): AdapterSwap {
  const replaced = new WeakMap<AxiosAdapter, AdapterOption | null>()

  function enter(
    config: InternalAxiosRequestConfig,
    epoch: number | undefined
  ): InternalAxiosRequestConfig {
    // A request that was cancelled before it was sent may be sent again with our adapter in place.
    const { adapter: found } = config
    const original = isOurs(found) ? replaced.get(found) : found
    const adapter: AxiosAdapter = (sent) => {
      leave(sent, adapter)
      // Axios takes any falsy adapter for a missing one, and `condition && value` is common.
      return send(sent, original || undefined, epoch)
    }
    replaced.set(adapter, original)
    if (Reflect.set(config, 'adapter', adapter)) return config
    return Object.assign(Object.create(Object.getPrototypeOf(config)), config, { adapter })
  }

  // `Reflect` does not throw if the app froze its config.
  function leave(
    config: InternalAxiosRequestConfig,
    installed: AdapterOption | null = config.adapter
  ): void {
    if (!isOurs(installed)) return
    const original = replaced.get(installed)
    if (original === undefined) Reflect.deleteProperty(config, 'adapter')
    else Reflect.set(config, 'adapter', original)
  }

  function isOurs(adapter: AdapterOption | null): adapter is AxiosAdapter {
    return typeof adapter === 'function' && replaced.has(adapter)
  }

  return { enter, leave }
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
function hasOwnHeader({ headers, auth }: InternalAxiosRequestConfig, header: string): boolean {
  const name = header.toLowerCase()
  if (auth && name === 'authorization') return true
  return Object.entries(headers ?? {}).some(
    ([key, value]) => key.toLowerCase() === name && value !== undefined
  )
}

function checkInstance(instance: unknown): void {
  const { request, response } = (instance as Partial<AxiosInstance> | undefined)?.interceptors ?? {}
  if (typeof request?.use === 'function' && typeof response?.use === 'function') return
  throw invalid('attach(): instance', 'axios')
}
