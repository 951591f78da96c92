// Routes: the path and the methods of each route, from the contract and the options.
import type { ResolvedEndpoint } from '../../contract/resolved-contract.ts'
import { describe, invalid } from '../lib/checks.ts'
import type { BasicSettings } from './basics.ts'
import type { MockContract } from './contract.ts'

/** One of the server's own routes. */
export interface MockRouteEntry {
  readonly route: 'login' | 'refresh' | 'logout' | 'me' | 'jwks'
  /** The path, including `basePath`. */
  readonly path: string
  /** The allowed methods, without `OPTIONS`. */
  readonly methods: readonly string[]
  /**
   * The origin, if the contract gives an absolute URL. The msw adapter answers there; the other
   * adapters compare only the path.
   */
  readonly origin?: string
  /** The query that the contract requires, such as `?grant_type=password`. */
  readonly query?: string
}

/** @throws TypeError for two endpoints that no request distinguishes */
export function readRoutes(
  contract: MockContract,
  { basePath, paths }: Pick<BasicSettings, 'basePath' | 'paths'>
): readonly MockRouteEntry[] {
  const own = (['login', 'refresh', 'logout'] as const).flatMap((route) => {
    const endpoint = contract[route]
    return endpoint === false ? [] : [{ entry: entryOf(route, endpoint, basePath), endpoint }]
  })
  const readMethods = ['GET', 'HEAD']
  const others = (['me', 'jwks'] as const).map(
    (route): MockRouteEntry =>
      Object.assign(Object.create(null), {
        route,
        path: basePath + paths[route],
        methods: readMethods
      })
  )
  const all = [...own, ...others.map((entry) => ({ entry, endpoint: undefined }))]
  for (const [index, one] of own.entries()) {
    const equal = all.find(
      (other, at) =>
        (at < index || other.endpoint === undefined) &&
        isSameTarget(one.entry, other.entry) &&
        constantsOf(one.endpoint) === constantsOf(other.endpoint)
    )
    if (equal === undefined) continue
    const expectation = `a path, method, query or constant that the route ${equal.entry.route} does not have`
    throw invalid(`contract.${one.entry.route}.path`, expectation, describe(one.entry.path))
  }
  return all.map(({ entry }) => entry)
}

function entryOf(
  route: MockRouteEntry['route'],
  { path, method }: ResolvedEndpoint,
  basePath: string
): MockRouteEntry {
  const isAbsolute = /^https?:\/\//i.test(path)
  const relative = `http://localhost${basePath}/${path.replace(/^\/+/, '')}`
  const { origin, pathname, search } = new URL(isAbsolute ? path : relative)
  return Object.assign(Object.create(null), {
    route,
    path: pathname,
    methods: [method],
    ...(isAbsolute ? { origin } : {}),
    ...(search === '' ? {} : { query: search })
  })
}

function isSameTarget(one: MockRouteEntry, other: MockRouteEntry): boolean {
  return one.path === other.path && one.methods.some((method) => other.methods.includes(method))
}

/** The parts that distinguish requests to one path with one method. */
function constantsOf(endpoint: ResolvedEndpoint | undefined): string {
  if (endpoint === undefined) return ''
  const { path, fields, headers } = endpoint
  const query = path.includes('?') ? path.slice(path.indexOf('?')) : ''
  const isEmpty = query === '' && Object.keys({ ...fields, ...headers }).length === 0
  return isEmpty ? '' : JSON.stringify([query, fields, headers])
}
