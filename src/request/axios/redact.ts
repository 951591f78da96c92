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

/**
 * `sent` is the copy of `appConfig` that the adapter gets, with the token in a header. An
 * entry is a note of the adapter unless `notNotes` has its name.
 */
export function createRedactor(
  appConfig: InternalAxiosRequestConfig,
  sent: InternalAxiosRequestConfig,
  notNotes: ReadonlySet<string>,
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
    for (const [name, note] of Object.entries(config)) {
      if (!notNotes.has(name) && !holdsToken(note)) Reflect.set(appConfig, name, note)
    }
  }

  // `Reflect` does not throw if the app's adapter froze the carrier.
  function redact(carrier: unknown, seen = new Set<unknown>()): void {
    if (typeof carrier !== 'object' || carrier === null || seen.has(carrier)) return
    seen.add(carrier)
    const { config, request, response, cause }: Carrier = carrier
    if (isSent(config)) {
      keepNotes(config)
      Reflect.set(carrier, 'config', appConfig)
    }
    if (request !== undefined) hide(carrier, 'request', request)
    for (const name of ['message', 'stack']) {
      const text: unknown = Reflect.get(carrier, name)
      if (typeof text !== 'string' || accessToken === undefined) continue
      if (text.includes(accessToken)) Reflect.set(carrier, name, text.replaceAll(accessToken, '…'))
    }
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

/** Defines a property that printing and `Object.keys` skip. */
export function hide(target: object, name: string, value: unknown): void {
  // Without a prototype, because a descriptor may inherit from a polluted `Object.prototype` too.
  const hidden = { __proto__: null, value, enumerable: false, writable: true, configurable: true }
  Reflect.defineProperty(target, name, hidden as PropertyDescriptor)
}
