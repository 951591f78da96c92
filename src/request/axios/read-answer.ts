// Axios answer: reads the status, headers, final URL and body of what an adapter returned.

import { AxiosHeaders, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios'
import type { ResolvedHeader } from '../../contract/resolved-contract.ts'
import { joinUrl } from '../../lib/url.ts'
import { readData } from '../body-text.ts'
import type { IncomingAnswer } from '../transport.ts'
import { notedFinalUrl } from './wrapped-fetch.ts'

interface Received {
  readonly response: AxiosResponse
  readonly sent: InternalAxiosRequestConfig
  readonly attach: ResolvedHeader
  readonly reissue: ResolvedHeader | false
  readonly carriedToken: boolean
  /** Returns the response to the caller, or throws the adapter's error. */
  readonly settle: () => AxiosResponse
}

/** Reads a response. Removes the re-issued token from its headers if the request carried ours. */
export function readAnswer({
  response,
  sent,
  attach,
  reissue,
  carriedToken,
  settle
}: Received): IncomingAnswer<AxiosResponse> {
  const { request, data } = response
  // `AxiosHeaders` ignores case; some `fetch` implementations keep the server's spelling.
  const headers = AxiosHeaders.from(response.headers as AxiosHeaders)
  const key = reissue && findHeader(headers, reissue.header)
  // Node's lines matter only if the header is there.
  const reissuedHeader = key && (readLines(request, reissue.header) ?? headers[key])
  if (key && carriedToken) headers.delete(key)
  if (variesWith(attach.header, headers)) headers.set('Vary', '*')
  response.headers = headers
  return {
    status: response.status,
    finalUrl: readFinalUrl(request, sent),
    reissuedHeader,
    header: (name) => headers.get(name),
    text: () => readData(data),
    settle,
    discard() {
      discardBody(data)
      // Destroying axios's wrapper around an unread stream does not free the socket underneath.
      discardBody(incomingMessageOf(request))
    }
  }
}

// A cache above our adapter does not see the token, so the requests of two users look equal to it.
// `*` means that it cannot compare them (RFC 9110 §12.5.5).
function variesWith(header: string, headers: AxiosHeaders): boolean {
  const key = findHeader(headers, 'Vary')
  if (key === undefined) return false
  const names = String(headers[key]).split(',')
  return names.some((name) => name.trim().toLowerCase() === header.toLowerCase())
}

/** The name of a header as the headers have it. */
export function findHeader(headers: object | undefined, name: string): string | undefined {
  // A loop needs no array of the names. Most of them differ in length, which is cheap to compare.
  for (const key in headers) {
    const isSame = key.length === name.length && key.toLowerCase() === name.toLowerCase()
    if (isSame && Object.hasOwn(headers, key)) return key
  }
  return undefined
}

/** The final URL, after redirects. `undefined` if the app's adapter does not expose it. */
function readFinalUrl(request: unknown, sent: InternalAxiosRequestConfig): string | undefined {
  if (typeof request !== 'object' || request === null) return undefined
  if ('responseURL' in request && typeof request.responseURL === 'string') {
    // XMLHttpRequest reports an absolute URL. A mock repeats the URL of the config.
    return joinUrl(sent.baseURL ?? '', request.responseURL) || undefined
  }
  const noted = notedFinalUrl(request)
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

/** Frees the connection that an unread streaming body holds. */
function discardBody(data: unknown): void {
  if (typeof data !== 'object' || data === null) return
  if ('destroy' in data && typeof data.destroy === 'function') data.destroy()
  else if ('cancel' in data && typeof data.cancel === 'function') {
    Promise.resolve(data.cancel()).catch(() => {})
  }
}
