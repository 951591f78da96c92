// The page behind a call that never leaves the process: what its browser would add to the request, would not send, and
// would not show to the script (Fetch standard, CORS protocol). On a real port a real browser does all of it.
import type { CallFacts, MockAdapter } from '../calls/call.ts'

import type { Cors } from './cors.ts'
import { type Decision, decision } from './decision.ts'
import { headerValue, lost, type WireRequest, type WireResponse } from './message.ts'

export interface Page {
  /** The request as the page's browser would have sent it. */
  complete(request: WireRequest, adapter: MockAdapter): WireRequest
  /** Why the browser would not send it at all, as a verdict. */
  refuse(
    request: WireRequest,
    adapter: MockAdapter,
    methods: readonly string[]
  ): Decision | undefined
  /** What of the answer the page may see. */
  show(
    request: WireRequest,
    adapter: MockAdapter,
    response: WireResponse
  ): { readonly response: WireResponse; readonly facts: CallFacts }
}

export interface BrowserDeps {
  readonly pageOrigin: string | undefined
  readonly emulateCors: boolean
}

export function createBrowser(rules: BrowserDeps, cors: Pick<Cors, 'preflight'>): Page {
  const isEmulated = (request: WireRequest, adapter: MockAdapter): boolean =>
    rules.emulateCors &&
    isInProcess(adapter) &&
    isCrossOrigin(request) &&
    request.method !== 'OPTIONS'

  return {
    complete(request, adapter) {
      if (!isInProcess(adapter) || headerValue(request, 'origin') !== undefined) return request
      const origin = rules.pageOrigin ?? documentOrigin()
      if (origin === undefined) return request
      const isSafe = request.method === 'GET' || request.method === 'HEAD'
      if (isSafe && originOf(request.url) === origin) return request
      return { ...request, headers: [...request.headers, ['Origin', origin]] }
    },

    refuse(request, adapter, methods) {
      if (!isEmulated(request, adapter) || !needsPreflight(request)) return undefined
      const asked: WireRequest = {
        method: 'OPTIONS',
        url: request.url,
        headers: [
          ['Origin', headerValue(request, 'origin') ?? ''],
          ['Access-Control-Request-Method', request.method],
          ['Access-Control-Request-Headers', unsafeHeaders(request).join(',')]
        ]
      }
      const { outcome } = cors.preflight(asked, methods)
      if (outcome === 'accepted') return undefined
      const blocked = `no preflight of ${request.method} with ${unsafeHeaders(request).join(', ') || 'no headers'} passes`
      return decision('preflight_refused', lost, { blocked })
    },

    show(request, adapter, response) {
      if (!isCrossOrigin(request) || response.fault === 'network') return { response, facts: {} }
      const exposed = exposedNames(request, response)
      const isShown = ([name]: readonly [string, string]) => isReadable(name, exposed)
      const hidden = response.headers.find((row) => holdsToken(row) && !isShown(row))
      const facts: CallFacts = hidden === undefined ? {} : { hiddenHeader: hidden[0] }
      if (!isEmulated(request, adapter)) return { response, facts }
      const blocked = refusedSharing(request, response)
      if (blocked !== undefined) return { response: lost, facts: { blocked } }
      // A redirect is for the browser: no script ever sees its headers.
      const isRedirect = response.status >= 300 && response.status < 400
      if (isRedirect) return { response, facts }
      return { response: { ...response, headers: response.headers.filter(isShown) }, facts }
    }
  }
}

/** Does this door serve clients that no browser stands in front of? */
export function isInProcess(adapter: MockAdapter): boolean {
  return adapter === 'msw' || adapter === 'fetch'
}

/** The origin of the page that this very code runs in, if it runs in one. */
export function documentOrigin(): string | undefined {
  if (typeof document === 'undefined') return undefined
  const { origin } = globalThis.location
  return origin === 'null' ? undefined : origin
}

function originOf(url: string): string | undefined {
  try {
    return new URL(url).origin
  } catch {
    return undefined
  }
}

function isCrossOrigin(request: WireRequest): boolean {
  const origin = headerValue(request, 'origin')
  return origin !== undefined && origin !== originOf(request.url)
}

/** Names that a script cannot set, or that clients outside of a browser add by themselves (Fetch standard §2.2.2). */
const setByTheBrowser =
  /^(?:accept-(?:charset|encoding)|access-control-.*|cache-control|connection|content-length|cookie2?|date|dnt|expect|host|keep-alive|origin|pragma|priority|referer|te|trailer|transfer-encoding|upgrade|user-agent|via|proxy-.*|sec-.*)$/
const safelistedTypes = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']

/** The headers that a preflight has to ask for (Fetch standard §2.2.2, CORS-unsafe request-header names). */
function unsafeHeaders(request: WireRequest): string[] {
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

function needsPreflight(request: WireRequest): boolean {
  return !/^(?:GET|HEAD|POST)$/.test(request.method) || unsafeHeaders(request).length > 0
}

const safelistedAnswers =
  /^(?:access-control-.*|vary|cache-control|content-language|content-length|content-type|expires|last-modified|pragma)$/

function isReadable(name: string, exposed: ReadonlySet<string>): boolean {
  const known = name.toLowerCase()
  // The CORS headers and `Vary` are for the browser underneath, where there is one.
  return exposed.has('*') || exposed.has(known) || safelistedAnswers.test(known)
}

/** `*` is a wildcard without credentials only; else it is the name of a header. */
function exposedNames({ credentials }: WireRequest, response: WireResponse): ReadonlySet<string> {
  const names = response.headers
    .filter(([name]) => name.toLowerCase() === 'access-control-expose-headers')
    .flatMap(([, value]) => value.split(','))
    .map((name) => name.trim().toLowerCase())
  const isWild = credentials === 'omit' || credentials === 'same-origin'
  return new Set(names.filter((name) => name !== '*' || isWild))
}

function holdsToken([, value]: readonly [string, string]): boolean {
  return /^bearer +[\w.~+/-]{8,}=*$|eyJ[\w-]{8,}\./i.test(value)
}

/** Why the answer may not be shared with the page. */
function refusedSharing(request: WireRequest, response: WireResponse): string | undefined {
  const allowed = headerValue(response, 'access-control-allow-origin')
  const origin = headerValue(request, 'origin')
  const isWild = allowed === '*' && request.credentials !== 'include'
  if (allowed !== origin && !isWild) return `the answer allows no page of ${origin}`
  const areAllowed = headerValue(response, 'access-control-allow-credentials') === 'true'
  if (request.credentials === 'include' && !areAllowed) return 'the answer allows no credentials'
  return undefined
}
