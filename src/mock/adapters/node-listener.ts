// Node listener: the server as a listener for `node:http`, Express and Connect.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { ProtectedSession } from '../endpoints/guard.ts'
import { inheritingNothing, refusal, type WireResponse } from '../http/message.ts'
import { callback } from '../lib/checks.ts'
import type { MockAuthServer } from '../types.ts'
import { toWireRequest } from './node-request.ts'
import { type BufferedResponse, bufferResponse } from './node-response.ts'

/** Calls the next middleware, or the error handling of the framework. */
export type Next = (error?: unknown) => void

/** A listener for `createServer`, Express or Connect. */
export type NodeMiddleware<Message extends IncomingMessage, Answer extends ServerResponse> = (
  message: Message,
  response: Answer,
  next?: Next
) => void

/** A guarded listener: it also receives the verified session. */
export type ProtectedListener<Message extends IncomingMessage, Answer extends ServerResponse> = (
  message: Message,
  response: Answer,
  session: ProtectedSession,
  next: Next
) => unknown

/**
 * Creates a listener for `createServer`. Requests to paths that are not the server's go to `next`;
 * without `next` they are answered with 404.
 *
 * @example
 * createServer(toNodeListener(createMockAuthServer())).listen(4000)
 *
 * @throws TypeError if `next` is not a function
 */
export function toNodeListener(server: MockAuthServer, next?: RequestListener): RequestListener {
  if (next !== undefined) callback('next', next, 'toNodeListener')
  return createListener(server, next, new Set())
}

/** @param openCalls receives a controller for each open call; see `toWireRequest` */
export function createListener(
  server: MockAuthServer,
  next: RequestListener | undefined,
  openCalls: Set<AbortController>
): RequestListener {
  return (message, response) => {
    const request = toWireRequest(message, response, openCalls)
    if (next !== undefined && !server.owns(request)) return next(message, response)
    void deliver(response, server.handle(request, 'node'))
  }
}

/**
 * Creates middleware for Express and Connect, which passes requests to other routes on. It works
 * before and after a body parser, at the root and mounted on a path.
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
 * Adds the server's verification, re-issue and CORS to a listener.
 *
 * The response is buffered from the moment the listener sends the head. At that moment the server
 * decides whether to re-issue a token (not if the session has ended since), and applies faults and
 * gates with `after: 'commit'`. After that the response is no longer buffered, so a stream arrives
 * as it is written. Only the faults `cut` and `malformed` wait for the whole body: they send half
 * of it.
 *
 * @example
 * app.get(
 *   '/todos',
 *   protect(server, (_request: Request, response: Response, { claims }) => {
 *     response.json([claims.sub])
 *   })
 * )
 */
export function protect<Message extends IncomingMessage, Answer extends ServerResponse>(
  server: MockAuthServer,
  listener: ProtectedListener<Message, Answer>
): NodeMiddleware<Message, Answer> {
  callback('listener', listener, 'protect')
  return async (message, response, next = (error) => fail(response, error)) => {
    let buffered: BufferedResponse | undefined
    const sent = new Promise<number>((resolve) => {
      response.once('finish', () => resolve(response.statusCode))
      response.once('close', () => resolve(0))
    })
    let failed: { readonly failed?: true } = {}

    function passOn(error?: unknown): void {
      // Express reserves these two words: they leave the route or the router and are not errors.
      if (error !== undefined && error !== 'route' && error !== 'router') failed = { failed: true }
      next(error)
    }
    async function run(session: ProtectedSession): Promise<void> {
      try {
        await listener(message, response, session, passOn)
      } catch (error) {
        passOn(error)
      }
    }
    async function respond(session: ProtectedSession): Promise<WireResponse> {
      buffered = bufferResponse(response)
      const { head, readBody } = buffered
      void run(session)
      return { ...(await head), body: '', sent, readBody, ...failed }
    }

    try {
      const answer = await server.guard(toWireRequest(message, response), respond, 'node')
      if (buffered === undefined) send(response, answer)
      // An answer without the listener's `readBody` is a refusal or an injected fault.
      else if (answer.readBody !== buffered.readBody) buffered.replace(() => send(response, answer))
      else buffered.release(answer.headers)
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
      : refusal(500, 'server_error', 'internal error')
  send(response, answer)
}

/** Sends the answer; if it rejects or cannot be sent, answers with 500. */
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

function send(response: ServerResponse, answer: WireResponse): void {
  const { status, headers, setCookies, body, fault } = inheritingNothing(answer)
  if (fault === 'network') {
    cutOff(response)
    return
  }
  response.statusCode = status
  // Earlier middleware may have set the same headers, and a response with two allowed origins is
  // invalid. `Vary` alone is additive.
  for (const [name] of headers) if (name.toLowerCase() !== 'vary') response.removeHeader(name)
  for (const [name, value] of headers) response.appendHeader(name, value)
  if (setCookies.length > 0) response.setHeader('Set-Cookie', setCookies)
  if (fault === 'cut') {
    response.write(body, () => response.destroy())
    return
  }
  if (body !== '') response.setHeader('Content-Length', Buffer.byteLength(body))
  // Otherwise Node would read the rest of a body that is too large as the next request.
  if (status === 413) response.setHeader('Connection', 'close')
  response.end(body)
}

// Chromium repeats a request by itself if a reused connection ends before any response. An interim
// response (RFC 9110 §15.2.1) prevents that and has no other effect.
function cutOff(response: ServerResponse): void {
  if (response.destroyed) return
  // A pipelined request gets its socket only after the earlier ones have been answered.
  if (response.socket === null) response.once('socket', () => cutOff(response))
  else response.writeContinue(() => response.destroy())
}
