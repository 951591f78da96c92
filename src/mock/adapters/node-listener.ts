// The server as a listener of `node:http`, and as middleware of Express and Connect.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { ProtectedSession } from '../endpoints/guard.ts'
import {
  bodyLimitBytes,
  inheritingNothing,
  refusal,
  type WireRequest,
  type WireResponse
} from '../http/message.ts'
import { callback } from '../lib/checks.ts'
import type { MockAuthServer } from '../types.ts'
import { type BufferedResponse, bufferResponse } from './node-response.ts'

/** Continues with the next middleware, or with the error handling of the framework. */
export type Next = (error?: unknown) => void

/** What `createServer`, Express and Connect call. */
export type NodeMiddleware<Message extends IncomingMessage, Answer extends ServerResponse> = (
  message: Message,
  response: Answer,
  next?: Next
) => void

/** A listener behind the guard. */
export type ProtectedListener<Message extends IncomingMessage, Answer extends ServerResponse> = (
  message: Message,
  response: Answer,
  session: ProtectedSession,
  next: Next
) => unknown

/** The server as a listener for `createServer`. What it does not own goes to `next`, or is a 404. */
export function toNodeListener(server: MockAuthServer, next?: RequestListener): RequestListener {
  if (next !== undefined) callback('next', next, 'toNodeListener')
  return createListener(server, next, new Set())
}

/** @param open holds a controller for every call that is open; aborting it, with `adapterClosed`, ends a call that hangs or is held */
export function createListener(
  server: MockAuthServer,
  next: RequestListener | undefined,
  open: Set<AbortController>
): RequestListener {
  return (message, response) => {
    const request = toWireRequest(message, response, open)
    if (next !== undefined && !server.owns(request)) return next(message, response)
    void deliver(response, server.handle(request, 'node'))
  }
}

/**
 * The server as middleware of Express and Connect: what it does not own goes on to the next one. It works before and
 * behind a body parser, and mounted on a path as well as at the root.
 *
 * @example
 * express().use(middleware(createMockAuthServer({ basePath: '/auth' })))
 */
export function middleware(
  server: MockAuthServer
): (message: IncomingMessage, response: ServerResponse, next: Next) => void {
  return (message, response, next) => toNodeListener(server, () => next())(message, response)
}

/**
 * Puts the server's verification, re-issue and CORS around a listener of your own. It has done its work when its head is
 * to go out: then a session that has ended meanwhile gets no re-issued token, and faults and gates with
 * `after: 'commit'` are met. Until that is settled everything it writes is held; from then on a stream flows as it is
 * written. Only `cut` and `malformed` wait for the end of the body, of which they send half.
 *
 * @example
 * app.get(
 *   '/todos',
 *   protect(server, (_request: Request, response: Response, { claims }) => response.json([claims.sub]))
 * )
 */
export function protect<Message extends IncomingMessage, Answer extends ServerResponse>(
  server: MockAuthServer,
  listener: ProtectedListener<Message, Answer>
): NodeMiddleware<Message, Answer> {
  callback('listener', listener, 'protect')
  return async (message, response, next = (error) => fail(response, error)) => {
    let held: BufferedResponse | undefined
    const sent = new Promise<number>((resolve) => {
      response.once('finish', () => resolve(response.statusCode))
      response.once('close', () => resolve(0))
    })
    let failed: { readonly failed?: true } = {}
    const handOn: Next = (error) => {
      // The two words are no errors, but Express's ways out of a route and a router.
      if (error !== undefined && error !== 'route' && error !== 'router') failed = { failed: true }
      next(error)
    }
    const work = async (session: ProtectedSession): Promise<void> => {
      try {
        await listener(message, response, session, handOn)
      } catch (error) {
        handOn(error)
      }
    }
    const respond = async (session: ProtectedSession): Promise<WireResponse> => {
      held = bufferResponse(response)
      const { head, readBody } = held
      void work(session)
      return { ...(await head), body: '', sent, readBody, ...failed }
    }
    try {
      const answer = await server.guard(toWireRequest(message, response), respond, 'node')
      if (held === undefined) send(response, answer)
      // What has lost the way to its body is not the listener's answer any more.
      else if (answer.readBody !== held.readBody) held.replace(() => send(response, answer))
      else held.release(answer.headers)
    } catch (error) {
      next(error)
    }
  }
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const answer =
    error === undefined
      ? refusal(404, 'not_found', 'there is no such route')
      : refusal(500, 'server_error', 'something went wrong in here')
  send(response, answer)
}

/** Sends the answer when it is there, or a 500 where there is none or it cannot be sent. */
export async function deliver(
  response: ServerResponse,
  answer: Promise<WireResponse>
): Promise<void> {
  try {
    send(response, await answer)
  } catch (error) {
    fail(response, error)
  }
}

// Never by way of a `Request`: in a process with happy-dom around, that class drops `Cookie` and `Origin`.
export function toWireRequest(
  message: IncomingMessage,
  response: ServerResponse,
  open: Set<AbortController> = new Set()
): WireRequest {
  const { rawHeaders, url = '/', method = 'GET' } = message
  const headers: [string, string][] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? ''])
  }
  const scheme = 'encrypted' in message.socket ? 'https' : 'http'
  const origin = `${scheme}://${message.headers.host ?? 'localhost'}`
  const leaving = new AbortController()
  open.add(leaving)
  response.once('close', () => {
    open.delete(leaving)
    if (!response.writableFinished) leaving.abort()
  })
  return {
    method,
    url: url.startsWith('/') ? origin + url : url,
    headers,
    signal: leaving.signal,
    body: () => readBody(message)
  }
}

// A body parser that came first has emptied the stream, and left what was in it as `body`. Those of Express 4 leave an
// empty object there for what they did not read.
async function readBody(message: IncomingMessage): Promise<string> {
  const { body } = message as { body?: unknown }
  if (body === undefined || !message.readableDidRead) return readStream(message)
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8')
  const isForm = message.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  return isForm === true ? formOf(Object(body)) : JSON.stringify(body)
}

/** A field that came more than once was left as a list. */
function formOf(fields: Readonly<Record<string, unknown>>): string {
  const rows = Object.entries(fields).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, String(value)])
  )
  return new URLSearchParams(rows).toString()
}

// Reads one byte more than allowed and stops: the server itself says 413, whoever the sender is.
async function readStream(message: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  let byteLength = 0
  for await (const chunk of message.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk)
    byteLength += chunk.length
    if (byteLength > bodyLimitBytes) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, answer: WireResponse): void {
  const { status, headers, setCookies, body, fault } = inheritingNothing(answer)
  if (fault === 'network') {
    cutOff(response)
    return
  }
  response.statusCode = status
  // Middleware in front may have set them as well, and two allowed origins are none; `Vary` is what all together say.
  for (const [name] of headers) if (name.toLowerCase() !== 'vary') response.removeHeader(name)
  for (const [name, value] of headers) response.appendHeader(name, value)
  if (setCookies.length > 0) response.setHeader('Set-Cookie', setCookies)
  if (fault === 'cut') {
    response.write(body, () => response.destroy())
    return
  }
  if (body !== '') response.setHeader('Content-Length', Buffer.byteLength(body))
  // What is left of a body that was too large would otherwise be taken for the next request.
  if (status === 413) response.setHeader('Connection', 'close')
  response.end(body)
}

// Chromium sends a request again by itself if a connection that has served before ends without a word; an interim
// response (RFC 9110 §15.2.1) is word enough, and means nothing to anybody.
function cutOff(response: ServerResponse): void {
  if (response.destroyed) return
  // Of requests in one pipeline each has to wait until those before it are answered.
  if (response.socket === null) response.once('socket', () => cutOff(response))
  else response.writeContinue(() => response.destroy())
}
