// `auth.fetch`: the global fetch, with the access token on requests to trusted origins.

import { own } from '../lib/checks.ts'
import type { RequestFlags } from './request-flags.ts'
import { type IncomingAnswer, isStream, type SendWithToken } from './send-with-token.ts'

/**
 * The second argument of `auth.fetch`: the options of `fetch`, and those of everbearer.
 *
 * @example { method: 'POST', body, everbearer: { replay: 'never' } }
 */
export type AuthFetchInit = RequestInit & {
  /**
   * How everbearer treats this request.
   *
   * @default { accessToken: 'attach', replay: 'once' }
   */
  readonly everbearer?: RequestFlags | undefined
}

/** `fetch` with the access token, as described at `AuthClient.fetch`. */
export type AuthFetch = (input: RequestInfo | URL, init?: AuthFetchInit) => Promise<Response>

export interface AuthFetchDeps {
  readonly sendWithToken: SendWithToken
  /** Reports that a request begins. Returns the epoch of its session. */
  readonly beginRequest: () => number | undefined
  readonly reissuedTokenHeader: string
  /** The global `fetch`, looked up at each call. */
  readonly fetch: (request: Request, init: RequestInit) => Promise<Response>
}

export function createAuthFetch(deps: AuthFetchDeps): AuthFetch {
  const { sendWithToken, beginRequest, reissuedTokenHeader, fetch: pageFetch } = deps

  async function authFetch(input: RequestInfo | URL, given?: AuthFetchInit): Promise<Response> {
    const epoch = beginRequest()
    // `fetch` accepts `null` too.
    const init = given ?? {}
    // Our own `Request`, so that the caller never sees the token in its headers. Created at once,
    // because `fetch` too reads its arguments when it is called.
    const request = new Request(input, init)
    const rest = restOf(request, input, init)
    const isReplayable = !isStream(own(init, 'body'))
    let isSent = false
    return sendWithToken({
      url: request.url,
      hasOwnAuthorization: request.headers.has('Authorization'),
      isOpaque: request.mode === 'no-cors',
      flags: own(init, 'everbearer'),
      epoch,
      isReplayable,
      send(accessToken) {
        // A body can be read only once. Send a copy first if a replay may follow.
        const mayReplay = !isSent && isReplayable && accessToken !== undefined
        isSent = true
        const sent = mayReplay && request.body !== null ? request.clone() : request
        return send(sent, rest, accessToken)
      },
      orReleased: (promise) => orAborted(request.signal, promise)
    })
  }

  async function send(
    sent: Request,
    init: RequestInit,
    accessToken: string | undefined
  ): Promise<IncomingAnswer<Response>> {
    if (accessToken !== undefined) sent.headers.set('Authorization', `Bearer ${accessToken}`)
    const received = await pageFetch(sent, init)
    // Node keeps trailing blanks. Browsers remove them (Fetch standard, "normalize" a value).
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

  return authFetch
}

/** Options that the `Request` holds already, so that they are not passed again. */
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

/** The options to pass beside the `Request`: those it cannot hold, and those that options reset. */
function restOf(request: Request, input: RequestInfo | URL, init: RequestInit): RequestInit {
  // Pass the caller's signal: Node may garbage-collect the one that only the `Request` references.
  const { signal = input instanceof Request ? input.signal : undefined } = init
  const { referrer, referrerPolicy } = request
  // Options that only a patched `fetch` knows, such as the one of a framework.
  const others = Object.entries(init).filter(([name]) => !requestOptions.has(name))
  return Object.assign(
    Object.create(null),
    Object.fromEntries(others),
    // Any options reset these two to their defaults (Fetch standard, "new Request").
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

// The headers of a network response are immutable, so create a new response around the same body.
function withoutHeader(received: Response, name: string): Response {
  const headers = new Headers(received.headers)
  headers.delete(name)
  const { status, statusText } = received
  // A server may send a status that the `Response` constructor does not accept.
  const init = { status: status > 599 ? 200 : status, statusText, headers }
  return withOrigin(new Response(received.body, init), received)
}

// The getters also keep `received` alive: some engines cancel a body when its first response is
// garbage-collected.
function withOrigin(response: Response, received: Response): Response {
  const { clone } = response
  const asReceived = (name: 'status' | 'ok' | 'url' | 'redirected' | 'type') => ({
    get: () => received[name],
    configurable: true
  })
  return Object.defineProperties(response, {
    status: asReceived('status'),
    ok: asReceived('ok'),
    url: asReceived('url'),
    redirected: asReceived('redirected'),
    type: asReceived('type'),
    clone: {
      value: () => withOrigin(clone.call(response), received),
      configurable: true,
      writable: true
    }
  })
}
