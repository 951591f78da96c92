// Axios redaction: keeps the token out of the responses and errors that the app sees.

import type { InternalAxiosRequestConfig } from 'axios'
import { changedNames } from './sent-config.ts'

/** A request as the app made it, and as its adapter got it. */
export interface Sending {
  readonly appConfig: InternalAxiosRequestConfig
  /** The copy of `appConfig` that the adapter gets, with the token in a header. */
  readonly sent: InternalAxiosRequestConfig
  /**
   * The names in `appConfig` before an adapter of the app ran. Other entries are its notes. Without
   * the names, nothing is a note.
   */
  readonly options: readonly string[] | undefined
  readonly accessToken: string | undefined
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
 * Redacts a response or an error, and each error inside it. Puts the app's config back, and hides
 * the request from printing, because in Node it holds the header.
 */
export function redact(
  sending: Sending,
  carrier: unknown,
  outer: readonly unknown[] | undefined = undefined
): void {
  if (typeof carrier !== 'object' || carrier === null || outer?.includes(carrier)) return
  const { config, request, response, cause }: Carrier = carrier
  // `Reflect` does not throw if the app's adapter froze the carrier.
  if (isSent(sending, config)) {
    keepNotes(sending, config)
    Reflect.set(carrier, 'config', sending.appConfig)
  }
  if (showsHeaders(request)) hide(carrier, 'request', request)
  redactText(sending, carrier, 'message')
  redactText(sending, carrier, 'stack')
  if (response === undefined && cause === undefined) return
  const seen = [...(outer ?? []), carrier]
  redact(sending, response, seen)
  redact(sending, cause, seen)
}

/** Redacts a streaming body, and its errors, which occur after the app has the response. */
export function redactStream(sending: Sending, data: unknown): void {
  const stream = Object(data)
  // In Node, each of them leads to the request and its headers.
  for (const name of ['req', 'socket', 'client']) {
    if (Object.hasOwn(stream, name)) hide(stream, name, stream[name])
  }
  const emit: unknown = Reflect.get(stream, 'emit')
  if (typeof emit !== 'function') return
  hide(stream, 'emit', function (this: unknown, name: unknown, ...rest: unknown[]) {
    if (name === 'error') redact(sending, rest[0])
    return Reflect.apply(emit, this, [name, ...rest])
  })
}

function holdsToken({ accessToken }: Sending, value: unknown): boolean {
  if (accessToken === undefined) return false
  const texts = typeof value === 'string' ? [value] : Object.values(Object(value))
  return texts.some((text) => typeof text === 'string' && text.includes(accessToken))
}

// The app's adapter may have copied `sent`. It may also throw an error of another request. The
// config of that request must stay.
function isSent(sending: Sending, config: unknown): config is object {
  return config === sending.sent || holdsToken(sending, Reflect.get(Object(config), 'headers'))
}

/** Copies the adapter's notes to the app's config: its new entries, but no changed option. */
function keepNotes(sending: Sending, config: object): void {
  const { appConfig, sent, options } = sending
  if (options === undefined) return
  // New entries come last. Only an adapter that has made a copy may have put them elsewhere.
  const names = Object.keys(config)
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const isNote = !options.includes(name) && !changedNames.includes(name)
    if (!isNote && config === sent) return
    const note: unknown = isNote ? Reflect.get(config, name) : undefined
    if (isNote && !holdsToken(sending, note)) Reflect.set(appConfig, name, note)
  }
}

function redactText({ accessToken }: Sending, carrier: Carrier, name: 'message' | 'stack'): void {
  const text = carrier[name]
  if (typeof text !== 'string' || accessToken === undefined || !text.includes(accessToken)) return
  Reflect.set(carrier, name, text.replaceAll(accessToken, '…'))
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
