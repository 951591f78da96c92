// Contract places: reads headers, names, and the places of tokens from an auth contract.
import { defaultHeader, defaultLifetime } from '../../contract/default-contract.ts'
import type {
  ResolvedCarrier,
  ResolvedHeader,
  ResolvedLifetime,
  ResolvedPlace,
  ResolvedTokens
} from '../../contract/resolved-contract.ts'
import { describe, invalid, isRecord, list, matching, oneOf, tokenPattern } from '../lib/checks.ts'
import { findOverlap } from '../lib/json-body.ts'
import { type OptionTable, type Reader, readTable } from '../lib/option-table.ts'

const schemePattern = /^[A-Za-z0-9!#$%&'*+.^_`|~-]*$/

const readHeaderName: Reader<string> = (name, value) =>
  matching(name, value, tokenPattern, 'a header name (RFC 9110 §5.1)')

/** Browsers do not let scripts set these (Fetch standard, forbidden request-header names). */
const forbiddenHeaders = new Set(
  `accept-charset accept-encoding connection content-length cookie cookie2 date dnt expect host
   keep-alive origin referer set-cookie te trailer transfer-encoding upgrade via`.split(/\s+/)
)
const forbiddenPrefix = /^(?:access-control-request|proxy|sec)-/i

export const readRequestHeader: Reader<string> = (name, value) => {
  const header = readHeaderName(name, value)
  const isForbidden = forbiddenHeaders.has(header.toLowerCase()) || forbiddenPrefix.test(header)
  if (!isForbidden) return header
  const expectation =
    'a header that scripts can send (Fetch standard, forbidden request-header names)'
  throw invalid(name, expectation, describe(header))
}

interface GivenFormat {
  readonly header: string
  readonly scheme: string | undefined
}

const givenFormat: OptionTable<GivenFormat> = {
  header: (name, value = defaultHeader.header) => readHeaderName(name, value),
  scheme: (name, value) =>
    value === undefined
      ? undefined
      : matching(name, value, schemePattern, "a word such as 'Bearer', or ''")
}

export const readHeaderFormat: Reader<ResolvedHeader> = (name, value = {}) => {
  if (typeof value === 'string') {
    const suggested = `{ header: ${describe(value)} }`
    throw invalid(name, 'an object', describe(value), undefined, suggested)
  }
  const { header, scheme } = readTable(name, value, givenFormat)
  return { header, scheme: scheme ?? (/^authorization$/i.test(header) ? 'Bearer' : '') }
}

/** The header of a request. */
export const readRequestFormat: Reader<ResolvedHeader> = (name, value) => {
  const format = readHeaderFormat(name, value)
  readRequestHeader(`${name}.header`, format.header)
  return format
}

const readName: Reader<string> = (name, value) => matching(name, value, /^[^\p{Cc}]+$/u, 'a name')

/** A path such as `data.tokens.0.value`, in the notation of the contract. */
export const readPath: Reader<string> = (name, value) => {
  const path = readName(name, value)
  const isDotted = path.split('.').every((part) => part !== '' && !/[[\]]/.test(part))
  if (isDotted && !path.startsWith('$')) return path
  const parts = path.match(/[^.[\]'"]+/g)?.filter((part, index) => index > 0 || part !== '$') ?? []
  const suggested = parts.length === 0 ? undefined : describe(parts.join('.').replace(/^\$/, ''))
  throw invalid(name, 'a dotted path', describe(path), undefined, suggested)
}

/** One name, or several of which the first counts for the mock. */
export function readNames(
  name: string,
  value: unknown,
  read: Reader<string> = readName
): readonly string[] {
  if (!Array.isArray(value)) return [read(name, value)]
  if (value.length === 0) throw invalid(name, 'at least one name', describe(value))
  return list(name, value, read)
}

/** How a request presents the refresh token. */
export function readCarrier(name: string, value: unknown): ResolvedCarrier {
  if (typeof value === 'string') return { in: 'field', field: readName(name, value) }
  if (isRecord(value)) return { in: 'header', ...readRequestFormat(name, value) }
  throw invalid(
    name,
    'the name of a field, or a header such as { header, scheme }',
    describe(value)
  )
}

/** The places of the tokens. Those that are left out are the ones of `fallback`. */
export function readTokens(name: string, value: unknown, fallback: ResolvedTokens): ResolvedTokens {
  if (value === undefined) return fallback
  return readTable<ResolvedTokens>(name, value, {
    accessToken: placeReader(fallback.accessToken),
    refreshToken: placeReader(fallback.refreshToken),
    expiresIn: (place, given) => readLifetime(place, given, fallback.expiresIn)
  })
}

function placeReader(fallback: ResolvedPlace): Reader<ResolvedPlace> {
  return (name, value) => {
    if (value === undefined) return fallback
    if (isPath(value)) return { in: 'body', paths: readNames(name, value, readPath) }
    if (!isRecord(value)) {
      const expectation = "a path, an array of paths, a header, or { body: 'text' }"
      throw invalid(name, expectation, describe(value))
    }
    if (!Object.hasOwn(value, 'body')) return { in: 'header', ...readHeaderFormat(name, value) }
    readTable(name, value, { body: (place, body) => oneOf(place, body, ['text']) })
    return { in: 'text' }
  }
}

interface GivenLifetime extends Pick<ResolvedLifetime, 'header' | 'unit'> {
  readonly at: readonly string[] | undefined
}

function readLifetime(
  name: string,
  value: unknown,
  fallback: ResolvedTokens['expiresIn']
): ResolvedTokens['expiresIn'] {
  if (value === undefined) return fallback
  if (value === false) return false
  if (isPath(value)) return { at: readNames(name, value, readPath), header: undefined, unit: 's' }
  const shared = fallback === false ? defaultLifetime : fallback
  const given = readTable<GivenLifetime>(name, value, {
    at: (place, at) => (at === undefined ? undefined : readNames(place, at, readPath)),
    header: (place, header) => (header === undefined ? undefined : readHeaderName(place, header)),
    unit: (place, unit = 's') => oneOf(place, unit, ['s', 'ms', 'duration', 'date'])
  })
  const { at = shared.at, unit } = given
  // A path replaces the header of the shared places.
  const header = given.at === undefined ? (given.header ?? shared.header) : undefined
  return { at, header, unit }
}

interface OtherPlaces {
  /** `undefined` if answers have no refresh token. */
  readonly refreshToken: ResolvedPlace | undefined
  readonly userId: string | undefined
  /** The path of an object, in which the other places may lie. */
  readonly profile: string | undefined
}

/** @throws TypeError for places that one answer cannot have together */
export function checkPlaces(
  name: string,
  { accessToken, expiresIn }: ResolvedTokens,
  { refreshToken, userId, profile }: OtherPlaces
): void {
  const isText = accessToken.in === 'text'
  if (refreshToken?.in === 'text' || (isText && refreshToken?.in === 'body')) {
    const expectation = 'a place that an answer can have besides the access token'
    const received = refreshToken.in === 'text' ? 'the whole body' : 'a path in a body of text'
    throw invalid(`${name}.refreshToken`, expectation, received)
  }
  checkHeaders(name, [
    headerOf(accessToken),
    headerOf(refreshToken),
    expiresIn === false ? undefined : expiresIn.header
  ])
  if (isText) return
  const isBodyLifetime = expiresIn !== false && expiresIn.header === undefined
  const paths = [
    ...firstPath(accessToken),
    ...firstPath(refreshToken),
    ...(isBodyLifetime ? expiresIn.at.slice(0, 1) : []),
    ...(userId === undefined ? [] : [userId])
  ]
  const isAround = (path: string) => profile === path || profile?.startsWith(`${path}.`)
  const around = paths.find(isAround)
  const overlap = around === undefined ? findOverlap(paths) : ([around, profile ?? ''] as const)
  if (overlap === undefined) return
  const [outer, inner] = overlap
  const received =
    outer === inner ? `${describe(outer)} twice` : `${describe(inner)} in ${describe(outer)}`
  throw invalid(name, 'places that do not overlap', received)
}

function checkHeaders(name: string, headers: readonly (string | undefined)[]): void {
  const names = headers.map((header) => header?.toLowerCase())
  const twice = headers.find(
    (header, index) => header !== undefined && names.indexOf(header.toLowerCase()) !== index
  )
  if (twice === undefined) return
  throw invalid(name, 'places that do not overlap', `the header ${describe(twice)} twice`)
}

function headerOf(place: ResolvedPlace | undefined): string | undefined {
  return place?.in === 'header' ? place.header : undefined
}

function firstPath(place: ResolvedPlace | undefined): readonly string[] {
  return place?.in === 'body' ? place.paths.slice(0, 1) : []
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' || Array.isArray(value)
}
