// Axios response: redacts and reads what an adapter returned or threw.

import { AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios'
import { joinUrl } from '../../lib/url.ts'
import type { IncomingAnswer } from '../send-with-token.ts'

export type Fetch = NonNullable<NonNullable<InternalAxiosRequestConfig['env']>['fetch']>

const finalUrls = new WeakMap<object, string>()

/** A `fetch` for axios that records the final URL of each response. */
export const noteFinalUrl: (inner: Fetch) => Fetch = onceForEach((inner) => async (input, init) => {
  const response = await inner(input, init)
  if (typeof input === 'object') finalUrls.set(input, response.url)
  return response
})

/** As {@link noteFinalUrl}; it also removes the token from the request once that was sent. */
export const forgetToken: (inner: Fetch) => Fetch = onceForEach((inner) => {
  const send = noteFinalUrl(inner)
  return async (input, init) => {
    try {
      return await send(input, init)
    } finally {
      // Errors of axios expose this `Request`. The network sent a copy of it.
      if (input instanceof Request) input.headers.delete('Authorization')
    }
  }
})

// One wrapper per `fetch`, shared by all clients: axios keeps every `fetch` that it ever got.
function onceForEach(make: (inner: Fetch) => Fetch): (inner: Fetch) => Fetch {
  const made = new WeakMap<Fetch, Fetch>()
  return (inner) => {
    const known = made.get(inner) ?? make(inner)
    made.set(inner, known)
    return known
  }
}

/** Keeps the token out of everything that the app sees of a request. */
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

/** `sent` is the copy of `appConfig` that carried `accessToken`. */
export function createRedactor(
  appConfig: InternalAxiosRequestConfig,
  sent: InternalAxiosRequestConfig,
  accessToken: string | undefined
): Redactor {
  // The app's adapter may have copied `sent`. It may also throw an error of another request. The
  // config of that request must stay.
  function holdsToken(config: unknown): boolean {
    if (config === sent) return true
    if (typeof config !== 'object' || config === null || accessToken === undefined) return false
    const headers: unknown = Reflect.get(config, 'headers')
    return Object.values(Object(headers)).includes(`Bearer ${accessToken}`)
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

interface Received {
  readonly response: AxiosResponse
  readonly sent: InternalAxiosRequestConfig
  readonly reissuedTokenHeader: string
  readonly carriedToken: boolean
  /** Returns the response to the caller, or rejects with the adapter's error. */
  readonly settle: () => Promise<AxiosResponse>
}

/** Reads a response. Removes the re-issued token from its headers if the request carried ours. */
export function readAnswer({
  response,
  sent,
  reissuedTokenHeader,
  carriedToken,
  settle
}: Received): IncomingAnswer<AxiosResponse> {
  const { request, data } = response
  // `AxiosHeaders` ignores case; some `fetch` implementations keep the server's spelling.
  const headers = AxiosHeaders.from(response.headers as AxiosHeaders)
  const reissuedHeader = readLines(request, reissuedTokenHeader) ?? headers.get(reissuedTokenHeader)
  if (carriedToken) headers.delete(reissuedTokenHeader)
  response.headers = headers
  return {
    status: response.status,
    finalUrl: readFinalUrl(request, sent),
    reissuedHeader,
    challenge: () => headers.get('WWW-Authenticate'),
    text: async () => toText(data),
    settle,
    discard() {
      discardBody(data)
      // Destroying axios's wrapper around an unread stream does not free the socket underneath.
      discardBody(incomingMessageOf(request))
    }
  }
}

/** The final URL, after redirects. `undefined` if the app's adapter does not expose it. */
function readFinalUrl(request: unknown, sent: InternalAxiosRequestConfig): string | undefined {
  if (typeof request !== 'object' || request === null) return undefined
  if ('responseURL' in request && typeof request.responseURL === 'string')
    return request.responseURL || undefined
  const noted = finalUrls.get(request)
  if (noted !== undefined) return noted || undefined
  const message = incomingMessageOf(request)
  if (message !== undefined && typeof message.responseUrl === 'string') return message.responseUrl
  // An HTTP/2 stream, or Node's http with redirects switched off: the URL is the requested one.
  const isDirect = 'rstCode' in request || (message !== undefined && sent.maxRedirects === 0)
  return isDirect ? joinUrl(sent.baseURL ?? '', sent.url ?? '', sent.allowAbsoluteUrls) : undefined
}

/** The parts of Node's `http.IncomingMessage` that are read here. */
interface IncomingMessage {
  readonly responseUrl?: unknown
  readonly rawHeaders?: unknown
}

function incomingMessageOf(request: unknown): IncomingMessage | undefined {
  if (typeof request !== 'object' || request === null || !('res' in request)) return undefined
  return typeof request.res === 'object' ? (request.res ?? undefined) : undefined
}

/** The lines of a repeated header, joined. Node's http keeps only the first `Authorization`. */
function readLines(request: unknown, name: string): string | undefined {
  const rows = incomingMessageOf(request)?.rawHeaders
  if (!Array.isArray(rows)) return undefined
  const lines = rows.filter(
    (_, at) => at % 2 === 1 && String(rows[at - 1]).toLowerCase() === name.toLowerCase()
  )
  return lines.length > 1 ? lines.join(', ') : undefined
}

function toText(data: unknown): string {
  if (typeof data === 'string') return data
  if (typeof data !== 'object' || data === null) return ''
  // A mock adapter may answer with the object that a real adapter would have parsed from text.
  const isPlain = [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(data))
  try {
    return isPlain ? JSON.stringify(data) : ''
  } catch {
    return ''
  }
}

/** Frees the connection that an unread streaming body holds. */
function discardBody(data: unknown): void {
  if (typeof data !== 'object' || data === null) return
  if ('destroy' in data && typeof data.destroy === 'function') data.destroy()
  else if ('cancel' in data && typeof data.cancel === 'function') {
    Promise.resolve(data.cancel()).catch(() => {})
  }
}
