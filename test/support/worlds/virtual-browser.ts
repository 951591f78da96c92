// A browser without a browser: one page with a cookie jar, a network that can be held or broken, and a life of its own.
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios'
import { AxiosError, AxiosHeaders } from 'axios'
import type { Platform, PlatformStorage, Wake } from 'everbearer'
import type { MockAuthServer, WireResponse } from 'everbearer/mock'
import { CookieJar } from 'tough-cookie'

/** What a request meets instead of the server. */
type Trouble =
  | { readonly kind: 'answer'; readonly response: WireResponse }
  /** The server does its work and the answer is lost. */
  | { readonly kind: 'lost' }
  /** The request never arrives. */
  | { readonly kind: 'unreachable' }

interface Gate {
  /** Resolves when this many requests have arrived. */
  arrived(count: number): Promise<void>
  /** Lets everything through, now and from now on. */
  release(): void
}

export interface VirtualBrowser {
  readonly platform: Partial<Platform>
  /** For an axios instance: sends through this browser. */
  readonly adapter: AxiosAdapter
  /** For a test to put in place of the global one: sends through this browser. */
  readonly fetch: typeof fetch
  /** The requests whose path is `path` wait, answered by the server but not delivered. */
  hold(path: string): Gate
  /** The next `times` requests to `path` meet this. */
  trouble(path: string, trouble: Trouble, times?: number): void
  /** What another tab of this browser does: same cookie jar, no client. */
  post(path: string, body: unknown): Promise<WireResponse>
  readonly requests: readonly SentRequest[]
  /** What the developer was told. */
  readonly warnings: readonly string[]
  /** Resolves when the server is not at work and everything that follows from its last answers has happened. */
  settle(): Promise<void>
  /** Resolves when no request is under way and everything that follows from the last one has happened. */
  idle(): Promise<void>
  /** Lets everything go on that waits for no network. */
  turn(): Promise<void>
  setVisible(isVisible: boolean): void
  setOnline(isOnline: boolean): void
  wake(wake: Wake): void
  /** How many listen for the page's waking. */
  wakeListeners(): number
  readonly storage: PlatformStorage & { readonly entries: ReadonlyMap<string, string> }
  /** What is marked in storage, by name, but for what tabs note about each other. */
  marks(): string[]
}

/** What may be watched and slowed down about the network. */
export interface NetworkHooks {
  /** Called when a request leaves the page; `left` is called when the page has stopped waiting for it. */
  readonly onSend?: (request: SentRequest) => {
    left(outcome: WireResponse | 'lost' | 'aborted'): void
  }
  /** Waits before a request arrives at the server, and before its answer arrives at the page. */
  readonly pace?: (label: string) => Promise<void>
  /** Called when a request is really over, which may be long after the page gave up on it. */
  readonly onLanded?: (request: SentRequest) => void
  /** Called with every answer at the moment it leaves the server. */
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
  const troubles = new Map<string, Trouble[]>()
  const requests: SentRequest[] = []
  const warnings: string[] = []
  const wakeListeners = new Set<(wake: Wake) => void>()
  const entries = new Map<string, string>()
  let isVisible = true
  let isOnline = true
  let underWay = 0
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
    underWay += 1
    const watched = hooks.onSend?.(request)
    try {
      const response = await Promise.race([
        travel(request).finally(() => hooks.onLanded?.(request)),
        rejectOnAbort(signal)
      ])
      signal?.throwIfAborted()
      watched?.left(response)
      return response
    } catch (error) {
      watched?.left(signal?.aborted === true ? 'aborted' : 'lost')
      throw error
    } finally {
      underWay -= 1
    }
  }

  // As with `keepalive`: what is aborted in the page goes on without it, and its cookies are stored when the answer arrives.
  async function travel(request: SentRequest): Promise<WireResponse> {
    const { url } = request
    const { pathname } = new URL(url)
    const trouble = troubles.get(pathname)?.shift()
    const cookie = await cookieJar.getCookieString(url)
    await hooks.pace?.(`${pathname} arrives`)
    if (trouble?.kind === 'unreachable') throw new TypeError('the network is down')
    const response = trouble?.kind === 'answer' ? trouble.response : await serve(request, cookie)
    hooks.onServe?.(request, response)
    const gate = gates.get(pathname)
    if (gate !== undefined) {
      gate.arrivals += 1
      for (const listener of gate.listeners) listener()
      await gate.open
    }
    await hooks.pace?.(`${pathname} is answered`)
    if (trouble?.kind === 'lost') throw new TypeError('the connection was reset')
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
      // Everything else is the app's API: it tells what it was sent.
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
      pageUrl: () => `${pageOrigin}/`,
      isVisible: () => isVisible,
      isOnline: () => isOnline,
      warn: (message) => void warnings.push(message),
      onWake(listener) {
        wakeListeners.add(listener)
        return () => wakeListeners.delete(listener)
      },
      storage: {
        getItem: (key) => entries.get(key) ?? null,
        setItem: (key, value) => void entries.set(key, value),
        removeItem: (key) => void entries.delete(key)
      },
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
      const url = new URL(config.url ?? '', config.baseURL).href
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
      throw refusedByStatus(wire.status, config, response)
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
    trouble(path, trouble, times = 1) {
      troubles.set(path, [...(troubles.get(path) ?? []), ...Array<Trouble>(times).fill(trouble)])
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
        quietTurns = underWay === 0 ? quietTurns + 1 : 0
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
    marks() {
      const names = [...entries.keys()].map((key) => key.slice(key.lastIndexOf(':') + 1))
      return names.filter((name) => name !== 'version' && name !== 'tabs')
    },
    storage: {
      entries,
      getItem: (key) => entries.get(key) ?? null,
      setItem: (key, value) => void entries.set(key, value),
      removeItem: (key) => void entries.delete(key)
    }
  }
}

function refusedByStatus(
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
