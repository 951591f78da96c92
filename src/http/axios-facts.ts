// What axios's own adapters know beneath the response that they return: where it came from, and what it said line by line.
import type { InternalAxiosRequestConfig } from 'axios'
import { joinUrl } from '../url.ts'

export type Fetch = NonNullable<NonNullable<InternalAxiosRequestConfig['env']>['fetch']>

// For all clients together, because axios never lets go of a `fetch` that it was given.
export const noteFinalUrl: (inner: Fetch) => Fetch = onceForEach(noting)
/** The same, and the request that was sent forgets the token. */
export const takeTokenBack: (inner: Fetch) => Fetch = onceForEach((inner) => {
  const send = noting(inner)
  return async (input, init) => {
    try {
      return await send(input, init)
    } finally {
      // The request that errors show; what went out is a copy of it.
      if (input instanceof Request) input.headers.delete('Authorization')
    }
  }
})
const finalUrls = new WeakMap<object, string>()

function noting(inner: Fetch): Fetch {
  return async (input, init) => {
    const response = await inner(input, init)
    if (typeof input === 'object') finalUrls.set(input, response.url)
    return response
  }
}

function onceForEach(make: (inner: Fetch) => Fetch): (inner: Fetch) => Fetch {
  const made = new WeakMap<Fetch, Fetch>()
  return (inner) => {
    const known = made.get(inner) ?? make(inner)
    made.set(inner, known)
    return known
  }
}

/** Where the answer came from after redirects; `undefined` where an adapter of the app's does not tell. */
export function readFinalUrl(
  request: unknown,
  sent: InternalAxiosRequestConfig
): string | undefined {
  if (typeof request !== 'object' || request === null) return undefined
  if ('responseURL' in request && typeof request.responseURL === 'string')
    return request.responseURL || undefined
  const message = incomingMessageOf(request)
  if (message !== undefined && typeof message.responseUrl === 'string') return message.responseUrl
  // Neither follows redirects.
  if (sent.httpVersion === 2 || (message !== undefined && sent.maxRedirects === 0))
    return joinUrl(sent.baseURL ?? '', sent.url ?? '', sent.allowAbsoluteUrls)
  return finalUrls.get(request) || undefined
}

/** What Node's http has for an answer, as far as it matters here. */
interface IncomingMessage {
  readonly responseUrl?: unknown
  readonly rawHeaders?: unknown
}

export function incomingMessageOf(request: unknown): IncomingMessage | undefined {
  if (typeof request !== 'object' || request === null || !('res' in request)) return undefined
  return typeof request.res === 'object' ? (request.res ?? undefined) : undefined
}

/** Each line of a header that came in more than one, of which Node's http keeps the first. */
export function readLines(request: unknown, name: string): string | undefined {
  const rows = incomingMessageOf(request)?.rawHeaders
  if (!Array.isArray(rows)) return undefined
  const lines = rows.filter(
    (_, at) => at % 2 === 1 && String(rows[at - 1]).toLowerCase() === name.toLowerCase()
  )
  return lines.length > 1 ? lines.join(', ') : undefined
}
