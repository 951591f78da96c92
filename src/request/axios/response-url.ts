// What axios's own adapters know beneath the response that they return: where it came from, and what it said line by line.
import type { InternalAxiosRequestConfig } from 'axios'
import { joinUrl } from '../../lib/url.ts'

export type Fetch = NonNullable<NonNullable<InternalAxiosRequestConfig['env']>['fetch']>

const finalUrls = new WeakMap<object, string>()

/** A `fetch` for axios that notes where the answer came from. */
export const noteFinalUrl: (inner: Fetch) => Fetch = onceForEach(noting)

function noting(inner: Fetch): Fetch {
  return async (input, init) => {
    const response = await inner(input, init)
    if (typeof input === 'object') finalUrls.set(input, response.url)
    return response
  }
}

/** The same one for the same one, for all clients together: axios never lets go of a `fetch` that it was given. */
export function onceForEach(make: (inner: Fetch) => Fetch): (inner: Fetch) => Fetch {
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
  const noted = finalUrls.get(request)
  if (noted !== undefined) return noted || undefined
  const message = incomingMessageOf(request)
  if (message !== undefined && typeof message.responseUrl === 'string') return message.responseUrl
  // A stream of HTTP/2, and Node's http where it follows no redirects: the answer is of whom we asked.
  const isDirect = 'rstCode' in request || (message !== undefined && sent.maxRedirects === 0)
  return isDirect ? joinUrl(sent.baseURL ?? '', sent.url ?? '', sent.allowAbsoluteUrls) : undefined
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
