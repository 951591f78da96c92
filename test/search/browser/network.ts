// Network of a browser profile: one cookie jar, latencies, and faults on the way to the server.
import type { MockAuthServer, WireResponse } from 'everbearer/mock'
import type { ManualClock } from '../../support/clocks/manual-clock.ts'
import { brokenReissues, type CannedAnswer, cannedAnswers } from './answers.ts'
import type { Draw } from './draws.ts'

export const pageOrigin = 'https://app.example'
export const apiOrigin = 'https://api.app.example'

/** A server without timers answers within some turns of the event loop. */
const mostTurns = 1_000_000

export type NetworkKind = 'fast' | 'mixed' | 'slow'

/** The fate of the next request to a path. */
export type NetworkFault =
  | { readonly kind: 'unreachable' | 'lost' | 'cached reissue' }
  | { readonly kind: 'broken reissue'; readonly nth: number }
  | { readonly kind: 'answer'; readonly answer: CannedAnswer }
  | { readonly kind: 'slow body'; readonly ms: number }

export interface NetworkRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface NetworkAnswer {
  readonly response: WireResponse
  /** The body arrives this much later than the headers. */
  readonly bodyAfterMs: number
  /** Whether the server itself has answered. */
  readonly isGenuine: boolean
}

export interface ProfileNetwork {
  /**
   * Resolves when the answer reaches the browser, and rejects if it is lost. The request goes on
   * without the page: its cookies are stored in any case.
   */
  travel(request: NetworkRequest): Promise<NetworkAnswer>
  fault(path: string, fault: NetworkFault): void
  /** Without a network, requests fail at once. */
  setOnline(isOnline: boolean): void
  isOnline(): boolean
  /** Resolves when the server is idle and its last answer has been processed. */
  settle(): Promise<void>
  cookie(): string | undefined
}

export interface NetworkHooks {
  /** Called when the server receives a request. */
  readonly onServed: (request: NetworkRequest, response: WireResponse) => void
  /** Called when the answer changes the cookie. */
  readonly onCookie: (response: WireResponse) => void
}

export function createNetwork(
  server: MockAuthServer,
  clock: ManualClock,
  draw: Draw,
  kind: NetworkKind,
  hooks: NetworkHooks
): ProfileNetwork {
  const faults = new Map<string, NetworkFault[]>()
  let jar: string | undefined
  let isOnline = true
  let serving = 0
  let lastReissue: [string, string] | undefined

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => clock.platform.setTimer(resolve, ms))
  }

  function latencyMs(pathname: string): number {
    return Math.ceil(chooseLatencyMs(pathname))
  }

  function chooseLatencyMs(pathname: string): number {
    const share = draw(`kind of latency ${pathname}`)
    const size = draw(`latency ${pathname}`)
    if (kind === 'fast' || share < 0.7) return 1 + size * 120
    if (kind === 'mixed' || share < 0.85) return 1 + size * 3_000
    return share < 0.95 ? 2_000 + size * 9_000 : 10_000 + size * 35_000
  }

  async function serve(request: NetworkRequest, cookie: string | undefined): Promise<WireResponse> {
    const { method, url, headers, body } = request
    const all = {
      ...headers,
      Origin: pageOrigin,
      ...(cookie === undefined ? {} : { Cookie: cookie })
    }
    const wire = { method, url, headers: Object.entries(all), body }
    serving += 1
    try {
      if (server.owns(wire)) return await server.handle(wire)
      return await server.guard(wire, () => ({
        status: new URL(url).pathname === '/refused' ? 401 : 200,
        headers: [['Content-Type', 'application/json']],
        setCookies: [],
        body
      }))
    } finally {
      serving -= 1
    }
  }

  function keepCookies(response: WireResponse): void {
    for (const setCookie of response.setCookies) {
      const [pair = ''] = setCookie.split(';')
      const isDeleted = /;\s*Max-Age=0(;|$)/i.test(setCookie)
      jar = isDeleted ? undefined : pair
      hooks.onCookie(response)
    }
  }

  /** Changes an answer as a cache or a broken proxy does. */
  function tamper(
    request: NetworkRequest,
    response: WireResponse,
    fault: NetworkFault | undefined
  ): WireResponse {
    // A cache keeps the answers to requests with a token apart.
    if (request.headers.Authorization === undefined) return response
    const isReissue = ([name]: [string, string]) => name.toLowerCase() === 'authorization'
    const genuine = response.headers.find(isReissue)
    const others = response.headers.filter((header) => !isReissue(header))
    const forged: [string, string] | undefined =
      fault?.kind === 'cached reissue'
        ? lastReissue
        : fault?.kind === 'broken reissue'
          ? ['Authorization', brokenReissues[fault.nth % brokenReissues.length] ?? '']
          : undefined
    if (genuine !== undefined) lastReissue = genuine
    if (forged === undefined) return response
    const expose: [string, string] = ['Access-Control-Expose-Headers', 'Authorization']
    return { ...response, headers: [...others, forged, expose] }
  }

  return {
    async travel(request) {
      const { pathname } = new URL(request.url)
      const fault = faults.get(pathname)?.shift()
      const isApp = ['/notes', '/refused'].includes(pathname)
      const cookie = isApp ? undefined : jar
      const isReachable = isOnline
      await pause(isReachable ? latencyMs(pathname) : 1)
      if (!isReachable || fault?.kind === 'unreachable') throw new TypeError('no connection')
      const response =
        fault?.kind === 'answer' ? cannedAnswers[fault.answer] : await serve(request, cookie)
      hooks.onServed(request, response)
      await pause(latencyMs(pathname))
      if (fault?.kind === 'lost') throw new TypeError('the connection was reset')
      keepCookies(response)
      return {
        response: tamper(request, response, fault),
        bodyAfterMs: fault?.kind === 'slow body' ? fault.ms : 0,
        isGenuine: fault?.kind !== 'answer'
      }
    },
    fault(path, fault) {
      faults.set(path, [...(faults.get(path) ?? []), fault])
    },
    setOnline(next) {
      isOnline = next
    },
    isOnline: () => isOnline,
    async settle() {
      let turns = 0
      for (let quietTurns = 0; quietTurns < 2; turns += 1) {
        if (turns > mostTurns) throw new Error('The server does not answer.')
        await nextTurn()
        quietTurns = serving === 0 ? quietTurns + 1 : 0
      }
    },
    cookie: () => jar
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
