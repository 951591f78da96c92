// Which path is which route, and with which methods.

/** One of the server's own routes. */
export interface MockRouteEntry {
  readonly route: 'login' | 'refresh' | 'logout' | 'me' | 'jwks'
  /** The path, `basePath` included. */
  readonly path: string
  /** The methods besides `OPTIONS`. */
  readonly methods: readonly string[]
}

/** What a guarded route of somebody else's may be asked with. */
export const guardedMethods: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

export function createRoutes(paths: MockRoutePaths): readonly MockRouteEntry[] {
  return [
    { route: 'login', path: paths.login, methods: ['POST'] },
    { route: 'refresh', path: paths.refresh, methods: ['POST'] },
    { route: 'logout', path: paths.logout, methods: ['POST'] },
    { route: 'me', path: paths.me, methods: ['GET', 'HEAD'] },
    { route: 'jwks', path: paths.jwks, methods: ['GET', 'HEAD'] }
  ]
}

/** The URL, if it is an absolute http(s) one. */
export function parseUrl(url: string): URL | undefined {
  try {
    const parsed = new URL(url)
    return /^https?:$/.test(parsed.protocol) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** Paths with `basePath` in front. */
export type MockRoutePaths = Readonly<
  Record<'login' | 'refresh' | 'logout' | 'me' | 'jwks', string>
>
