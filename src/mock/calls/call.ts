// One call as the call log knows it: the types that routes, adapters and rules share.

import type { CallOutcome } from './outcomes.ts'

/** What a fault is called in the journal; `answer` stands for a status or an answer of your own. */
export type MockFaultName = 'network' | 'hang' | 'cut' | 'malformed' | 'answer'

/** The way a call came in. `wire` is a direct call of `handle` or `guard`. */
export type MockAdapter = 'msw' | 'fetch' | 'node' | 'direct'

/** What the call was for. `elsewhere`: it went to another origin, and the server only saw it pass with a token of its own. */
export type MockRoute =
  | 'login'
  | 'refresh'
  | 'logout'
  | 'me'
  | 'jwks'
  | 'protected'
  | 'preflight'
  | 'unknown'
  | 'elsewhere'

/** One call, as it is known by now. */
export interface MockCall {
  /** Counts the calls from 0, in order of arrival. */
  readonly index: number
  /** When it arrived, in milliseconds since the epoch by the server's clock. */
  readonly startedAtMs: number
  /** When it was answered; absent while it is open. */
  readonly endedAtMs?: number
  /**
   * The `index` that was next when this call was answered: whatever has it, or a greater one, arrived later. Absent
   * while the call is open.
   */
  readonly answeredBefore?: number
  readonly adapter: MockAdapter
  readonly method: string
  /** Path and query. Whatever looks like a secret in it is blacked out. */
  readonly path: string
  /** The origin that was asked, such as `http://localhost:4000`. */
  readonly target: string
  readonly route: MockRoute
  /** Status of the answer; 0 where none was sent, absent while the call is open. */
  readonly status?: number
  readonly outcome: CallOutcome
  readonly sub?: string
  /** The `sid` claim: which login this belongs to. */
  readonly sid?: string
  /** The `kid` of the access token that was presented. */
  readonly kid?: string
  /** The `jti` of the access token that was presented. */
  readonly jti?: string
  /** The `jti` of the access token in the answer, by body or header. */
  readonly issuedJti?: string
  /** The `kid` of the access token in the answer. */
  readonly issuedKid?: string
  /** Did the answer carry a re-issued token in a header, `Authorization` or the one that `reissue` names? */
  readonly reissued: boolean
  readonly origin?: string
  readonly idempotencyKey?: string
  /** The credentials mode of the fetch behind it, where the door can tell. */
  readonly credentials?: 'omit' | 'same-origin' | 'include'
  /** Did something that looks like a token stand in the URL? */
  readonly tokenInUrl: boolean
  /** The fault that a test had planned for it. */
  readonly fault?: MockFaultName
  /** Had the client given up before the answer was there? */
  readonly abandoned?: true
  /** Why the page's browser would not have let it through (CORS). */
  readonly blocked?: string
  /** The header of the re-issued token that the page was not allowed to read (CORS). */
  readonly hiddenHeader?: string
}

/** What becomes known while a call is worked on. */
export type CallFacts = Partial<
  Pick<
    MockCall,
    | 'sub'
    | 'sid'
    | 'kid'
    | 'jti'
    | 'issuedJti'
    | 'issuedKid'
    | 'reissued'
    | 'fault'
    | 'abandoned'
    | 'blocked'
    | 'hiddenHeader'
  >
>

export type CallOpening = Pick<MockCall, 'adapter' | 'method' | 'path' | 'target' | 'route'> & {
  readonly [Name in 'origin' | 'idempotencyKey' | 'credentials']?: MockCall[Name] | undefined
}
