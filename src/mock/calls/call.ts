// Calls: the types of a logged call, and the endpoint names by which a test selects calls.

import { describe, invalid } from '../lib/checks.ts'
import type { CallOutcome } from './outcomes.ts'

/** The name of an injected fault; `answer` is a status or a response that the test chose. */
export type MockFaultName = 'network' | 'hang' | 'cut' | 'malformed' | 'answer'

/** The adapter that received the call. `direct`: a test called `handle` or `guard`. */
export type MockAdapter = 'msw' | 'fetch' | 'node' | 'direct'

/**
 * The route of a call.
 *
 * - `login`, `refresh`, `logout`, `me`, `jwks`: the server's own routes
 * - `protected`: one of your handlers behind the guard
 * - `preflight`: an `OPTIONS` request to one of these
 * - `unknown`: any other path of the server
 * - `elsewhere`: another origin; logged only because the request carried a token of this server
 */
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

/** A logged call: a frozen snapshot, replaced by a complete one when the call is answered. */
export interface MockCall {
  /** Position in order of arrival, from 0. */
  readonly index: number
  /** Arrival, in milliseconds since the epoch by the server's clock. */
  readonly startedAtMs: number
  /** Time of the answer; absent while the call is open. */
  readonly endedAtMs?: number
  /**
   * The next free `index` at the time of the answer: calls with this index or a greater one arrived
   * after the answer. Absent while the call is open.
   */
  readonly answeredBefore?: number
  readonly adapter: MockAdapter
  readonly method: string
  /** Path and query, with everything that looks like a secret replaced by `…`. */
  readonly path: string
  /** The requested origin, such as `http://localhost:4000`. */
  readonly target: string
  readonly route: MockRoute
  /** Status of the answer; 0 if none was sent, absent while the call is open. */
  readonly status?: number
  readonly outcome: CallOutcome
  readonly sub?: string
  /** The `sid` claim: the session that the call belongs to. */
  readonly sid?: string
  /** The `kid` of the access token in the request. */
  readonly kid?: string
  /** The `jti` of the access token in the request. */
  readonly jti?: string
  /** The `jti` of the access token in the answer, in the body or in a header. */
  readonly issuedJti?: string
  /** The `kid` of the access token in the answer. */
  readonly issuedKid?: string
  /** Whether a header of the answer carried a re-issued token. */
  readonly reissued: boolean
  /** The `Origin` header. */
  readonly origin?: string
  readonly idempotencyKey?: string
  /** The credentials mode of the fetch, if the adapter knows it. */
  readonly credentials?: 'omit' | 'same-origin' | 'include'
  /** Whether the URL contained something that looks like a token. */
  readonly tokenInUrl: boolean
  /** The fault that a test injected. */
  readonly fault?: MockFaultName
  /** `true` if the client aborted the request before it was answered. */
  readonly abandoned?: true
  /** Why a browser blocks this call (CORS). */
  readonly blocked?: string
  /** The header with a re-issued token that CORS hides from the page. */
  readonly hiddenHeader?: string
}

/** The facts about a call that become known while the server handles it. */
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

/** The facts about a call that are known on arrival. */
export type CallOpening = Pick<MockCall, 'adapter' | 'method' | 'path' | 'target' | 'route'> & {
  readonly [Name in 'origin' | 'idempotencyKey' | 'credentials']?: MockCall[Name] | undefined
}

/**
 * The endpoint names that tests use: the routes of {@link MockRoute} that the server answers, and
 * `api` for every route that takes an access token (`me` and `protected`).
 */
export type MockEndpoint = Exclude<MockRoute, 'unknown' | 'elsewhere'> | 'api'

/** Checks the name of an endpoint. `method` is the method that received it, named in the error. */
export type EndpointReader = (method: string, name: unknown) => MockEndpoint

/** @throws TypeError (the returned function) if the server has no such endpoint */
export function createEndpointReader(ownRoutes: readonly MockRoute[]): EndpointReader {
  const known: readonly unknown[] = [...ownRoutes, 'protected', 'api', 'preflight']
  return (method, name) => {
    if (known.includes(name)) return name as MockEndpoint
    throw invalid('endpoint', `one of ${known.join(', ')}`, describe(name), method)
  }
}

export function matches(endpoint: MockEndpoint, route: MockRoute): boolean {
  return endpoint === 'api' ? isApi(route) : endpoint === route
}

/** Whether a route takes an access token. */
export function isApi(route: MockRoute): boolean {
  return route === 'me' || route === 'protected'
}
