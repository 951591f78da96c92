// By which names a test speaks of the server's endpoints.
import { invalid } from '../lib/checks.ts'
import type { MockRoute } from './call.ts'

/**
 * An endpoint, as tests name it: a route of the server's own, `protected` for handlers of yours behind the guard, `api`
 * for whatever takes an access token (`me` and `protected`), `preflight` for `OPTIONS`.
 */
export type MockEndpoint = Exclude<MockRoute, 'unknown' | 'elsewhere'> | 'api'

/** Takes the name of a method for the message, and what it was given. */
export type EndpointMatcher = (method: string, name: unknown) => MockEndpoint

/** @throws TypeError (the returned function) that names the method, the endpoints there are, and what came */
export function createEndpointMatcher(ownRoutes: readonly MockRoute[]): EndpointMatcher {
  const known: readonly unknown[] = [...ownRoutes, 'protected', 'api', 'preflight']
  return (method, name) => {
    if (known.includes(name)) return name as MockEndpoint
    throw invalid('endpoint', `one of ${known.join(', ')}`, String(name), method)
  }
}

export function matches(endpoint: MockEndpoint, route: MockRoute): boolean {
  return endpoint === 'api' ? isApi(route) : endpoint === route
}

/** Does this route take an access token? */
export function isApi(route: MockRoute): boolean {
  return route === 'me' || route === 'protected'
}
