// The headers that were really sent, where the `Request` class keeps some of them to itself.

/**
 * Every header of an intercepted request. happy-dom's `Request` hides `Cookie`, `Origin` and the like from scripts, as
 * a browser does; the interceptor underneath msw keeps the rows as they came under a symbol of its own. That symbol is no
 * promise of anybody's: where it is missing, what the class shows has to do.
 */
export function rawHeaders(request: Request): [string, string][] {
  const shown: [string, string][] = [...request.headers]
  const hidden = keptRows(request.headers).filter(([name]) => !request.headers.has(name))
  return [...shown, ...hidden]
}

function keptRows(headers: Headers): [string, string][] {
  const key = Object.getOwnPropertySymbols(headers).find(
    ({ description }) => description === 'kRawHeaders'
  )
  const rows: unknown = key === undefined ? undefined : Reflect.get(headers, key)
  return Array.isArray(rows) ? rows.filter(isRow) : []
}

function isRow(row: unknown): row is [string, string] {
  return Array.isArray(row) && typeof row[0] === 'string' && typeof row[1] === 'string'
}
