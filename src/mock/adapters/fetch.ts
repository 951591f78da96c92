// The fetch door: a `Request` in, a `Response` out.

import type { Respond } from '../endpoints/guard.ts'
import { inheritingNothing, type WireRequest, type WireResponse } from '../http/message.ts'
import { callback } from '../lib/checks.ts'
import type { MockAuthServer } from '../types.ts'

export function createFetchAdapter(
  server: Pick<MockAuthServer, 'handle' | 'guard'>
): Pick<MockAuthServer, 'fetch' | 'protect'> {
  return {
    fetch: async (request) => toResponse(await server.handle(toWireRequest(request), 'fetch')),
    protect(handler) {
      callback('handler', handler, 'protect')
      return async (request) => {
        const answer = await guardResponse(
          (respond) => server.guard(toWireRequest(request), respond, 'fetch'),
          (session) => handler(request, session)
        )
        return answer.kind === 'own' ? answer.response : toResponse(answer.response)
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

/** @throws TypeError as `fetch` does, where nothing of the answer arrives */
function toResponse(answer: WireResponse): Response {
  const { status, headers, setCookies, body, fault } = inheritingNothing(answer)
  if (fault === 'network') throw new TypeError('the connection was lost')
  const rows = [...headers, ...setCookies.map((value): [string, string] => ['Set-Cookie', value])]
  return new Response(toBody(body, fault), { status, headers: rows })
}

/** A body that may end in the middle. */
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
  // Nothing is read ahead: an error that comes before the first half was taken would drop it.
  return new ReadableStream(source, { highWaterMark: 0 })
}

export type GuardedResponse<Answer> =
  | { readonly kind: 'own'; readonly response: Answer }
  | { readonly kind: 'guard'; readonly response: WireResponse }

/**
 * Guards a handler that answers with a `Response`. Only its status and headers make the way through the records and
 * back: its body may be a stream, and its cookies are not always visible from here.
 */
export async function guardResponse<Answer extends Response | undefined>(
  guard: (respond: Respond) => Promise<WireResponse>,
  handler: (session: Parameters<Respond>[0]) => Answer | Promise<Answer>
): Promise<GuardedResponse<Answer>> {
  let own: { readonly response: Answer; readonly readBody: () => Promise<string> } | undefined
  const dressed = await guard(async (session) => {
    const response = await handler(session)
    const readBody = async () => (await response?.text()) ?? ''
    own = { response, readBody }
    const headers = [...(response?.headers ?? [])].filter(([name]) => !isSetCookie(name))
    return { status: response?.status ?? 0, headers, setCookies: [], body: '', readBody }
  })
  // What has lost the way to its body is not the handler's answer any more.
  if (own === undefined || dressed.readBody !== own.readBody) {
    return { kind: 'guard', response: dressed }
  }
  const { response } = own
  return { kind: 'own', response: response === undefined ? response : dress(response, dressed) }
}

// Never in place: a handler may answer the next call with the same object, and would hand this one's token on.
function dress<Answer extends Response>(response: Answer, dressed: WireResponse): Answer {
  if (response.type === 'error') return response
  const { body, status, statusText } = response
  const headers = new Headers(response.headers)
  writeHeaders(headers, dressed)
  const copy = new Response(body, { status, statusText, headers })
  // What other libraries keep on the object itself: msw its cookies, where the platform's class drops them.
  for (const key of Reflect.ownKeys(response)) {
    const stored = Object.getOwnPropertyDescriptor(response, key)
    if (stored !== undefined && !Object.hasOwn(copy, key)) Object.defineProperty(copy, key, stored)
  }
  return copy as Answer
}

function writeHeaders(headers: Headers, dressed: WireResponse): void {
  const stored = new Set(dressed.headers.map(([name]) => name.toLowerCase()))
  for (const name of [...headers.keys()]) {
    if (!isSetCookie(name) && !stored.has(name.toLowerCase())) headers.delete(name)
  }
  for (const [name, value] of dressed.headers) headers.set(name, value)
}

function isSetCookie(name: string): boolean {
  return name.toLowerCase() === 'set-cookie'
}
