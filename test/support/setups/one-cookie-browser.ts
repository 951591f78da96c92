// One-cookie browser: calls the mock server and keeps its refresh cookie. There is no client.
import {
  createMockAuthServer,
  type MockAuthServer,
  type MockAuthServerOptions
} from 'everbearer/mock'

interface PathRequest {
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: string
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly setCookies: readonly string[]
  header(name: string): string | null
}

export type Send = (request: PathRequest) => Promise<Answer>

interface TokenAnswer extends Answer {
  readonly token: string
}

export interface OneCookieBrowser {
  /** The refresh token in the cookie. */
  cookie: string | undefined
  login(password?: string): Promise<TokenAnswer>
  refresh(idempotencyKey?: string): Promise<TokenAnswer>
  logout(): Promise<Answer>
  me(token?: string): Promise<Answer>
}

export const base = 'http://localhost:4000'
export const json: [string, string] = ['Content-Type', 'application/json']

/** Creates a server and its clock, which only the test moves. */
export function createServerWithClock(options: MockAuthServerOptions = {}): {
  server: MockAuthServer
  clock: { nowMs: number; advanceSeconds(seconds: number): void }
} {
  const clock = {
    nowMs: Date.UTC(2030, 0, 1),
    advanceSeconds(seconds: number) {
      clock.nowMs += seconds * 1000
    }
  }
  return { server: createMockAuthServer({ now: () => clock.nowMs, ...options }), clock }
}

/** Calls `server.handle()` with a request as data. */
export function overWire(server: MockAuthServer, origin: string = base): Send {
  return async ({ path, ...rest }) => {
    const { headers, ...answer } = await server.handle({ ...rest, url: origin + path })
    return { ...answer, header: (name) => find(headers, name) }
  }
}

/** Calls a function that takes a `Request`. */
export function overFetch(
  fetch: (request: Request) => Promise<Response>,
  origin: string = base
): Send {
  return async ({ method, path, headers, body }) => {
    const init = { method, headers: headers.map((row): [string, string] => [row[0], row[1]]) }
    const request = new Request(origin + path, body === undefined ? init : { ...init, body })
    const response = await fetch(request)
    return {
      status: response.status,
      body: await response.text(),
      setCookies: response.headers.getSetCookie(),
      header: (name) => response.headers.get(name)
    }
  }
}

export function openBrowser(send: Send): OneCookieBrowser {
  const call = async (method: string, path: string, extra: [string, string][], body?: string) => {
    const cookie: [string, string][] =
      browser.cookie === undefined ? [] : [['Cookie', `refresh_token=${browser.cookie}`]]
    const request = { method, path, headers: [...extra, ...cookie] }
    const answer = await send(body === undefined ? request : { ...request, body })
    for (const line of answer.setCookies) {
      const value = /^refresh_token=([^;]*)/.exec(line)?.[1]
      if (value !== undefined) browser.cookie = value === '' ? undefined : value
    }
    return answer
  }
  const withToken = (answer: Answer): TokenAnswer => ({
    ...answer,
    token: answer.status === 200 ? String(JSON.parse(answer.body).access_token) : ''
  })
  const browser: OneCookieBrowser = {
    cookie: undefined,
    login: async (password = 'lovelace') =>
      withToken(
        await call('POST', '/login', [json], JSON.stringify({ email: 'ada@example.com', password }))
      ),
    refresh: async (idempotencyKey) => {
      const key: [string, string][] =
        idempotencyKey === undefined ? [] : [['Idempotency-Key', idempotencyKey]]
      return withToken(await call('POST', '/refresh', [json, ...key], '{}'))
    },
    logout: () => call('POST', '/logout', [json], '{}'),
    me: (token) =>
      call('GET', '/me', token === undefined ? [] : [['Authorization', `Bearer ${token}`]])
  }
  return browser
}

/** Some claims of an access token, without verification. */
export interface SeenClaims {
  readonly iat?: number
  readonly exp?: number
  readonly jti?: string
  readonly auth_time?: number
  readonly sub?: string
  readonly sid?: string
}

export function claimsOf(token: string): SeenClaims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

export function kidOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
}

/** The logged outcome of the latest call. */
export function outcome(server: MockAuthServer): string | undefined {
  return server.calls.at(-1)?.outcome
}

function find(headers: readonly (readonly [string, string])[], name: string): string | null {
  return headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] ?? null
}
