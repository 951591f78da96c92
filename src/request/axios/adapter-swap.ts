// Adapter swap: puts our adapter into the config of a request, and the app's adapter back.

import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import type { AdapterOption } from './exchange.ts'

/** Sends a request of the session `epoch` with the app's adapter. */
type SendFrom = (
  config: InternalAxiosRequestConfig,
  adapter: AdapterOption,
  epoch: number | undefined
) => Promise<AxiosResponse>

/**
 * Our adapter stands in a config from `enter` until `leave`: from our request interceptor until it
 * runs, or until the request fails before that. Outside of that span, the app sees its own adapter.
 */
export interface AdapterSwap {
  /** Replaces the app's adapter by ours. Returns the config, or a copy if it is frozen. */
  enter(config: InternalAxiosRequestConfig, epoch: number | undefined): InternalAxiosRequestConfig
  /** Restores the adapter that `installed` replaced, if `installed` is ours. */
  leave(config: InternalAxiosRequestConfig, installed?: AdapterOption | null): void
}

export function createAdapterSwap(send: SendFrom): AdapterSwap {
  // A property is faster than a `WeakMap`, and its name belongs to this client.
  const replaced = Symbol('replaced')
  type OurAdapter = AxiosAdapter & { [replaced]: AdapterOption | null }

  function enter(
    config: InternalAxiosRequestConfig,
    epoch: number | undefined
  ): InternalAxiosRequestConfig {
    // A request that was cancelled before it was sent may be sent again with our adapter in place.
    const { adapter: found } = config
    const original = isOurs(found) ? found[replaced] : found
    const adapter: OurAdapter = (sent) => {
      leave(sent, adapter)
      // Axios takes any falsy adapter for a missing one, and `condition && value` is common.
      return send(sent, original || undefined, epoch)
    }
    adapter[replaced] = original
    if (Reflect.set(config, 'adapter', adapter)) return config
    return Object.assign(Object.create(Object.getPrototypeOf(config)), config, { adapter })
  }

  // `Reflect` does not throw if the app froze its config.
  function leave(
    config: InternalAxiosRequestConfig,
    installed: AdapterOption | null = config.adapter
  ): void {
    if (!isOurs(installed)) return
    const original = installed[replaced]
    if (original === undefined) Reflect.deleteProperty(config, 'adapter')
    else Reflect.set(config, 'adapter', original)
  }

  function isOurs(adapter: AdapterOption | null): adapter is OurAdapter {
    return typeof adapter === 'function' && replaced in adapter
  }

  return { enter, leave }
}
