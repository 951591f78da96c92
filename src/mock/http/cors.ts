// Cross-origin rules: one exact origin, credentials, and no word to anybody else (Fetch standard, CORS protocol).

import type { CallOutcome } from '../calls/outcomes.ts'
import { headerValue, noContent, type WireRequest, type WireResponse } from './message.ts'
import { isAllowedOrigin } from './origins.ts'

const safelisted = ['accept', 'accept-language', 'content-language', 'range']

export interface Cors {
  /** Puts the CORS headers on an answer, in place of any that it brought along. */
  dress(request: WireRequest, response: WireResponse): WireResponse
  /** Answers `OPTIONS` for a route with these methods. */
  preflight(
    request: WireRequest,
    methods: readonly string[]
  ): { response: WireResponse; outcome: CallOutcome }
}

export interface CorsDeps {
  readonly allowedOrigins: 'loopback' | readonly string[]
  readonly allowedHeaders: readonly string[]
}

export function createCors({ allowedOrigins, allowedHeaders }: CorsDeps): Cors {
  const allowedOrigin = (request: WireRequest): string | undefined => {
    const origin = headerValue(request, 'origin')
    return origin !== undefined && isAllowedOrigin(allowedOrigins, origin) ? origin : undefined
  }

  return {
    dress(request, response) {
      const origin = allowedOrigin(request)
      const own: [string, string][] =
        origin === undefined
          ? []
          : [
              ['Access-Control-Allow-Origin', origin],
              ['Access-Control-Allow-Credentials', 'true']
            ]
      const isForeign = origin === undefined && headerValue(request, 'origin') !== undefined
      const stored = response.headers.filter(([name]) => !isReplaced(name, isForeign))
      // `Vary` also where the origin is refused: a cache must not hand that answer to an allowed one.
      const vary = withMember(response.headers, 'Vary', 'Origin')
      return { ...response, headers: [...stored, ...own, ['Vary', vary]] }
    },

    preflight(request, methods) {
      const asked = headerValue(request, 'access-control-request-method')
      if (asked === undefined) {
        const allow = ['OPTIONS', ...methods].join(', ')
        return { response: noContent([['Allow', allow]]), outcome: 'accepted' }
      }
      if (allowedOrigin(request) === undefined) {
        return { response: noContent(), outcome: 'preflight_refused' }
      }
      const response = noContent([
        ['Access-Control-Allow-Methods', methods.join(', ')],
        ['Access-Control-Allow-Headers', allowedHeaders.join(', ')],
        ['Access-Control-Max-Age', '600']
      ])
      const fits = methods.includes(asked) && areAllowed(request, allowedHeaders)
      // The browser compares what it wants with these lists itself; the outcome only says what it will find.
      return { response, outcome: fits ? 'accepted' : 'preflight_refused' }
    }
  }
}

/** The value of a list header with one more member, once. */
export function withMember(
  headers: readonly (readonly [string, string])[],
  name: string,
  member: string
): string {
  const members = headers
    .filter(([key]) => key.toLowerCase() === name.toLowerCase())
    .flatMap(([, value]) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '')
  const isThere = members.some((value) => value.toLowerCase() === member.toLowerCase())
  return [...members, ...(isThere ? [] : [member])].join(', ')
}

function isReplaced(name: string, isForeign: boolean): boolean {
  const replaced = isForeign
    ? /^(?:vary|access-control-.*)$/i
    : /^(?:vary|access-control-allow-(?:origin|credentials))$/i
  return replaced.test(name)
}

function areAllowed(request: WireRequest, allowedHeaders: readonly string[]): boolean {
  const known = [...safelisted, ...allowedHeaders.map((name) => name.toLowerCase())]
  return (headerValue(request, 'access-control-request-headers') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .every((name) => name === '' || known.includes(name))
}
