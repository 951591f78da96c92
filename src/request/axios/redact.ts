// Keeps the token out of what the app sees of a request: configs, errors and what is printed of them.
import type { InternalAxiosRequestConfig } from 'axios'
import { type Fetch, noteFinalUrl, onceForEach } from './response-url.ts'

export interface Redaction {
  /**
   * Of a response or an error, and of each error in it: gives the app its own config back, and takes the request out of
   * what is printed, since in Node it holds the header. By `Reflect`, for an app may have frozen what it throws.
   */
  conceal(carrier: unknown): void
  /** Of the errors of a body that streams, which come when the answer has long been handed out. */
  concealErrors(data: unknown): void
}

interface Carrier {
  readonly config?: unknown
  readonly request?: unknown
  readonly response?: unknown
  readonly cause?: unknown
}

/** `own` is the app's config, `sent` the copy of it that carried `accessToken`. */
export function createRedaction(
  own: InternalAxiosRequestConfig,
  sent: InternalAxiosRequestConfig,
  accessToken: string | undefined
): Redaction {
  // An adapter of the app's may have made a copy of its own; or it failed at something else, whose config is not ours.
  function isOurs(config: unknown): boolean {
    if (config === sent) return true
    if (typeof config !== 'object' || config === null || accessToken === undefined) return false
    const headers: unknown = Reflect.get(config, 'headers')
    return Object.values(Object(headers)).includes(`Bearer ${accessToken}`)
  }

  function conceal(carrier: unknown, seen = new Set<unknown>()): void {
    if (typeof carrier !== 'object' || carrier === null || seen.has(carrier)) return
    seen.add(carrier)
    const { config, request, response, cause }: Carrier = carrier
    if (isOurs(config)) Reflect.set(carrier, 'config', own)
    if (request !== undefined) {
      Reflect.defineProperty(carrier, 'request', {
        value: request,
        enumerable: false,
        writable: true,
        configurable: true
      })
    }
    conceal(response, seen)
    conceal(cause, seen)
  }

  return {
    conceal: (carrier) => conceal(carrier),
    concealErrors(data) {
      const emit: unknown = Reflect.get(Object(data), 'emit')
      if (typeof emit !== 'function') return
      Reflect.defineProperty(Object(data), 'emit', {
        value(this: unknown, name: unknown, ...rest: unknown[]): unknown {
          if (name === 'error') conceal(rest[0])
          return Reflect.apply(emit, this, [name, ...rest])
        },
        enumerable: false,
        writable: true,
        configurable: true
      })
    }
  }
}

/** A `fetch` for axios: it notes where the answer came from, and the request that was sent forgets the token. */
export const takeTokenBack: (inner: Fetch) => Fetch = onceForEach((inner) => {
  const send = noteFinalUrl(inner)
  return async (input, init) => {
    try {
      return await send(input, init)
    } finally {
      // The one that errors show; what went out is a copy of it.
      if (input instanceof Request) input.headers.delete('Authorization')
    }
  }
})
