// A browser without a browser: one page with a cookie jar, a network that can be held or broken, and a life of its own.
import type { AxiosAdapter, InternalAxiosRequestConfig } from 'axios'
import { AxiosError, AxiosHeaders } from 'axios'
import type { Platform, PlatformStorage, Wake } from 'everbearer'
import type { MockAuthServer, WireResponse } from 'everbearer/mock'
import { CookieJar } from 'tough-cookie'

/** What a request meets instead of the server. */
export type Trouble =
  | { readonly kind: 'answer'; readonly response: WireResponse }
  /** The server does its work and the answer is lost. */
  | { readonly kind: 'lost' }
  /** The request never arrives. */
  | { readonly kind: 'unreachable' }

export interface Gate {
  /** Resolves when this many requests have arrived. */
  arrived(count: number): Promise<void>
  /** Lets everything through, now and from now on. */
  release(): void
}

export interface VirtualBrowser {
  readonly platform: Partial<Platform>
  /** For an axios instance: sends through this browser. */
  readonly adapter: AxiosAdapter
  /** The requests whose path is `path` wait, answered by the server but not delivered. */
  hold(path: string): Gate
  /** The next `times` requests to `path` meet this. */
  trouble(path: string, trouble: Trouble, times?: number): void
  /** What another tab of this browser does: same cookie jar, no client. */
  post(path: string, body: unknown): Promise<WireResponse>
  readonly requests: readonly { readonly url: string; readonly headers: Record<string, string> }[]
  /** Resolves when no request is under way and everything that follows from the last one has happened. */
  idle(): Promise<void>
  /** Lets everything go on that waits for no network. */
  turn(): Promise<void>
  setVisible(isVisible: boolean): void
  wake(wake: Wake): void
  /** How many listen for the page's waking. */
  wakeListeners(): number
  readonly storage: PlatformStorage & { readonly entries: ReadonlyMap<string, string> }
}

export const pageOrigin = 'https://app.example'
export const apiOrigin = 'https://api.app.example'

export function createVirtualBrowser(
  server: Pick<MockAuthServer, 'handle' | 'owns' | 'guard'>
): VirtualBrowser {
  const jar = new CookieJar()
  const gates = new Map<
    string,
    { arrivals: number; listeners: Set<() => void>; open: Promise<void> }
  >()
  const troubles = new Map<string, Trouble[]>()
  const requests: { url: string; headers: Record<string, string> }[] = []
  const wakeListeners = new Set<(wake: Wake) => void>()
  const entries = new Map<string, string>()
  let isVisible = true
  let underWay = 0

  async function exchange(...request: Parameters<typeof deliver>): Promise<WireResponse> {
    underWay += 1
    try {
      return await deliver(...request)
    } finally {
      underWay -= 1
    }
  }

  async function deliver(
    method: string,
    url: string,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal | undefined
  ): Promise<WireResponse> {
    const { pathname } = new URL(url)
    requests.push({ url, headers })
    const trouble = troubles.get(pathname)?.shift()
    if (trouble?.kind === 'unreachable') throw new TypeError('the network is down')
    const response =
      trouble?.kind === 'answer' ? trouble.response : await serve(method, url, headers, body)
    const gate = gates.get(pathname)
    if (gate !== undefined) {
      gate.arrivals += 1
      for (const listener of gate.listeners) listener()
    }
    // As with `keepalive`: what is aborted here goes on there, and its cookies are stored when the answer arrives.
    const landed = (gate?.open ?? Promise.resolve()).then(async () => {
      if (trouble?.kind === 'lost') throw new TypeError('the connection was reset')
      for (const setCookie of response.setCookies) await jar.setCookie(setCookie, url)
    })
    await Promise.race([landed, rejectOnAbort(signal)])
    signal?.throwIfAborted()
    return response
  }

  async function serve(method: string, url: string, headers: Record<string, string>, body: string) {
    const cookie = await jar.getCookieString(url)
    const request = {
      method,
      url,
      headers: Object.entries({
        ...headers,
        Origin: pageOrigin,
        ...(cookie === '' ? {} : { Cookie: cookie })
      }),
      body
    }
    if (server.owns(request)) return server.handle(request)
    // Everything else is the app's API: it tells what it was sent.
    return server.guard(request, () => ({
      status: 200,
      headers: [['Content-Type', 'application/json']],
      setCookies: [],
      body: JSON.stringify({ method, url, body })
    }))
  }

  return {
    requests,
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
    async idle() {
      for (let quietTurns = 0; quietTurns < 3; ) {
        await nextTurn()
        quietTurns = underWay === 0 ? quietTurns + 1 : 0
      }
    },
    setVisible(next) {
      isVisible = next
    },
    wake(wake) {
      for (const listener of wakeListeners) listener(wake)
    },
    wakeListeners: () => wakeListeners.size,
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
