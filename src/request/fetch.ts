// `auth.fetch`: the global fetch, with the access token on requests to trusted origins.

import type { ResolvedHeader } from '../contract/resolved-contract.ts'
import { own } from '../lib/checks.ts'
import { formatCredential } from '../lib/credential.ts'
import { type ClientPlatform, createWaits } from '../lib/time.ts'
import { joinUrl } from '../lib/url.ts'
import { createReadBody } from './body-text.ts'
import { fetchWithToken } from './redirects.ts'
import { isBackground, type RequestFlags } from './request-flags.ts'
import type { SendWithToken } from './send-with-token.ts'
import { greatestReplays } from './token-source.ts'
import { type IncomingAnswer, isStream } from './transport.ts'

/**
 * The second argument of `auth.fetch`: the options of `fetch`, and those of everbearer.
 *
 * @example { method: 'POST', body, everbearer: { onRefusal: 'refresh' } }
 */
export type AuthFetchInit = RequestInit & {
  /**
   * How everbearer treats this request.
   *
   * @default { accessToken: 'attach', onRefusal: 'replay', background: false }
   */
  readonly everbearer?: RequestFlags | undefined
}

/** `fetch` with the access token, as described at `AuthClient.fetch`. */
export type AuthFetch = (input: RequestInfo | URL, init?: AuthFetchInit) => Promise<Response>

export interface AuthFetchDeps {
  readonly sendWithToken: SendWithToken
  /** Reports that a request begins. Returns the epoch of its session. */
  readonly beginRequest: (isBackground: boolean) => number | undefined
  readonly baseURL: string
  readonly attach: ResolvedHeader
  readonly reissue: ResolvedHeader | false
  readonly platform: Pick<ClientPlatform, 'setTimer' | 'wait'>
  /** The global `fetch`, looked up at each call. */
  readonly fetch: typeof fetch
}

export function createAuthFetch(deps: AuthFetchDeps): AuthFetch {
  const { sendWithToken, beginRequest, baseURL, attach, reissue, platform } = deps
  const readBody = createReadBody(platform)
  // The caller owns these waits. A request in flight continues after the client is disposed.
  const { wait } = createWaits(platform)

  async function authFetch(input: RequestInfo | URL, given?: AuthFetchInit): Promise<Response> {
    // `fetch` accepts `null` too.
    const init = given ?? {}
    const flags = own(init, 'everbearer')
    const epoch = beginRequest(isBackground(flags))
    // Our own `Request`, so that the caller never sees the token in its headers. Created at once,
    // because `fetch` too reads its arguments when it is called.
    const url = typeof input === 'string' ? joinUrl(baseURL, input) : input
    const upload = input instanceof Request ? undefined : readUpload(own(init, 'body'))
    const request = new Request(url, upload === undefined ? init : withoutBody(init))
    const rest = restOf(request, input, init)
    const isReplayable = !isStream(own(init, 'body'))
    let sends = 0
    return sendWithToken({
      method: request.method,
      url: request.url,
      hasOwnHeader: request.headers.has(attach.header),
      isOpaque: request.mode === 'no-cors',
      flags,
      epoch,
      isReplayable,
      send(accessToken) {
        if (upload !== undefined)
          return send(new Request(request, { body: upload }), rest, accessToken)
        // A body can be read only once. Send a copy if a replay may follow.
        const mayReplay = sends < greatestReplays && isReplayable && accessToken !== undefined
        sends += 1
        const sent = mayReplay && request.body !== null ? request.clone() : request
        return send(sent, rest, accessToken)
      },
      orReleased: (promise) => wait(promise, { signal: request.signal }),
      toCallerError: (error) => error
    })
  }

  async function send(
    sent: Request,
    init: RequestInit,
    accessToken: string | undefined
  ): Promise<IncomingAnswer<Response>> {
    if (accessToken === undefined) return toAnswer(await deps.fetch(sent, init), undefined)
    sent.headers.set(attach.header, formatCredential(attach, accessToken))
    const received = await fetchWithToken(deps.fetch, sent, init, attach.header)
    if (reissue === false) return toAnswer(received, undefined)
    // Node keeps trailing blanks. Browsers remove them (Fetch standard, "normalize" a value).
    const reissuedHeader = received.headers.get(reissue.header)?.trim()
    return reissuedHeader === undefined
      ? toAnswer(received, undefined)
      : toAnswer(withoutHeader(received, reissue.header), reissuedHeader)
  }

  function toAnswer(
    response: Response,
    reissuedHeader: string | undefined
  ): IncomingAnswer<Response> {
    return {
      status: response.status,
      finalUrl: response.url || undefined,
      reissuedHeader,
      header: (name) => response.headers.get(name),
      text: () => readBody(response),
      settle: () => response,
      discard: () => void response.body?.cancel().catch(() => {})
    }
  }

  return authFetch
}

/**
 * A body that can be read again. The copy of a request would keep all of it in memory for the
 * replay, even a file on disk.
 */
function readUpload(body: unknown): Blob | FormData | undefined {
  if (body instanceof Blob) return body
  if (!(body instanceof FormData)) return undefined
  // The app may change its form after the call.
  const form = new FormData()
  body.forEach((value, name) => void form.append(name, value))
  return form
}

/** The options as they are, with what they inherit. */
function withoutBody(init: RequestInit): RequestInit {
  return Object.create(init, { body: { value: undefined } })
}

/** Options that every `Request` holds, although not every engine shows them, and our own. */
const heldOptions: readonly string[] = ['body', 'duplex', 'everbearer']

/** The options to pass beside the `Request`: those it cannot hold, and those that options reset. */
function restOf(request: Request, input: RequestInfo | URL, init: RequestInit): RequestInit {
  // Pass the caller's signal: Node may garbage-collect the one that only the `Request` references.
  const { signal = input instanceof Request ? input.signal : undefined } = init
  const { referrer, referrerPolicy } = request
  // Options that only a patched `fetch` knows, such as the one of a framework.
  const others = Object.entries(init).filter(
    ([name]) => !(name in request) && !heldOptions.includes(name)
  )
  return Object.assign(
    Object.create(null),
    Object.fromEntries(others),
    // Any options reset these two to their defaults (Fetch standard, "new Request").
    { referrer, referrerPolicy },
    signal == null ? {} : { signal }
  )
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
