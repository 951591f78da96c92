// What the contract is tried on: a client somewhere, a server behind some door, and a way to steer it.
//
// Everything in here runs in a page as well as in Node, so it brings its own assertions.
import type {
  FailNextOptions,
  MockCall,
  MockEndpoint,
  MockFault,
  MockViolation
} from 'everbearer/mock'

interface AskTabs {
  readonly method: 'GET' | 'POST' | 'PUT'
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

/** Rejects where the client sees no whole answer. */
export type Send = (question: AskTabs) => Promise<Answer>

/** The server's methods, as they can be called from anywhere. */
export interface Steering {
  rotateKey(): Promise<{ previousKid: string; kid: string }>
  retireKey(kid?: string): Promise<unknown>
  revokeAccessTokens(): Promise<unknown>
  endSessions(): Promise<unknown>
  failNext(endpoint: MockEndpoint, fault: MockFault, options?: FailNextOptions): Promise<unknown>
  /** @returns what names the gate */
  hold(endpoint: MockEndpoint, after?: 'arrival' | 'commit'): Promise<string>
  arrived(gate: string, count: number): Promise<unknown>
  release(gate: string): Promise<unknown>
  advance(seconds: number): Promise<unknown>
  idle(): Promise<unknown>
  reset(): Promise<unknown>
  calls(): Promise<readonly MockCall[]>
  violations(): Promise<readonly MockViolation[]>
}

export interface Bed {
  readonly send: Send
  readonly mock: Steering
  /** Where the server is for this client: its own origin, or the port. */
  readonly home: string
  /** Where it is for a page of another origin. */
  readonly abroad: string
  /** Where a server is that allows no page of this origin. */
  readonly strict: string
  /** Where somebody else's server is, who takes whatever comes. */
  readonly elsewhere: string
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [seen, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (seen !== wanted) throw new Error(`${what}: expected ${wanted}, saw ${seen}`)
}

/** Resolves to `nothing` where the client sees no whole answer. */
export async function statusOf(answer: Promise<Answer>): Promise<number | 'nothing'> {
  try {
    return (await answer).status
  } catch {
    return 'nothing'
  }
}
