// Router: finds the route of a request, and answers preflights, unknown paths and wrong methods.

import type { CrossOrigin } from '../http/cors-and-csrf.ts'
import { type Decision, decision, parseUrl, refusal, type WireRequest } from '../http/message.ts'
import type { Call, Route } from '../http/pipeline.ts'
import type { MockRoutePaths } from '../options/basics.ts'
import type { Endpoints } from './auth-endpoints.ts'
import type { Guard, Respond } from './guard.ts'

/** One of the server's own routes. */
export interface MockRouteEntry {
  readonly route: 'login' | 'refresh' | 'logout' | 'me' | 'jwks'
  /** The path, including `basePath`. */
  readonly path: string
  /** The allowed methods, without `OPTIONS`. */
  readonly methods: readonly string[]
}

export interface Router {
  readonly routes: readonly MockRouteEntry[]
  /** Whether the path of the URL is one of the server's own routes. */
  owns(request: Pick<WireRequest, 'url'>): boolean
  /** The route of a request to the server itself. */
  find(request: WireRequest): Route
  /** The route of a handler behind the guard. */
  protect(respond: Respond): Route
  /** Handler: answers a call on its route. */
  dispatch(call: Call): Promise<Decision>
}

export interface RouterDeps {
  readonly paths: MockRoutePaths
  readonly endpoints: Endpoints
  readonly guard: Guard
  readonly crossOrigin: CrossOrigin
}

type Answer = Route['answer']

const protectedMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

const unknownRoute: Route = {
  name: 'unknown',
  methods: [],
  answer: async ({ url }) => {
    const isControl = parseUrl(url)?.pathname.startsWith('/__mock/') === true
    const description = isControl
      ? 'the control API is off: start the mock with --control, or with listen(server, { control: true })'
      : 'there is no such route'
    return decision('not_found', refusal(404, 'not_found', description))
  }
}

export function createRouter({ paths, endpoints, guard, crossOrigin }: RouterDeps): Router {
  const { refreshMediaType } = endpoints
  const answers: Readonly<Record<MockRouteEntry['route'], Answer>> = {
    login: checkingCsrf(endpoints.login, 'application/json'),
    refresh: checkingCsrf(endpoints.refresh, refreshMediaType),
    logout: checkingCsrf(endpoints.logout, 'application/json'),
    me: (request) => guard.admit(request, endpoints.me),
    jwks: endpoints.jwks
  }
  const routes: readonly MockRouteEntry[] = [
    { route: 'login', path: paths.login, methods: ['POST'] },
    { route: 'refresh', path: paths.refresh, methods: ['POST'] },
    { route: 'logout', path: paths.logout, methods: ['POST'] },
    { route: 'me', path: paths.me, methods: ['GET', 'HEAD'] },
    { route: 'jwks', path: paths.jwks, methods: ['GET', 'HEAD'] }
  ]

  function checkingCsrf(answer: Answer, mediaType: string): Answer {
    return async (request, isCurrent) =>
      crossOrigin.checkCsrf(request, mediaType) ?? answer(request, isCurrent)
  }

  function findEntry({ url }: Pick<WireRequest, 'url'>): MockRouteEntry | undefined {
    const path = parseUrl(url)?.pathname
    return routes.find((entry) => entry.path === path)
  }

  return {
    routes,
    owns: (request) => findEntry(request) !== undefined,

    find(request) {
      const entry = findEntry(request)
      if (entry === undefined) return unknownRoute
      const { route, methods } = entry
      const isAllowed = methods.includes(request.method)
      return { name: route, methods, answer: isAllowed ? answers[route] : refuseMethod(methods) }
    },

    protect: (respond) => ({
      name: 'protected',
      methods: protectedMethods,
      answer: (request) => guard.admit(request, respond)
    }),

    async dispatch({ request, route, isCurrent }) {
      return request.method === 'OPTIONS' && route !== unknownRoute
        ? crossOrigin.preflight(request, route.methods)
        : route.answer(request, isCurrent)
    }
  }
}

function refuseMethod(methods: readonly string[]): Answer {
  const allow: [string, string] = ['Allow', [...methods, 'OPTIONS'].join(', ')]
  return async () =>
    decision(
      'method_not_allowed',
      refusal(405, 'method_not_allowed', `this route accepts ${methods.join(' and ')} only`, [
        allow
      ])
    )
}
