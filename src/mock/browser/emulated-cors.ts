// CORS in a browser: the request headers that require a preflight, and the responses and headers
// that a page may read (Fetch standard).

import { headerValue, type WireRequest, type WireResponse } from '../http/message.ts'

/** Headers that a script cannot set or that clients in Node add (Fetch standard §2.2.2). */
const setByTheBrowser =
  /^(?:accept-(?:charset|encoding)|access-control-.*|cache-control|connection|content-length|cookie2?|date|dnt|expect|host|keep-alive|origin|pragma|priority|referer|te|trailer|transfer-encoding|upgrade|user-agent|via|proxy-.*|sec-.*)$/
const safelistedTypes = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']

/** The CORS-unsafe request-header names: they require a preflight (Fetch standard §2.2.2). */
export function unsafeHeaders(request: WireRequest): string[] {
  const unsafe = request.headers
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => !setByTheBrowser.test(name))
    .filter(([name, value]) => !isSafelisted(name, value))
    .map(([name]) => name)
  return [...new Set(unsafe)].sort()
}

function isSafelisted(name: string, value: string): boolean {
  const type = value.split(';')[0]?.trim().toLowerCase() ?? ''
  if (name === 'content-type') return safelistedTypes.includes(type)
  return /^(?:accept|accept-language|content-language|range)$/.test(name)
}

/** The CORS headers and `Vary` are among them: a real browser under the emulation needs them. */
const alwaysReadable =
  /^(?:access-control-.*|vary|cache-control|content-language|content-length|content-type|expires|last-modified|pragma)$/

/** Whether the page may read this response header. */
export function isReadable(name: string, exposed: ReadonlySet<string>): boolean {
  const wanted = name.toLowerCase()
  return exposed.has('*') || exposed.has(wanted) || alwaysReadable.test(wanted)
}

/** The exposed headers. With credentials, `*` is the name of a header instead of a wildcard. */
export function exposedNames(
  { credentials }: WireRequest,
  response: WireResponse
): ReadonlySet<string> {
  const names = response.headers
    .filter(([name]) => name.toLowerCase() === 'access-control-expose-headers')
    .flatMap(([, value]) => value.split(','))
    .map((name) => name.trim().toLowerCase())
  const isWild = credentials === 'omit' || credentials === 'same-origin'
  return new Set(names.filter((name) => name !== '*' || isWild))
}

/** Whether the value of a header looks like a token. */
export function holdsToken([, value]: readonly [string, string]): boolean {
  return /^bearer +[\w.~+/-]{8,}=*$|eyJ[\w-]{8,}\./i.test(value)
}

/** Why the browser does not give the response to the page, if so. */
export function blockedBySharing(request: WireRequest, response: WireResponse): string | undefined {
  const allowed = headerValue(response, 'access-control-allow-origin')
  const origin = headerValue(request, 'origin')
  const isWild = allowed === '*' && request.credentials !== 'include'
  if (allowed !== origin && !isWild) return `the answer does not allow the page ${origin}`
  const areAllowed = headerValue(response, 'access-control-allow-credentials') === 'true'
  if (request.credentials === 'include' && !areAllowed) {
    return 'the answer does not allow credentials'
  }
  return undefined
}
