// Our API, a page beside it, and a world around them that means no good and writes everything down.
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

export interface Origins {
  readonly server: MockAuthServer
  readonly arrivals: readonly Arrival[]
  /** What arrived anywhere but at our API. */
  strays(): readonly Arrival[]
  /** What arrived at our API's own routes, preflights left out. */
  callsTo(path: string): readonly Arrival[]
  /** Answers the paths that begin like this instead of the API, at any origin; the longest beginning wins. */
  answer(path: string, site: Site): void
  /** What the evil origin answers, until the test ends. */
  evil(site: Site): void
  /** Sets the server's clock ahead. */
  advance(ms: number): void
  /** For a browser. */
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

/** A token that is newer than any that the server would mint, for the same user. */
export function forge(claims: Readonly<Record<string, unknown>> = {}): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const all = { sub: 'user-1', iat: 9e9, exp: 9e9 + 300, ...claims }
  return `${part({ alg: 'none', kid: 'evil' })}.${part(all)}.${'evil'.repeat(8)}`
}

/** Whatever looks like a token, anywhere in what was sent: URL, headers, body. */
export function tokensIn(arrivals: readonly Arrival[]): string[] {
  return arrivals.flatMap(
    (arrival) => JSON.stringify(arrival).match(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+|rt_[\w-]{43}/g) ?? []
  )
}

export function headerOf({ headers }: Pick<Arrival, 'headers'>, name: string): string | undefined {
  return headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
}

/** Says yes to every page and every preflight, and hands out a token of its own. */
export const temptation: Site = (request) =>
  withCors(() => respond(200, { 'Cache-Control': 'no-store', Authorization: `Bearer ${forge()}` }))(
    request
  )

/** What a page needs to read an answer and its header. */
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
  /** Who calls: this process, or a browser by way of the proxy. */
  readonly callers?: 'this process' | 'a browser'
  /** What stands at the page's origin. */
  readonly app?: Site
  readonly ownOrigin?: string
  readonly appOrigin?: string
}

/** Set up once for a file, and forgotten before each test. */
export function createOrigins(options: OriginsOptions = {}): Origins {
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
  let evil = temptation

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
    internet?.forget()
    server.reset()
    routes.clear()
    evil = temptation
    aheadMs = 0
  })
  afterAll(() => internet?.close())

  return {
    server,
    get arrivals() {
      return arrivals()
    },
    strays: () => arrivals().filter(({ origin }) => origin !== own && origin !== page),
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
