// Intercepted requests: the record of a request that Mock Service Worker has intercepted.
import type { WireRequest } from '../http/message.ts'
import { toWireRequest } from './fetch.ts'

/** A request that msw has intercepted, with the cookies that msw knows. */
interface Intercepted {
  readonly request: Request
  readonly cookies?: Readonly<Record<string, string>>
}

export function toRecord({ request, cookies }: Intercepted): WireRequest {
  const { credentials, ...record } = toWireRequest(
    request,
    sentHeaders(request).flatMap(separateCookies)
  )
  // In Node, msw reports `same-origin` for every fetch, so there only the other two values count.
  const isKnown = credentials !== undefined && (credentials !== 'same-origin' || !isNode())
  return {
    ...record,
    ...(isKnown ? { credentials } : {}),
    ...(cookies === undefined ? {} : { cookies })
  }
}

/**
 * Every header of an intercepted request. happy-dom's `Request` hides `Cookie`, `Origin` and others
 * from scripts, as a browser does. The interceptor below msw stores the original rows under a
 * private symbol; without that symbol only the visible headers are known.
 */
function sentHeaders(request: Request): [string, string][] {
  const visible: [string, string][] = [...request.headers]
  const hidden = rawRows(request.headers).filter(([name]) => !request.headers.has(name))
  return [...visible, ...hidden]
}

function rawRows(headers: Headers): [string, string][] {
  const key = Object.getOwnPropertySymbols(headers).find(
    ({ description }) => description === 'kRawHeaders'
  )
  const rows: unknown = key === undefined ? undefined : Reflect.get(headers, key)
  return Array.isArray(rows) ? rows.filter(isRow) : []
}

function isRow(row: unknown): row is [string, string] {
  return Array.isArray(row) && typeof row[0] === 'string' && typeof row[1] === 'string'
}

// msw 2 joins several `Cookie` headers with commas, and leaves attributes between them.
function separateCookies([name, value]: [string, string]): [string, string][] {
  if (name.toLowerCase() !== 'cookie') return [[name, value]]
  return value.split(',').map((each) => [name, each])
}

function isNode(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } }
  return process?.versions?.node !== undefined
}
