// Router: finds the route of a request, and answers preflights, unknown paths and wrong methods.

import type { CrossOrigin } from '../http/cors-and-csrf.ts'
import type { CsrfPair } from '../http/csrf-cookie.ts'
import { type Decision, decision, parseUrl, refusal, type WireRequest } from '../http/message.ts'
import type { Call, Route } from '../http/pipeline.ts'
import type { MockContract } from '../options/contract.ts'
import type { MockRouteEntry } from '../options/routes.ts'
import type { AuthEndpoint } from './auth-endpoints.ts'
import type { Endpoints } from './endpoints.ts'
import type { Respond } from './guard.ts'
import { createRequestShape, type RequestShape } from './request-shape.ts'

export interface Router {
  readonly routes: readonly MockRouteEntry[]
  /** Whether the path of the URL is one of the server's own routes. */
  owns(request: Pick<WireRequest, 'url'>): boolean
  /** The route of a request to the server itself. */
  find(request: WireRequest): Route
  /** Whether several routes share the path and the method, so that the body decides. */
  isAmbiguous(request: WireRequest): boolean
  /** The route of such a request. The body must be readable twice. */
  findByBody(request: WireRequest): Promise<Route>
  /** The route of a handler behind the guard. */
  protect(respond: Respond): Route
  /** Handler: answers a call on its route. */
  dispatch(call: Call): Promise<Decision>
}

export interface RouterDeps {
  readonly routes: readonly MockRouteEntry[]
  readonly contract: Pick<MockContract, 'login' | 'refresh' | 'logout'>
  readonly endpoints: Pick<Endpoints, 'auth' | 'read' | 'guard' | 'csrf'>
  readonly crossOrigin: CrossOrigin
}

type Answer = Route['answer']

interface Entry {
  readonly entry: MockRouteEntry
  /** `undefined` for routes that need no constants. */
  readonly shape: RequestShape | undefined
  readonly answer: Answer
}

const protectedMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

const unknownRoute: Route = {
  name: 'unknown',
  methods: protectedMethods,
  answer: async ({ url }) => {
    const isControl = parseUrl(url)?.pathname.startsWith('/__mock/') === true
    const description = isControl
      ? 'the control API is off: start the mock with --control, or with listen(server, { control: true })'
      : 'there is no such route'
    return decision('not_found', refusal(404, 'not_found', description))
  }
}

export function createRouter({
  routes,
  contract,
  endpoints: { auth, read, guard, csrf },
  crossOrigin
}: RouterDeps): Router {
  const entries = routes.map((entry): Entry => {
    const { route } = entry
    if (route === 'me') {
      return {
        entry,
        shape: undefined,
        answer: (request) => guard.admit(request, read.me)
      }
    }
    const [described, endpoint] = route === 'jwks' ? [] : [contract[route], auth[route]]
    if (!described || endpoint === undefined) {
      return { entry, shape: undefined, answer: read.jwks }
    }
    const shape = createRequestShape(described, {
      query: entry.query,
      isOverridable: route === 'login'
    })
    return { entry, shape, answer: checked(shape, endpoint, described.csrf) }
  })

  /** Checks the origin, the media type, the CSRF header and the shape, and then answers. */
  function checked(
    shape: RequestShape,
    { answer, needsCsrf }: AuthEndpoint,
    pair: CsrfPair | undefined
  ): Answer {
    return async (request, isCurrent) => {
      const refused =
        crossOrigin.checkCsrf(request, shape.mediaType) ??
        csrf.check(request, pair, needsCsrf(request))
      if (refused !== undefined) return refused
      const shaped = await shape.read(request)
      return shaped.kind === 'refused' ? shaped.decision : answer(request, shaped.fields, isCurrent)
    }
  }

  function entriesAt({ url }: Pick<WireRequest, 'url'>): readonly Entry[] {
    const path = parseUrl(url)?.pathname
    return entries.filter(({ entry }) => entry.path === path)
  }

  function candidates(request: WireRequest): readonly Entry[] {
    return entriesAt(request).filter(({ entry }) => entry.methods.includes(request.method))
  }

  function routeOf(request: WireRequest, chosen: Entry | undefined): Route {
    const atPath = entriesAt(request)
    const [first] = atPath
    if (first === undefined) return unknownRoute
    const methods = [...new Set(atPath.flatMap(({ entry }) => entry.methods))]
    const name = (chosen ?? first).entry.route
    return { name, methods, answer: chosen?.answer ?? refuseMethod(methods) }
  }

  return {
    routes,
    owns: (request) => entriesAt(request).length > 0,
    find: (request) => routeOf(request, candidates(request)[0]),
    isAmbiguous: (request) => candidates(request).length > 1,

    async findByBody(request) {
      const found = candidates(request)
      const reads = await Promise.all(found.map(({ shape }) => shape?.read(request, true)))
      const matching = found.filter((_, index) => reads[index]?.kind !== 'refused')
      const constants = ({ shape }: Entry) => shape?.constants ?? 0
      const [best = found[0]] = matching.sort((one, other) => constants(other) - constants(one))
      return routeOf(request, best)
    },

    protect: (respond) => ({
      name: 'protected',
      methods: protectedMethods,
      answer: (request) => guard.admit(request, respond)
    }),

    async dispatch({ request, route, label, isCurrent }) {
      return label === 'preflight'
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
