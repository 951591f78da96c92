// The client's `fetch`: the global one, but that requests to trusted origins go the way of the bearer.

import { own } from '../lib/checks.ts'
import type { RequestFlags } from './request-flags.ts'
import type { SendWithToken } from './send-with-token.ts'
import { type IncomingAnswer, isReplayable } from './transport.ts'

export type AuthFetchInit = RequestInit & {
  /** What this request asks of everbearer. */
  readonly everbearer?: RequestFlags | undefined
}

export type AuthFetch = (input: RequestInfo | URL, init?: AuthFetchInit) => Promise<Response>

export interface AuthFetchDeps {
  readonly sendWithToken: SendWithToken
  /** A request begins: the epoch of its session. */
  readonly beginRequest: () => number | undefined
  readonly reissuedTokenHeader: string
  /** The page's own `fetch`. */
  readonly fetch: (request: Request, init: RequestInit) => Promise<Response>
}

export function createAuthFetch(options: AuthFetchDeps): AuthFetch {
  const { sendWithToken, beginRequest, reissuedTokenHeader } = options

  async function send(
    sent: Request,
    init: RequestInit,
    accessToken: string | undefined
  ): Promise<IncomingAnswer<Response>> {
    if (accessToken !== undefined) sent.headers.set('Authorization', `Bearer ${accessToken}`)
    const received = await options.fetch(sent, init)
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
    const request = new Request(input, init ?? {})
    const rest = restOf(request, input, init ?? {})
    const canRepeat = isReplayable(own(init ?? {}, 'body'))
    let isSent = false
    return sendWithToken({
      url: request.url,
      hasOwnAuthorization: request.headers.has('Authorization'),
      isOpaque: request.mode === 'no-cors',
      flags: own(init ?? {}, 'everbearer'),
      epoch,
      isReplayable: canRepeat,
      send(accessToken) {
        // A body is read once, so the first sending gets a copy of it where there may be a second one.
        const isSpare = !isSent && canRepeat && accessToken !== undefined && request.body !== null
        isSent = true
        return send(isSpare ? request.clone() : request, rest, accessToken)
      },
      orReleased: (promise) => orAborted(request.signal, promise)
    })
  }
}

/** Not handed on again: the `Request` holds them. */
const requestOptions: ReadonlySet<string> = new Set([
  'attributionReporting',
  'body',
  'browsingTopics',
  'cache',
  'credentials',
  'duplex',
  'everbearer',
  'headers',
  'integrity',
  'keepalive',
  'method',
  'mode',
  'priority',
  'redirect',
  'referrer',
  'referrerPolicy',
  'signal',
  'window'
])

/** What goes beside the `Request`: what it cannot hold, and what having options at all would reset. */
function restOf(request: Request, input: RequestInfo | URL, init: RequestInit): RequestInit {
  // The caller's own: Node does not hold on to the signal of a `Request` that nobody else holds.
  const { signal = input instanceof Request ? input.signal : undefined } = init
  const { referrer, referrerPolicy } = request
  // What only a patched `fetch` knows, such as a framework's.
  const others = Object.entries(init).filter(([name]) => !requestOptions.has(name))
  return Object.assign(
    Object.create(null),
    Object.fromEntries(others),
    // Fetch, "new Request", where there are options: these two fall back to their defaults.
    { referrer, referrerPolicy },
    signal == null ? {} : { signal }
  )
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
  // Servers may answer with a status that nobody but the network can give to a response.
  const init = { status: status > 599 ? 200 : status, statusText, headers }
  return withOrigin(new Response(received.body, init), received)
}

// It keeps `received` alive too: some engines cancel a body when the response that it came with is collected.
function withOrigin(response: Response, received: Response): Response {
  const { clone } = response
  const isAs = (name: 'status' | 'ok' | 'url' | 'redirected' | 'type') => ({
    get: () => received[name],
    configurable: true
  })
  return Object.defineProperties(response, {
    status: isAs('status'),
    ok: isAs('ok'),
    url: isAs('url'),
    redirected: isAs('redirected'),
    type: isAs('type'),
    clone: {
      value: () => withOrigin(clone.call(response), received),
      configurable: true,
      writable: true
    }
  })
}
