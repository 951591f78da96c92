// Axios redaction: keeps the token out of the responses and errors that the app sees.

import type { InternalAxiosRequestConfig } from 'axios'
import { changedNames } from './sent-config.ts'

interface Redactor {
  /**
   * Redacts a response or an error, and each error inside it. Puts the app's config back, and hides
   * the request from printing, because in Node it holds the header.
   */
  redact(carrier: unknown): void
  /** Redacts a streaming body, and its errors, which occur after the app has the response. */
  redactStream(data: unknown): void
}

interface Carrier {
  readonly config?: unknown
  readonly request?: unknown
  readonly response?: unknown
  readonly cause?: unknown
  readonly message?: unknown
  readonly stack?: unknown
}

/**
 * `sent` is the copy of `appConfig` that the adapter gets, with the token in a header. An entry is
 * a note of the adapter unless `options` has its name. Without `options` nothing is a note.
 */
export function createRedactor(
  appConfig: InternalAxiosRequestConfig,
  sent: InternalAxiosRequestConfig,
  options: readonly string[] | undefined,
  accessToken: string | undefined
): Redactor {
  function holdsToken(value: unknown): boolean {
    if (accessToken === undefined) return false
    const texts = typeof value === 'string' ? [value] : Object.values(Object(value))
    return texts.some((text) => typeof text === 'string' && text.includes(accessToken))
  }

  // The app's adapter may have copied `sent`. It may also throw an error of another request. The
  // config of that request must stay.
  function isSent(config: unknown): config is object {
    return config === sent || holdsToken(Reflect.get(Object(config), 'headers'))
  }

  /** Copies the adapter's notes to the app's config: its new entries, but no changed option. */
  function keepNotes(config: object): void {
    if (options === undefined) return
    // New entries come last. Only an adapter that has made a copy may have put them elsewhere.
    for (const name of Object.keys(config).reverse()) {
      const isNote = !options.includes(name) && !changedNames.includes(name)
      if (!isNote && config === sent) return
      const note: unknown = isNote ? Reflect.get(config, name) : undefined
      if (isNote && !holdsToken(note)) Reflect.set(appConfig, name, note)
    }
  }

  // `Reflect` does not throw if the app's adapter froze the carrier.
  function redact(carrier: unknown, seen: readonly unknown[] = []): void {
    if (typeof carrier !== 'object' || carrier === null || seen.includes(carrier)) return
    const { config, request, response, cause }: Carrier = carrier
    if (isSent(config)) {
      keepNotes(config)
      Reflect.set(carrier, 'config', appConfig)
    }
    if (showsHeaders(request)) hide(carrier, 'request', request)
    redactText(carrier, 'message')
    redactText(carrier, 'stack')
    if (response !== undefined) redact(response, [...seen, carrier])
    if (cause !== undefined) redact(cause, [...seen, carrier])
  }

  function redactText(carrier: Carrier, name: 'message' | 'stack'): void {
    const text = carrier[name]
    if (typeof text !== 'string' || accessToken === undefined || !text.includes(accessToken)) return
    Reflect.set(carrier, name, text.replaceAll(accessToken, '…'))
  }

  function redactStream(data: unknown): void {
    const stream = Object(data)
    // In Node, each of them leads to the request and its headers.
    for (const name of ['req', 'socket', 'client']) {
      if (Object.hasOwn(stream, name)) hide(stream, name, stream[name])
    }
    const emit: unknown = Reflect.get(stream, 'emit')
    if (typeof emit !== 'function') return
    hide(stream, 'emit', function (this: unknown, name: unknown, ...rest: unknown[]) {
      if (name === 'error') redact(rest[0])
      return Reflect.apply(emit, this, [name, ...rest])
    })
  }

  return { redact: (carrier) => redact(carrier), redactStream }
}

/** All but the XMLHttpRequest of a browser. That of React Native keeps them in a property. */
function showsHeaders(request: unknown): boolean {
  if (typeof request !== 'object' || request === null) return false
  return 'headers' in request || Object.keys(request).length > 0
}

/** Defines a property that printing and `Object.keys` skip. */
export function hide(target: object, name: string, value: unknown): void {
  // Without a prototype, because a descriptor may inherit from a polluted `Object.prototype` too.
  const hidden = { __proto__: null, value, enumerable: false, writable: true, configurable: true }
  Reflect.defineProperty(target, name, hidden as PropertyDescriptor)
}
