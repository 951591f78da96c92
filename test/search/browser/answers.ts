// Answers that do not come from the auth server: outages, throttling, proxies, firewalls, portals.
import type { WireResponse } from 'everbearer/mock'

const json = 'application/json'
const html = 'text/html'
const page = '<!doctype html><title>Access denied</title>'

function answer(status: number, body: string, headers: Record<string, string> = {}): WireResponse {
  return { status, headers: Object.entries(headers), setCookies: [], body }
}

/** None of these ends a session that the client knows. */
export type CannedAnswer =
  | `${500 | 502 | 503 | 504 | 429}`
  | '503 later'
  | 'portal'
  | `firewall ${'text' | 'json' | 'empty' | 'later'}`
  | `proxy ${'page' | 'basic' | 'negotiate'}`
  // A backend gives these to a visitor. They hold no token.
  | `${204 | 400 | 404 | 408 | 419 | 422 | 425 | 440 | 498}`
  | 'null'
  | 'no user'

export const cannedAnswers: Readonly<Record<CannedAnswer, WireResponse>> = {
  500: answer(500, '{}', { 'Content-Type': json }),
  502: answer(502, page, { 'Content-Type': html }),
  503: answer(503, '{}', { 'Content-Type': json }),
  '503 later': answer(503, '{}', { 'Content-Type': json, 'Retry-After': '8' }),
  504: answer(504, ''),
  429: answer(429, '{}', { 'Content-Type': json, 'Retry-After': '2' }),
  portal: answer(200, page, { 'Content-Type': html }),
  'firewall text': answer(403, 'Forbidden', { 'Content-Type': 'text/plain' }),
  'firewall json': answer(403, '{"message":"Forbidden"}', { 'Content-Type': json }),
  'firewall empty': answer(403, ''),
  'firewall later': answer(403, '{}', { 'Content-Type': json, 'Retry-After': '2' }),
  'proxy page': answer(401, page, { 'Content-Type': html }),
  'proxy basic': answer(401, '', { 'WWW-Authenticate': 'Basic realm="proxy"' }),
  'proxy negotiate': answer(401, '{}', { 'WWW-Authenticate': 'Negotiate' }),
  204: answer(204, ''),
  null: answer(200, 'null', { 'Content-Type': json }),
  'no user': answer(200, '{"user":null}', { 'Content-Type': json }),
  400: answer(400, '{"error":"no_cookie"}', { 'Content-Type': json }),
  404: answer(404, '{}', { 'Content-Type': json }),
  408: answer(408, '{}', { 'Content-Type': json }),
  419: answer(419, '{}', { 'Content-Type': json }),
  422: answer(422, '{}', { 'Content-Type': json }),
  425: answer(425, '{}', { 'Content-Type': json }),
  440: answer(440, '{}', { 'Content-Type': json }),
  498: answer(498, '{}', { 'Content-Type': json })
}

export const cannedNames: readonly CannedAnswer[] = Object.keys(cannedAnswers) as CannedAnswer[]

/** Values of a re-issue header that no client may adopt. */
export const brokenReissues: readonly string[] = [
  'Bearer undefined',
  'Bearer null',
  'Bearer a.b.c',
  'Bearer not-a-jwt',
  `Bearer ${[{ alg: 'RS256' }, { sub: 'x', iat: 1, exp: 2 }].map(encode).join('.')}.c2ln`
]

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
