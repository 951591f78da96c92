// Trusted and foreign origins: the API, a page, and hostile sites at all other origins. Every
// request is recorded.
import { type AuthClient, type AuthClientOptions, createAuthClient } from 'everbearer'
import { createMockAuthServer, type MockAuthServer, type WireResponse } from 'everbearer/mock'
import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest'
import { createCookieFetch } from '../cookie-fetch.ts'
import { type Arrival, createInternet, type Internet, type Site } from './internet.ts'
import { eventNames } from './test-client.ts'

export const ada = { email: 'ada@example.com', password: 'lovelace' }
export const grace = { email: 'grace@example.com', password: 'hopper' }

export const appOrigin = 'https://app.example'
export const ownOrigin = 'https://api.app.example'
export const evilOrigin = 'https://evil.example'

export interface OriginsSetup {
  readonly server: MockAuthServer
  readonly arrivals: readonly Arrival[]
  /** The requests to origins other than the API and the page. */
  arrivalsElsewhere(): readonly Arrival[]
  /** The requests to a route of the API, without preflights. */
  callsTo(path: string): readonly Arrival[]
  /** Answers API requests to paths that begin with `path`. The longest prefix wins. */
  answer(path: string, site: Site): void
  /** Replaces the answers of the hostile sites until the test ends. */
  evil(site: Site): void
  /** Moves the server's clock forward. */
  advance(ms: number): void
  /** URL of the proxy that a browser must use. */
  proxyUrl(): string
  createClient(options?: AuthClientOptions): WatchedClient
}

export interface WatchedClient {
  readonly auth: AuthClient
  readonly events: { readonly name: string; readonly event: unknown }[]
}

export function respond(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body = '{}'
): WireResponse {
  const all = { 'Content-Type': 'application/json', ...headers }
  return { status, headers: Object.entries(all), setCookies: [], body: status === 204 ? '' : body }
}

export const redirect = (status: number, location: string): WireResponse =>
  respond(status, { Location: location }, '')

/** A forged token of the same user that is newer than every token of the server. */
export function forge(claims: Readonly<Record<string, unknown>> = {}): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const all = { sub: 'user-1', iat: 9e9, exp: 9e9 + 300, ...claims }
  return `${part({ alg: 'none', kid: 'evil' })}.${part(all)}.${'evil'.repeat(8)}`
}

/** All tokens in the URLs, headers and bodies of these requests. */
export function tokensIn(arrivals: readonly Arrival[]): string[] {
  return arrivals.flatMap(
    (arrival) => JSON.stringify(arrival).match(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+|rt_[\w-]{43}/g) ?? []
  )
}

export function headerOf({ headers }: Pick<Arrival, 'headers'>, name: string): string | undefined {
  return headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
}

/** Allows every page and every preflight, and re-issues a forged token. */
export const answerWithForgedToken: Site = (request) =>
  withCors(() => respond(200, { 'Cache-Control': 'no-store', Authorization: `Bearer ${forge()}` }))(
    request
  )

/** Adds the CORS headers that let a page read an answer and its `Authorization` header. */
export function withCors(site: Site): Site {
  return async (request) => {
    const allowed: [string, string][] = [
      ['Access-Control-Allow-Origin', headerOf(request, 'origin') ?? '*'],
      ['Access-Control-Allow-Credentials', 'true'],
      ['Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE, HEAD'],
      ['Access-Control-Allow-Headers', 'authorization, content-type, idempotency-key, x-custom'],
      ['Access-Control-Expose-Headers', 'authorization']
    ]
    if (request.method === 'OPTIONS') return { ...respond(204), headers: allowed }
    const answer = await site(request)
    if (answer === 'reset' || 'raw' in answer) return answer
    return { ...answer, headers: [...answer.headers, ...allowed] }
  }
}

export interface OriginsOptions {
  /** Where requests come from: this process, or a browser that uses the proxy. */
  readonly callers?: 'this process' | 'a browser'
  /** The site at the page's origin. */
  readonly app?: Site
  readonly ownOrigin?: string
  readonly appOrigin?: string
}

/** Sets the origins up once for a file, and resets them before each test. */
export function setUpOrigins(options: OriginsOptions = {}): OriginsSetup {
  const { callers = 'this process', app, ownOrigin: own = ownOrigin } = options
  const { appOrigin: page = appOrigin } = options
  let aheadMs = 0
  const server = createMockAuthServer({
    allowedOrigins: [page],
    users: [ada, grace],
    now: () => Date.now() + aheadMs
  })
  let internet: Internet | undefined
  const routes = new Map<string, Site>()
  let evil = answerWithForgedToken

  const api: Site = async (request) => {
    const path = request.url.slice(own.length)
    const [, site] =
      [...routes]
        .sort(([one], [other]) => other.length - one.length)
        .find(([start]) => path.startsWith(start)) ?? []
    if (site !== undefined) return site(request)
    if (server.owns(request)) return server.handle(request)
    return server.guard(request, () => respond(200, {}, JSON.stringify({ path })))
  }
  const arrivals = () => internet?.arrivals ?? []

  beforeAll(async () => {
    const sites = { [own]: api, ...(app === undefined ? {} : { [page]: app }) }
    internet = await createInternet(sites, (request) => evil(request))
    if (callers === 'this process') internet.capture()
  })
  beforeEach(() => {
    internet?.clear()
    server.reset()
    routes.clear()
    evil = answerWithForgedToken
    aheadMs = 0
  })
  afterAll(() => internet?.close())

  return {
    server,
    get arrivals() {
      return arrivals()
    },
    arrivalsElsewhere: () => arrivals().filter(({ origin }) => origin !== own && origin !== page),
    callsTo: (path) =>
      arrivals().filter(
        (arrival) =>
          arrival.origin === own &&
          arrival.method !== 'OPTIONS' &&
          arrival.path.split('?')[0] === path
      ),
    answer: (path, site) => void routes.set(path, site),
    evil(site) {
      evil = site
    },
    advance(ms) {
      aheadMs += ms
    },
    proxyUrl: () => internet?.proxyUrl ?? '',
    createClient(options = {}) {
      const auth = createAuthClient({
        baseURL: own,
        spreadRefreshes: false,
        platform: { fetch: createCookieFetch() },
        ...options
      })
      const events: WatchedClient['events'] = []
      for (const name of eventNames) auth.on(name, (event) => events.push({ name, event }))
      onTestFinished(auth.dispose)
      return { auth, events }
    }
  }
}
