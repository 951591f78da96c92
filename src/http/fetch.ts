// The client's `fetch`: the global one, but that requests to trusted origins go the way of the bearer.
import { own } from '../option-checks.ts'
import type { IncomingAnswer, SendWithBearer } from './bearer.ts'
import { isReplayable } from './body.ts'
import type { RequestFlags } from './request-flags.ts'

export type AuthFetchInit = RequestInit & {
  /** What this request asks of everbearer. */
  readonly everbearer?: RequestFlags | undefined
}

export type AuthFetch = (input: RequestInfo | URL, init?: AuthFetchInit) => Promise<Response>

export interface AuthFetchOptions {
  readonly sendWithBearer: SendWithBearer
  /** A request begins: the epoch of its session. */
  readonly beginRequest: () => number | undefined
  readonly reissuedTokenHeader: string
  /** The page's own `fetch`. */
  readonly fetch: (request: Request) => Promise<Response>
}

export function createAuthFetch(options: AuthFetchOptions): AuthFetch {
  const { sendWithBearer, beginRequest, reissuedTokenHeader } = options

  async function send(
    sent: Request,
    accessToken: string | undefined
  ): Promise<IncomingAnswer<Response>> {
    if (accessToken !== undefined) sent.headers.set('Authorization', `Bearer ${accessToken}`)
    const received = await options.fetch(sent)
    // Node keeps the blanks behind a value, which a browser takes off (Fetch, "normalize").
    const reissuedHeader = received.headers.get(reissuedTokenHeader)?.trim()
    const response =
      accessToken === undefined || reissuedHeader === undefined
        ? received
        : withoutHeader(received, reissuedTokenHeader)
    return {
      status: response.status,
      finalUrl: response.url || undefined,
      reissuedHeader,
      challenge: () => response.headers.get('WWW-Authenticate'),
      text: () => response.clone().text(),
      settle: async () => response,
      discard: () => void response.body?.cancel().catch(() => {})
    }
  }

  return async (input, init) => {
    const epoch = beginRequest()
    // Ours alone, so that nobody sees the token in its headers; and made at once, as `fetch` reads its arguments.
    const request = new Request(input, init)
    const canRepeat = isReplayable(init && own(init, 'body'))
    let isSent = false
    return sendWithBearer({
      url: request.url,
      hasOwnAuthorization: request.headers.has('Authorization'),
      flags: init && own(init, 'everbearer'),
      epoch,
      isReplayable: canRepeat,
      send(accessToken) {
        // A body is read once, so the first sending gets a copy of it where there may be a second one.
        const isSpare = !isSent && canRepeat && accessToken !== undefined && request.body !== null
        isSent = true
        return send(isSpare ? request.clone() : request, accessToken)
      },
      orReleased: (promise) => orAborted(request.signal, promise)
    })
  }
}

function orAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason)
    if (signal.aborted) aborted()
    signal.addEventListener('abort', aborted)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
  })
}

// The headers of a response that came over the network cannot be changed, so it is made anew around the same body.
function withoutHeader(received: Response, name: string): Response {
  const headers = new Headers(received.headers)
  headers.delete(name)
  const { status, statusText } = received
  return withOrigin(new Response(received.body, { status, statusText, headers }), received)
}

// It keeps `received` alive too: some engines cancel a body when the response that it came with is collected.
function withOrigin(response: Response, received: Response): Response {
  const { clone } = response
  return Object.defineProperties(response, {
    url: { get: () => received.url },
    redirected: { get: () => received.redirected },
    type: { get: () => received.type },
    clone: { value: () => withOrigin(clone.call(response), received) }
  })
}
