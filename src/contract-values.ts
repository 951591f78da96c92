// Contract values: readers of the headers, token places and answer rules of an auth contract.

import type { AnswerPattern } from './contract/answer-rules.ts'
import { defaultHeader, defaultLifetime, defaultTokens } from './contract/default-contract.ts'
import type {
  ResolvedCarrier,
  ResolvedHeader,
  ResolvedPlace,
  ResolvedRules,
  ResolvedTokens
} from './contract/resolved-contract.ts'
import type { ReadTokens } from './contract/tokens.ts'
import { dictionary, list, matching, oneOf, own, type Reader, record } from './lib/checks.ts'
import { invalid } from './lib/option-errors.ts'

const headerName = /^[!#$%&'*+\-.^_`|~\w]+$/

/** The forbidden request-header names of the Fetch standard. */
const unsendable =
  /^(accept-(charset|encoding)|access-control-request-.*|connection|content-length|cookie2?|date|dnt|expect|host|keep-alive|origin|referer|set-cookie|te|trailer|transfer-encoding|upgrade|via|(proxy|sec)-.*)$/i

const readHeaderName = matching(headerName, 'headerName')

export const readRequestHeader: Reader<string> = (given, name) => {
  const header = readHeaderName(given, name)
  if (unsendable.test(header)) throw invalid(name, 'sendable', header)
  return header
}

const isString = (value: unknown): boolean => typeof value === 'string'

export const readFields: Reader<Readonly<Record<string, string | number | boolean>>> = dictionary(
  (value) => isString(value) || typeof value === 'boolean' || Number.isFinite(value),
  'value'
)

const readHeaderValues = dictionary<string>(
  (value) => isString(value) && /^[\t\x20-\x7e\x80-\xff]*$/.test(String(value)),
  'headerValue'
)

export const readHeaders: Reader<Readonly<Record<string, string>>> = (given, name) => {
  const headers = readHeaderValues(given, name)
  const wrong = Object.keys(headers).find((header) => !headerName.test(header))
  if (wrong !== undefined) throw invalid(name, 'headerNames', wrong)
  for (const header of Object.keys(headers)) readRequestHeader(header, name)
  return headers
}

export function isSameHeader(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

const scheme = matching(/^[!#$%&'*+\-.^_`|~\w]*$/, 'scheme')

function headerFormat(
  readName: Reader<string>,
  expected: Parameters<typeof record>[2] = 'headerFormat'
): Reader<ResolvedHeader> {
  const format = { header: readName, scheme }
  const read = record(format, { ...defaultHeader, scheme: undefined }, expected)
  return (given, name) => {
    const { header, scheme } = read(given, name)
    const isUsual = header.toLowerCase() === 'authorization'
    return { header, scheme: scheme ?? (isUsual ? defaultHeader.scheme : '') }
  }
}

export const readRequestFormat: Reader<ResolvedHeader> = headerFormat(readRequestHeader)
export const readResponseFormat: Reader<ResolvedHeader> = headerFormat(readHeaderName)
const readHeaderOrField = headerFormat(readRequestHeader, 'fieldOr')
const readHeaderOrPath = headerFormat(readHeaderName, 'place')

const readName = matching(/^[^\p{Cc}]+$/u, 'name')

/** How a request presents the refresh token. */
export const readCarrier: Reader<ResolvedCarrier> = (given, name) =>
  isString(given)
    ? { in: 'field', field: readName(given, name) }
    : { in: 'header', ...readHeaderOrField(given, name) }

/** A dotted path in a JSON body, and not the notation of JSONPath or JavaScript. */
export const readPath: Reader<string> = matching(
  /^(?!\$)[^[\].\p{Cc}]+(\.[^[\].\p{Cc}]+)*$/u,
  'dotted'
)

/** Dotted paths, of which the first present one counts. */
const readPaths = list(readPath, 'paths')

export const readClaims: Reader<readonly string[]> = list(readName, 'paths')

/** Where an answer holds tokens. Places that are left out are those of `fallback`. */
export function tokenPlaces(
  fallback: ResolvedTokens | ReadTokens
): Reader<ResolvedTokens | ReadTokens> {
  const places = typeof fallback === 'function' ? defaultTokens : fallback
  const readLifetime = record(
    { at: readPaths, header: readHeaderName, unit: oneOf('s', 'ms', 'duration', 'date') },
    { ...(places.expiresIn || defaultLifetime), unit: 's' as const },
    'lifetime'
  )
  const read = record(
    {
      accessToken: readPlace,
      refreshToken: readPlace,
      expiresIn(given: unknown, name: string): ResolvedTokens['expiresIn'] {
        if (given === false) return given
        if (isPath(given)) return { ...defaultLifetime, at: readPaths(given, name) }
        const place = readLifetime(given, name)
        // A path replaces the header of the shared places.
        return own(Object(given), 'at') === undefined ? place : { ...place, header: undefined }
      }
    },
    places,
    'places'
  )
  return (given, name) => {
    if (typeof given === 'function') return given as ReadTokens
    const found = read(given, name)
    const { accessToken, refreshToken } = found
    const isShared =
      accessToken.in === 'header' &&
      refreshToken.in === 'header' &&
      isSameHeader(accessToken.header, refreshToken.header)
    if (isShared) throw invalid(`${name}.refreshToken`, 'otherPlace')
    return found
  }
}

const readTextPlace = record({ body: oneOf('text') })

function readPlace(given: unknown, name: string): ResolvedPlace {
  if (isPath(given)) return { in: 'body', paths: readPaths(given, name) }
  const isText = own(Object(given), 'body') !== undefined
  if (!isText) return { in: 'header', ...readHeaderOrPath(given, name) }
  readTextPlace(given, name)
  return { in: 'text' }
}

function isPath(given: unknown): boolean {
  return isString(given) || Array.isArray(given)
}

const readBodyValues = dictionary<string | number | boolean | null>(
  (value) => value === null || isString(value) || ['number', 'boolean'].includes(typeof value),
  'primitive'
)

const readPattern = record(
  {
    status: list((given, name) => {
      if (Number.isInteger(given) && Number(given) >= 100 && Number(given) <= 999) {
        return Number(given)
      }
      throw invalid(name, 'status', given)
    }, 'statuses'),
    body(given: unknown, name: string) {
      const body = readBodyValues(given, name)
      for (const path of Object.keys(body)) readPath(path, name)
      return body
    },
    text: matching(/[\s\S]/, 'text'),
    challenge: dictionary(isString, 'string')
  },
  undefined,
  'rule'
)

const readRule: Reader<AnswerPattern> = (given, name) => {
  const pattern = readPattern(typeof given === 'number' ? { status: given } : given, name)
  const parts = Object.values(pattern).filter((part) => part !== undefined)
  const isEmpty = (part: unknown) => Object.keys(Object(part)).length === 0
  // An empty pattern would match every answer.
  if (parts.length === 0 || parts.some(isEmpty)) throw invalid(name, 'pattern')
  return pattern as AnswerPattern
}

/** A refusal with the status of a success needs another part, or every success would match. */
const readRefusal: Reader<AnswerPattern> = (given, name) => {
  const rule = readRule(given, name)
  const { status, body, text, challenge } = rule
  const success = [status].flat().find((one = 0) => one >= 200 && one <= 299)
  if (success && !(body ?? text ?? challenge)) throw invalid(name, 'success', success)
  return rule
}

function rules(readOne: Reader<AnswerPattern>): Reader<ResolvedRules> {
  const readList = list(readOne, 'rules')
  return (given, name) =>
    typeof given === 'function' ? (given as ResolvedRules) : readList(given, name)
}

export const readRules: Reader<ResolvedRules> = rules(readRule)
export const readRefusals: Reader<ResolvedRules> = rules(readRefusal)
