// Takes the token out of what the app sees of a request: its config is its own, and what holds the header is not printed.
import type { InternalAxiosRequestConfig } from 'axios'

/**
 * Gives the app its own config back, and takes the request out of what is printed: in Node it holds the header. Of an
 * error that has others in it, of each. By `Reflect`, for an app may have frozen what it throws.
 */
export function conceal(
  carrier: unknown,
  config: InternalAxiosRequestConfig,
  seen: ReadonlySet<unknown> = new Set()
): void {
  if (typeof carrier !== 'object' || carrier === null || seen.has(carrier)) return
  const { request, response, cause }: { request?: unknown; response?: unknown; cause?: unknown } =
    carrier
  if ('config' in carrier && carrier.config != null) Reflect.set(carrier, 'config', config)
  if (request !== undefined) {
    Reflect.defineProperty(carrier, 'request', {
      value: request,
      enumerable: false,
      writable: true,
      configurable: true
    })
  }
  for (const inner of [response, cause]) conceal(inner, config, new Set([...seen, carrier]))
}

/** The errors of a body that streams come when the answer has long been handed out. */
export function concealErrors(data: unknown, config: InternalAxiosRequestConfig): void {
  if (typeof data !== 'object' || data === null || !('pipe' in data) || !('emit' in data)) return
  const { emit } = data
  if (typeof emit !== 'function') return
  Reflect.defineProperty(data, 'emit', {
    value(this: unknown, name: unknown, ...rest: unknown[]): unknown {
      if (name === 'error') conceal(rest[0], config)
      return Reflect.apply(emit, this, [name, ...rest])
    },
    enumerable: false,
    writable: true,
    configurable: true
  })
}
