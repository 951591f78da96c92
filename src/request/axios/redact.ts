// Axios redaction: keeps the token out of the responses and errors that the app sees.

import type { InternalAxiosRequestConfig } from 'axios'

interface Redactor {
  /**
   * Redacts a response or an error, and each error inside it. Puts the app's config back, and hides
   * the request from printing, because in Node it holds the header.
   */
  redact(carrier: unknown): void
  /** Redacts the errors of a streaming body, which occur after the app has the response. */
  redactStreamErrors(data: unknown): void
}

interface Carrier {
  readonly config?: unknown
  readonly request?: unknown
  readonly response?: unknown
  readonly cause?: unknown
}

/** `sent` is the copy of `appConfig` that carried `credential` in a header. */
export function createRedactor(
  appConfig: InternalAxiosRequestConfig,
  sent: InternalAxiosRequestConfig,
  credential: string | undefined
): Redactor {
  // The app's adapter may have copied `sent`. It may also throw an error of another request. The
  // config of that request must stay.
  function holdsToken(config: unknown): boolean {
    if (config === sent) return true
    if (typeof config !== 'object' || config === null || credential === undefined) return false
    const headers: unknown = Reflect.get(config, 'headers')
    return Object.values(Object(headers)).includes(credential)
  }

  // `Reflect` does not throw if the app's adapter froze the carrier.
  function redact(carrier: unknown, seen = new Set<unknown>()): void {
    if (typeof carrier !== 'object' || carrier === null || seen.has(carrier)) return
    seen.add(carrier)
    const { config, request, response, cause }: Carrier = carrier
    if (holdsToken(config)) Reflect.set(carrier, 'config', appConfig)
    if (request !== undefined) hide(carrier, 'request', request)
    redact(response, seen)
    redact(cause, seen)
  }

  function redactStreamErrors(data: unknown): void {
    const emit: unknown = Reflect.get(Object(data), 'emit')
    if (typeof emit !== 'function') return
    hide(Object(data), 'emit', function (this: unknown, name: unknown, ...rest: unknown[]) {
      if (name === 'error') redact(rest[0])
      return Reflect.apply(emit, this, [name, ...rest])
    })
  }

  return { redact: (carrier) => redact(carrier), redactStreamErrors }
}

function hide(target: object, name: string, value: unknown): void {
  const descriptor = { value, enumerable: false, writable: true, configurable: true }
  Reflect.defineProperty(target, name, descriptor)
}
