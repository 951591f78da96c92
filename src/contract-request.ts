// Contract request: reads what login, refresh and logout have in common, and the headers that they
// must not share with a token.

import type { EndpointContract } from './contract/endpoints.ts'
import type { ResolvedCarrier, ResolvedEndpoint } from './contract/resolved-contract.ts'
import { isSameHeader, readFields, readHeaders, readRequestHeader } from './contract-values.ts'
import { flag, matching, oneOf, own, type Reader, record } from './lib/checks.ts'
import { invalid } from './lib/option-errors.ts'
import { parseUrl } from './lib/url.ts'

const endpoint = {
  path: readUrlPath,
  method: oneOf('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
  body: oneOf('json', 'form', 'none'),
  fields: readFields,
  headers: readHeaders,
  // Without defaults, so that both are required.
  csrf: record(
    { cookie: matching(/^[!#$%&'*+\-.^_`|~\w]+$/, 'cookieName'), header: readRequestHeader },
    {}
  ),
  cookies: flag
} satisfies Record<keyof EndpointContract, Reader<unknown>>

function readUrlPath(given: unknown, name: string): string {
  if (typeof given !== 'string') throw invalid(name, 'urlPath', given)
  const isPath = /^[^\s#\p{Cc}]+$/u.test(given)
  // The message must not quote a password, or a key in the query.
  if (!isPath) throw invalid(name, 'urlPath', given.replace(/^.*@/s, '').replace(/\?.*$/s, '?'))
  // With the scheme of another base, `https:` without slashes is absolute too.
  const url = parseUrl(given, 'ws://page.example')
  if (url?.username || url?.password) throw invalid(name, 'withoutUser')
  return given
}

/** A reader for each field that only this endpoint has. */
type Extra<Contract extends EndpointContract> = Record<
  Exclude<keyof Contract, keyof EndpointContract>,
  Reader<unknown>
>

export function readRequest<Contract extends EndpointContract, Resolved extends ResolvedEndpoint>(
  given: unknown,
  name: string,
  extra: Extra<Contract>,
  defaults: Resolved
): Resolved {
  const fields = typeof given === 'string' ? { path: given } : given
  const isGet = own(Object(fields), 'method') === 'GET'
  const usual = { ...defaults, body: isGet ? 'none' : 'json' }
  const read = record({ ...endpoint, ...extra }, usual, 'endpoint')
  const request = read(fields, name) as unknown as Resolved
  const { path, body } = request
  if (isGet && body !== 'none') throw invalid(`${name}.body`, 'noBody', body)
  const query = new URLSearchParams(path.split('?')[1])
  const repeated = Object.keys(request.fields).find((field) => query.has(field))
  if (body === 'none' && repeated) throw invalid(`${name}.fields.${repeated}`, 'otherName')
  return request
}

/** A token, the CSRF token and a constant cannot share a header. */
export function checkHeaders(
  { headers, csrf }: ResolvedEndpoint,
  name: string,
  carriers: readonly (ResolvedCarrier | false | undefined)[]
): void {
  for (const carrier of carriers) {
    if (!carrier || carrier.in === 'field') continue
    const isTaken = (header: string) => isSameHeader(header, carrier.header)
    if (csrf && isTaken(csrf.header)) throw invalid(`${name}.csrf.header`, 'ownHeader')
    const constant = Object.keys(headers).find(isTaken)
    if (constant !== undefined) throw invalid(`${name}.headers.${constant}`, 'ownHeader')
  }
}
