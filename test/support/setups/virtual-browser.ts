// Virtual browser: emulates one page with a cookie jar, storage, visibility and a network. Tests
// can delay and break the network.
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios'
import { AxiosError, AxiosHeaders } from 'axios'
import type { Platform, PlatformStorage, Wake } from 'everbearer'
import type { MockAuthServer, WireResponse } from 'everbearer/mock'
import { CookieJar } from 'tough-cookie'
import { liveSession, parseRecord, pendingSignOut } from '../../../src/tabs/record-value.ts'

/** A replacement for the normal exchange of a request with the server. */
type Interception =
  | { readonly kind: 'answer'; readonly response: WireResponse }
  /** The server handles the request, but its answer is lost. */
  | { readonly kind: 'lost' }
  /** The request never arrives. */
  | { readonly kind: 'unreachable' }

interface Gate {
  /** Resolves when this many requests have arrived. */
  arrived(count: number): Promise<void>
  /** Delivers all held answers and removes the gate. */
  release(): void
}

export interface VirtualBrowser {
  readonly platform: Partial<Platform>
  /** Sends requests of an axios instance through this browser. */
  readonly adapter: AxiosAdapter
  /** Sends through this browser. A test can replace the global `fetch` by it. */
  readonly fetch: typeof fetch
  /** Holds the answers to requests to `path` after the server has sent them. */
  hold(path: string): Gate
  /** Applies the interception to the next `times` requests to `path`. */
  intercept(path: string, interception: Interception, times?: number): void
  /** Sends a request with the same cookie jar but without a client, as another tab does. */
  post(path: string, body: unknown): Promise<WireResponse>
  readonly requests: readonly SentRequest[]
  /** The warnings for the developer. */
  readonly warnings: readonly string[]
  /** Resolves when the server handles no request and its last answers are processed. */
  settle(): Promise<void>
  /** Resolves when no request is in flight and the last answer is processed. */
  idle(): Promise<void>
  /** Runs all work that does not wait for the network. */
  turn(): Promise<void>
  setVisible(isVisible: boolean): void
  setOnline(isOnline: boolean): void
  wake(wake: Wake): void
  /** The number of listeners for wakes of the page. */
  wakeListeners(): number
  readonly storage: PlatformStorage & { readonly entries: ReadonlyMap<string, string> }
  /** The session in storage. `pending`: the server has not confirmed its sign-out. */
  storedSession(): 'unknown' | 'live' | 'pending' | 'ended'
  /** Clears storage as another page does. */
  clearStorage(): void
}

/** Observes and delays requests. */
export interface NetworkHooks {
  /** Called when the page sends a request. `settled` is called when the page stops waiting. */
  readonly onSend?: (request: SentRequest) => {
    settled(outcome: WireResponse | 'lost' | 'aborted'): void
  }
  /** Delays the arrival of a request at the server, and of its answer at the page. */
  readonly delay?: (label: string) => Promise<void>
  /** Called when a request is complete, which may be after the page has aborted it. */
  readonly onFinished?: (request: SentRequest) => void
  /** Called when an answer leaves the server. */
  readonly onServe?: (request: SentRequest, response: WireResponse) => void
}

export interface SentRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export const pageOrigin = 'https://app.example'
export const apiOrigin = 'https://api.app.example'

export function createVirtualBrowser(
  server: Pick<MockAuthServer, 'handle' | 'owns' | 'guard'>,
  hooks: NetworkHooks = {}
): VirtualBrowser {
  const cookieJar = new CookieJar()
  const gates = new Map<
    string,
    { arrivals: number; listeners: Set<() => void>; open: Promise<void> }
  >()
  const interceptions = new Map<string, Interception[]>()
  const requests: SentRequest[] = []
  const warnings: string[] = []
  const wakeListeners = new Set<(wake: Wake) => void>()
  const entries = new Map<string, string>()
  const storageListeners = new Set<() => void>()
  const storage: PlatformStorage = {
    getItem: (key) => entries.get(key) ?? null,
    // A tab also gets an event for its own write, unlike in a browser. It does no harm.
    setItem(key, value) {
      entries.set(key, value)
      queueMicrotask(() => {
        for (const listener of storageListeners) listener()
      })
    },
    removeItem: (key) => void entries.delete(key)
  }
  let isVisible = true
  let isOnline = true
  let inFlight = 0
  let serving = 0

  async function exchange(
    method: string,
    url: string,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal | undefined
  ): Promise<WireResponse> {
    const request = { method, url, headers, body }
    requests.push(request)
    inFlight += 1
    const watched = hooks.onSend?.(request)
    try {
      const response = await Promise.race([
        travel(request).finally(() => hooks.onFinished?.(request)),
        rejectOnAbort(signal)
      ])
      signal?.throwIfAborted()
      watched?.settled(response)
      return response
    } catch (error) {
      watched?.settled(signal?.aborted === true ? 'aborted' : 'lost')
      throw error
    } finally {
      inFlight -= 1
    }
  }

  // As with `keepalive`: an aborted request continues, and the cookies of its answer are stored.
  async function travel(request: SentRequest): Promise<WireResponse> {
    const { url } = request
    const { pathname } = new URL(url)
    const interception = interceptions.get(pathname)?.shift()
    const cookie = await cookieJar.getCookieString(url)
    await hooks.delay?.(`${pathname} arrives`)
    if (interception?.kind === 'unreachable') throw new TypeError('the network is down')
    const response =
      interception?.kind === 'answer' ? interception.response : await serve(request, cookie)
    hooks.onServe?.(request, response)
    const gate = gates.get(pathname)
    if (gate !== undefined) {
      gate.arrivals += 1
      for (const listener of gate.listeners) listener()
      await gate.open
    }
    await hooks.delay?.(`${pathname} is answered`)
    if (interception?.kind === 'lost') throw new TypeError('the connection was reset')
    for (const setCookie of response.setCookies) await cookieJar.setCookie(setCookie, url)
    return response
  }

  async function serve(
    { method, url, headers, body }: SentRequest,
    cookie: string
  ): Promise<WireResponse> {
    const all = { ...headers, Origin: pageOrigin, ...(cookie === '' ? {} : { Cookie: cookie }) }
    const request = { method, url, headers: Object.entries(all), body }
    serving += 1
    try {
      if (server.owns(request)) return await server.handle(request)
      // Other paths belong to the API of the app, which returns the request.
      return await server.guard(request, () => ({
        status: 200,
        headers: [['Content-Type', 'application/json']],
        setCookies: [],
        body: JSON.stringify({ method, url, body })
      }))
    } finally {
      serving -= 1
    }
  }

  return {
    requests,
    warnings,
    platform: {
      async fetch(url, init) {
        const headers = init.headers as Record<string, string>
        const response = await exchange(
          init.method ?? 'GET',
          url,
          headers,
          String(init.body),
          init.signal ?? undefined
        )
        return new Response(response.status === 204 ? null : response.body, response)
      },
      // A page reads cookies of its site that are not HttpOnly.
      readCookie: (name) =>
        cookieJar
          .getCookiesSync(apiOrigin, { http: false, allPaths: true })
          .find(({ key }) => key === name)?.value,
      pageUrl: () => `${pageOrigin}/`,
      isVisible: () => isVisible,
      isOnline: () => isOnline,
      warn: (message) => void warnings.push(message),
      onWake(listener) {
        wakeListeners.add(listener)
        return () => wakeListeners.delete(listener)
      },
      onStorageChange(listener) {
        storageListeners.add(listener)
        return () => storageListeners.delete(listener)
      },
      referrerOrigin: () => undefined,
      storage,
      locks: undefined
    },
    async fetch(input, init) {
      const request = new Request(input, init)
      const wire = await exchange(
        request.method,
        request.url,
        Object.fromEntries(request.headers),
        await request.text(),
        request.signal
      )
      const response = new Response(wire.body === '' ? null : wire.body, wire)
      return Object.defineProperty(response, 'url', { value: request.url })
    },
    async adapter(config) {
      const url = new URL(config.url ?? '', config.baseURL || undefined).href
      const headers = config.headers.toJSON() as Record<string, string>
      const wire = await exchange(
        (config.method ?? 'get').toUpperCase(),
        url,
        headers,
        typeof config.data === 'string' ? config.data : '',
        config.signal as AbortSignal | undefined
      )
      const response = {
        status: wire.status,
        statusText: '',
        headers: new AxiosHeaders(Object.fromEntries(wire.headers)),
        data: wire.body,
        config,
        request: { responseURL: url }
      }
      if (config.validateStatus?.(wire.status) ?? true) return response
      throw createStatusError(wire.status, config, response)
    },
    hold(path) {
      let open = () => {}
      const gate = {
        arrivals: 0,
        listeners: new Set<() => void>(),
        open: new Promise<void>((resolve) => {
          open = resolve
        })
      }
      gates.set(path, gate)
      return {
        arrived: (count) =>
          new Promise((resolve) => {
            const look = () => {
              if (gate.arrivals < count) return
              gate.listeners.delete(look)
              resolve()
            }
            gate.listeners.add(look)
            look()
          }),
        release() {
          gates.delete(path)
          open()
        }
      }
    },
    intercept(path, interception, times = 1) {
      const earlier = interceptions.get(path) ?? []
      interceptions.set(path, [...earlier, ...Array<Interception>(times).fill(interception)])
    },
    post: (path, body) =>
      exchange(
        'POST',
        `${apiOrigin}${path}`,
        { 'Content-Type': 'application/json' },
        JSON.stringify(body),
        undefined
      ),
    async turn() {
      for (let turn = 0; turn < 20; turn += 1) await nextTurn()
    },
    async settle() {
      for (let quietTurns = 0; quietTurns < 2; ) {
        await nextTurn()
        quietTurns = serving === 0 ? quietTurns + 1 : 0
      }
    },
    async idle() {
      for (let quietTurns = 0; quietTurns < 3; ) {
        await nextTurn()
        quietTurns = inFlight === 0 ? quietTurns + 1 : 0
      }
    },
    setOnline(next) {
      isOnline = next
    },
    setVisible(next) {
      isVisible = next
    },
    wake(wake) {
      for (const listener of wakeListeners) listener(wake)
    },
    wakeListeners: () => wakeListeners.size,
    storedSession() {
      const record = [...entries.values()].map(parseRecord).find((one) => one !== undefined)
      if (record?.sessionId === undefined) return 'unknown'
      if (liveSession(record) !== undefined) return 'live'
      return pendingSignOut(record) === undefined ? 'ended' : 'pending'
    },
    clearStorage() {
      entries.clear()
      for (const listener of storageListeners) listener()
    },
    storage: { entries, ...storage }
  }
}

function createStatusError(
  status: number,
  config: InternalAxiosRequestConfig,
  response: object
): AxiosError {
  const error = new AxiosError(
    `Request failed with status code ${status}`,
    'ERR_BAD_REQUEST',
    config
  )
  return Object.assign(error, { response, status, request: Reflect.get(response, 'request') })
}

function rejectOnAbort(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
