// A visitor of the mock server: a tiny browser that keeps one cookie, and a clock that both can see.
import {
  createMockAuthServer,
  type MockAuthServer,
  type MockAuthServerOptions
} from 'everbearer/mock'

interface AskTabs {
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

export type Send = (question: AskTabs) => Promise<Answer>

interface TokenAnswer extends Answer {
  readonly token: string
}

export interface Visitor {
  /** The refresh token of the cookie, as the browser holds it. */
  cookie: string | undefined
  login(password?: string): Promise<TokenAnswer>
  refresh(idempotencyKey?: string): Promise<TokenAnswer>
  logout(): Promise<Answer>
  me(token?: string): Promise<Answer>
}

export const base = 'http://localhost:4000'
export const json: [string, string] = ['Content-Type', 'application/json']

/** A server on a clock that only the test moves. */
export function createClockedServer(options: MockAuthServerOptions = {}): {
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

/** Straight to the records. */
export function overWire(server: MockAuthServer, origin: string = base): Send {
  return async ({ path, ...question }) => {
    const { headers, ...answer } = await server.handle({ ...question, url: origin + path })
    return { ...answer, header: (name) => find(headers, name) }
  }
}

/** Through anything that takes a `Request`. */
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

export function visit(send: Send): Visitor {
  const ask = async (method: string, path: string, extra: [string, string][], body?: string) => {
    const cookie: [string, string][] =
      visitor.cookie === undefined ? [] : [['Cookie', `refresh_token=${visitor.cookie}`]]
    const question = { method, path, headers: [...extra, ...cookie] }
    const answer = await send(body === undefined ? question : { ...question, body })
    for (const line of answer.setCookies) {
      const value = /^refresh_token=([^;]*)/.exec(line)?.[1]
      if (value !== undefined) visitor.cookie = value === '' ? undefined : value
    }
    return answer
  }
  const withToken = (answer: Answer): TokenAnswer => ({
    ...answer,
    token: answer.status === 200 ? String(JSON.parse(answer.body).access_token) : ''
  })
  const visitor: Visitor = {
    cookie: undefined,
    login: async (password = 'lovelace') =>
      withToken(
        await ask('POST', '/login', [json], JSON.stringify({ email: 'ada@example.com', password }))
      ),
    refresh: async (idempotencyKey) => {
      const key: [string, string][] =
        idempotencyKey === undefined ? [] : [['Idempotency-Key', idempotencyKey]]
      return withToken(await ask('POST', '/refresh', [json, ...key], '{}'))
    },
    logout: () => ask('POST', '/logout', [json], '{}'),
    me: (token) =>
      ask('GET', '/me', token === undefined ? [] : [['Authorization', `Bearer ${token}`]])
  }
  return visitor
}

/** Some of what an access token says; unverified. */
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

/** The outcome of the latest call. */
export function outcome(server: MockAuthServer): string | undefined {
  return server.calls.at(-1)?.outcome
}

function find(headers: readonly (readonly [string, string])[], name: string): string | null {
  return headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] ?? null
}
