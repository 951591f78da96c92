// Contract setup: a client, the servers it reaches through an adapter, and the controls of the
// server.
//
// The cases run in pages too, so this file has its own assertions and imports only types.
import type {
  FailNextOptions,
  MockAuthServerOptions,
  MockCall,
  MockEndpoint,
  MockFault,
  MockViolation
} from 'everbearer/mock'

interface ClientRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** The absolute URL. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Default `include`. */
  readonly credentials?: 'include' | 'omit'
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly text: string
  header(name: string): string | null
}

/** Rejects if the client does not receive a complete answer. */
export type Send = (request: ClientRequest) => Promise<Answer>

/** A request without its origin. */
type Shape = Omit<ClientRequest, 'url'> & { readonly path: string }

/** A contract of the suite, and how a client speaks it. */
export interface Dialect {
  readonly name: 'usual' | 'other'
  readonly options: MockAuthServerOptions
  readonly me: string
  readonly todos: string
  login(who: { readonly email: string; readonly password: string }): Shape
  readonly refresh: Shape
  readonly logout: Shape
  /** The headers of a request with this token. */
  carry(token: string): Readonly<Record<string, string>>
  tokenOf(answer: Answer): string
  /** The token that an answer re-issues. */
  reissuedOf(answer: Answer): string | null
  /** The beginning of the answer to a login or refresh. */
  readonly beginning: string
  readonly statuses: Readonly<
    Record<'accessToken' | 'session' | 'noSession' | 'credentials' | 'signedOut', number>
  >
}

/** The methods of the server that the cases use, callable from every environment. */
export interface ServerControls {
  rotateKey(): Promise<{ previousKid: string; kid: string }>
  retireKey(kid?: string): Promise<unknown>
  revokeAccessTokens(): Promise<unknown>
  endSessions(): Promise<unknown>
  failNext(endpoint: MockEndpoint, fault: MockFault, options?: FailNextOptions): Promise<unknown>
  /** @returns the id of the gate */
  hold(endpoint: MockEndpoint, after?: 'arrival' | 'commit'): Promise<string>
  arrived(gate: string, count: number): Promise<unknown>
  release(gate: string): Promise<unknown>
  advance(seconds: number): Promise<unknown>
  idle(): Promise<unknown>
  reset(): Promise<unknown>
  calls(): Promise<readonly MockCall[]>
  violations(): Promise<readonly MockViolation[]>
}

export interface Setup {
  readonly dialect: Dialect
  readonly send: Send
  readonly mock: ServerControls
  /** URL of the server: the origin of the page, or a port. */
  readonly home: string
  /** URL of the same server on another origin than the page. */
  readonly crossOrigin: string
  /** URL of a server that does not allow the origin of the page. */
  readonly strict: string
  /** URL of an unrelated server that accepts every request. */
  readonly foreign: string
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [seen, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (seen !== wanted) throw new Error(`${what}: expected ${wanted}, saw ${seen}`)
}

/** Resolves to `nothing` if the client does not receive a complete answer. */
export async function statusOf(answer: Promise<Answer>): Promise<number | 'nothing'> {
  try {
    return (await answer).status
  } catch {
    return 'nothing'
  }
}
