// Hand-written server: a client in a page, and a server that the test writes as plain functions. It
// shows what the client does with servers that are unlike the mock.
import { AxiosError, AxiosHeaders, type InternalAxiosRequestConfig } from 'axios'
import type { AuthClient, AuthClientOptions, AuthEvents, Platform } from 'everbearer'
import { createAuthClient } from 'everbearer'
import { onTestFinished, vi } from 'vitest'
import { createManualClock, type ManualClock } from '../clocks/manual-clock.ts'
import { asPageSees } from './faulty-auth-server.ts'
import { eventNames } from './test-client.ts'
import { apiOrigin, pageOrigin } from './virtual-browser.ts'

/** A request as it arrived at the server. */
export interface Arrived {
  readonly method: string
  readonly url: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Headers
  readonly body: string
  /** The body, read as JSON or as a form. */
  readonly fields: Readonly<Record<string, unknown>>
  /** The token of `Authorization: Bearer`; `undefined` without one. */
  readonly token: string | undefined
  readonly keepalive: boolean
  readonly signal: AbortSignal | undefined
  /** The time of the server, in whole seconds since the epoch. */
  readonly atSeconds: number
}

/** Answers a request. If it rejects, the request gets no answer. */
export type HandWrittenServer = (request: Arrived) => Response | Promise<Response>

export interface HandWrittenSetup {
  readonly auth: AuthClient
  readonly clock: ManualClock
  /** All requests in the order of their arrival. */
  readonly requests: readonly Arrived[]
  readonly warnings: readonly string[]
  readonly events: readonly { readonly name: keyof AuthEvents; readonly event: unknown }[]
  /** The parts of the platform that all pages of this browser share. */
  readonly platform: Partial<Platform>
  sentTo(path: string): readonly Arrived[]
  /** Loads the page again, in the same browser. */
  reload(options?: AuthClientOptions): AuthClient
  /** Resolves when all work that needs no timer is done. */
  settle(): Promise<void>
  /** Lets time pass in steps, and settles after each step. */
  pass(ms: number, stepMs?: number): Promise<void>
}

export const credentials = { email: 'ada@example.com', password: 'lovelace' }

export function setUpServer(
  server: HandWrittenServer,
  options: AuthClientOptions = {},
  deviceOffsetMs = 0
): HandWrittenSetup {
  const clock = createManualClock(deviceOffsetMs)
  const requests: Arrived[] = []
  const warnings: string[] = []
  const events: { name: keyof AuthEvents; event: unknown }[] = []
  const stored = new Map<string, string>()

  async function exchange(url: string, init: RequestInit): Promise<Response> {
    const request = receive(url, init, clock.trueNow())
    requests.push(request)
    const response = await Promise.race([server(request), rejectOnAbort(request.signal)])
    return asPageSees(response, init)
  }

  const platform: Partial<Platform> = {
    ...clock.platform,
    fetch: exchange,
    random: () => 0.5,
    pageUrl: () => `${pageOrigin}/`,
    warn: (message) => void warnings.push(message),
    storage: {
      getItem: (key) => stored.get(key) ?? null,
      setItem: (key, value) => void stored.set(key, value),
      removeItem: (key) => void stored.delete(key)
    }
  }

  // `auth.fetch` calls the global `fetch`.
  vi.stubGlobal('fetch', async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init)
    const { method, headers, signal } = request
    const body = await request.text()
    const response = await exchange(request.url, { method, headers, body, signal })
    return Object.defineProperty(response, 'url', { value: request.url })
  })
  onTestFinished(() => void vi.unstubAllGlobals())

  function load(changed: AuthClientOptions = {}): AuthClient {
    const merged = { ...options, ...changed }
    const auth = createAuthClient({
      baseURL: apiOrigin,
      spreadRefreshes: false,
      restore: 'never',
      ...merged,
      platform: { ...platform, ...merged.platform }
    })
    auth.axios.defaults.adapter = (config) => adapt(config, exchange)
    for (const name of eventNames) auth.on(name, (event) => events.push({ name, event }))
    onTestFinished(auth.dispose)
    return auth
  }

  return {
    auth: load(),
    clock,
    requests,
    warnings,
    events,
    platform,
    reload: load,
    settle,
    sentTo: (path) => requests.filter((request) => request.path === path),
    async pass(ms, stepMs = ms) {
      for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
        clock.tick(stepMs)
        await settle()
      }
    }
  }
}

/** A server with one handler for each method and path, such as `POST /login`. */
export function routes(handlers: Readonly<Record<string, HandWrittenServer>>): HandWrittenServer {
  return (request) => {
    const handler = handlers[`${request.method} ${request.path}`]
    return handler === undefined ? json(404, { message: 'Not Found' }) : handler(request)
  }
}

export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {}
): Response {
  return text(status, JSON.stringify(body), { 'Content-Type': 'application/json', ...headers })
}

export function text(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {}
): Response {
  return new Response([204, 205, 304].includes(status) ? null : body, { status, headers })
}

export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

function receive(url: string, init: RequestInit, nowMs: number): Arrived {
  const { pathname, searchParams } = new URL(url)
  const headers = new Headers(init.headers)
  const body = typeof init.body === 'string' ? init.body : ''
  return {
    method: (init.method ?? 'GET').toUpperCase(),
    url,
    path: pathname,
    query: searchParams,
    headers,
    body,
    fields: readFields(body, headers.get('Content-Type') ?? ''),
    token: /^Bearer (.+)$/.exec(headers.get('Authorization') ?? '')?.[1],
    keepalive: init.keepalive === true,
    signal: init.signal ?? undefined,
    atSeconds: Math.floor(nowMs / 1000)
  }
}

function readFields(body: string, type: string): Readonly<Record<string, unknown>> {
  if (body === '') return {}
  return type.includes('json') ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body))
}

async function adapt(
  config: InternalAxiosRequestConfig,
  exchange: (url: string, init: RequestInit) => Promise<Response>
) {
  const url = new URL(config.url ?? '', config.baseURL).href
  const received = await exchange(url, {
    method: config.method ?? 'get',
    headers: config.headers.toJSON() as Record<string, string>,
    body: config.data as string,
    signal: (config.signal as AbortSignal | undefined) ?? null
  })
  const isBlob = config.responseType === 'blob'
  const response = {
    status: received.status,
    statusText: '',
    headers: new AxiosHeaders(Object.fromEntries(received.headers)),
    data: isBlob ? await received.blob() : await received.text(),
    config,
    request: { responseURL: url }
  }
  if (config.validateStatus?.(received.status) ?? true) return response
  const error = new AxiosError(`status ${received.status}`, 'ERR_BAD_REQUEST', config)
  throw Object.assign(error, { response, status: received.status })
}

function rejectOnAbort(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
