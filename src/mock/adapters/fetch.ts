// Adapter for fetch: translates between `Request` and `Response` and the records of the server.

import type { Respond } from '../endpoints/guard.ts'
import { inheritingNothing, type WireRequest, type WireResponse } from '../http/message.ts'
import { callback } from '../lib/checks.ts'
import type { MockAuthServer } from '../types.ts'

export function createFetchAdapter(
  server: Pick<MockAuthServer, 'handle' | 'guard'>
): Pick<MockAuthServer, 'fetch' | 'protect'> {
  return {
    async fetch(input, init) {
      // A `Request` of another realm stays as it is.
      const isRequest = typeof input === 'object' && 'headers' in input && init === undefined
      const request = isRequest ? input : new Request(input, init)
      return toResponse(await server.handle(toWireRequest(request), 'fetch'))
    },
    protect(handler) {
      callback('handler', handler, 'protect')
      return async (request) => {
        const guarded = await guardResponse(
          (respond) => server.guard(toWireRequest(request), respond, 'fetch'),
          (session) => handler(request, session)
        )
        return guarded.from === 'handler' ? guarded.response : toResponse(guarded.response)
      }
    }
  }
}

/** The record of a `Request`. Its body is read only if the server asks for it. */
export function toWireRequest(
  request: Request,
  headers: readonly (readonly [string, string])[] = [...request.headers]
): WireRequest {
  const { method, url, credentials, signal } = request
  return { method, url, headers, credentials, signal, body: () => request.text() }
}

/** @throws TypeError as `fetch` does, if a fault loses the response */
function toResponse(answer: WireResponse): Response {
  const { status, headers, setCookies, body, fault } = inheritingNothing(answer)
  if (fault === 'network') throw new TypeError('the connection was lost')
  const rows = [...headers, ...setCookies.map((value): [string, string] => ['Set-Cookie', value])]
  return new Response(toBody(body, fault), { status, headers: rows })
}

/** The body of a `Response`. With the fault `cut` it is a stream that fails after `body`. */
export function toBody(body: string, fault: 'cut' | undefined): string | ReadableStream | null {
  if (fault !== 'cut') return body === '' ? null : body
  let isBegun = false
  const source: UnderlyingDefaultSource<Uint8Array> = {
    pull(controller) {
      if (isBegun) controller.error(new TypeError('the connection was lost'))
      else controller.enqueue(new TextEncoder().encode(body))
      isBegun = true
    }
  }
  // Nothing is read ahead: an error that is raised before `body` has been read would discard it.
  return new ReadableStream(source, { highWaterMark: 0 })
}

/** The response of a guarded handler, or what the guard answers in its place. */
type GuardedResponse<Answer> =
  | { readonly from: 'handler'; readonly response: Answer }
  | { readonly from: 'guard'; readonly response: WireResponse }

/**
 * Guards a handler that returns a `Response`. Only status and headers are translated to a record
 * and back: the body may be a stream, and scripts cannot always read the cookies.
 */
export async function guardResponse<Answer extends Response | undefined>(
  guard: (respond: Respond) => Promise<WireResponse>,
  handler: (session: Parameters<Respond>[0]) => Answer | Promise<Answer>
): Promise<GuardedResponse<Answer>> {
  let own: { readonly response: Answer; readonly readBody: () => Promise<string> } | undefined
  const guarded = await guard(async (session) => {
    const response = await handler(session)
    const readBody = async () => (await response?.text()) ?? ''
    own = { response, readBody }
    const headers = [...(response?.headers ?? [])].filter(([name]) => !isSetCookie(name))
    return { status: response?.status ?? 0, headers, setCookies: [], body: '', readBody }
  })
  // A record without the handler's `readBody` is a refusal or an injected fault.
  if (own === undefined || guarded.readBody !== own.readBody) {
    return { from: 'guard', response: guarded }
  }
  const { response } = own
  return {
    from: 'handler',
    response: response === undefined ? response : withHeaders(response, guarded.headers)
  }
}

// Returns a copy: a handler may return the same object for the next call, and that object must not
// carry the token that was re-issued for this one.
function withHeaders<Answer extends Response>(
  response: Answer,
  rows: WireResponse['headers']
): Answer {
  if (response.type === 'error') return response
  const { body, status, statusText } = response
  const headers = new Headers(response.headers)
  writeHeaders(headers, rows)
  const copy = new Response(body, { status, statusText, headers })
  // Libraries store data on the object: msw keeps the cookies there that `Response` drops.
  for (const key of Reflect.ownKeys(response)) {
    const stored = Object.getOwnPropertyDescriptor(response, key)
    if (stored !== undefined && !Object.hasOwn(copy, key)) Object.defineProperty(copy, key, stored)
  }
  return copy as Answer
}

/** Makes `headers` equal to `rows`, except for cookies, which stay. */
function writeHeaders(headers: Headers, rows: WireResponse['headers']): void {
  const kept = new Set(rows.map(([name]) => name.toLowerCase()))
  for (const name of [...headers.keys()]) {
    if (!isSetCookie(name) && !kept.has(name.toLowerCase())) headers.delete(name)
  }
  for (const [name, value] of rows) headers.set(name, value)
}

function isSetCookie(name: string): boolean {
  return name.toLowerCase() === 'set-cookie'
}
