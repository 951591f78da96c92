// Contract endpoints: reads the requests of login, refresh and logout from an auth contract.
import { defaultLogin, defaultLogout, defaultRefresh } from '../../contract/default-contract.ts'
import type {
  ResolvedCarrier,
  ResolvedEndpoint,
  ResolvedHeader,
  ResolvedLogin,
  ResolvedLogout,
  ResolvedRefresh,
  ResolvedTokens
} from '../../contract/resolved-contract.ts'
import {
  describe,
  dictionary,
  fieldValuePattern,
  flag,
  invalid,
  isRecord,
  matching,
  oneOf,
  tokenPattern
} from '../lib/checks.ts'
import { type OptionTable, type Reader, readTable } from '../lib/option-table.ts'
import { functionRefused } from './contract-functions.ts'
import { readCarrier, readPath, readRequestHeader } from './contract-places.ts'
import { readRules, type WritableRules } from './contract-rules.ts'

/** The endpoints without the functions that the mock cannot call. `false`: the backend
 * has no such endpoint. */
export type MockLogin = ResolvedLogin & { readonly tokens: ResolvedTokens }
export type MockRefresh = ResolvedRefresh & { readonly tokens: ResolvedTokens }
export type MockLogout = ResolvedLogout & { readonly confirmedBy: WritableRules | undefined }

export function readLogin(
  name: string,
  value: unknown,
  tokens: Reader<ResolvedTokens>
): MockLogin | false {
  const login = readEndpoint<MockLogin>(name, value, defaultLogin.path, {
    tokens,
    credentials: (place, given = {}) =>
      readTable<ResolvedLogin['credentials']>(place, given, {
        name: (field, text = defaultLogin.credentials.name) => readPath(field, text),
        password: (field, text = defaultLogin.credentials.password) => readPath(field, text)
      })
  })
  if (login === false || login.body !== 'none') return login
  const expectation = 'a method with a body, because credentials must not stand in a URL'
  throw invalid(`${name}.method`, expectation, describe(login.method))
}

export function readRefresh(
  name: string,
  value: unknown,
  tokens: Reader<ResolvedTokens>,
  attach: ResolvedHeader
): MockRefresh | false {
  const refresh = readEndpoint<MockRefresh>(name, value, defaultRefresh.path, {
    tokens,
    credential: (place, given = defaultRefresh.credential) =>
      oneOf(place, given, ['cookie', 'access-token', 'refresh-token']),
    refreshToken: (place, given) =>
      given === undefined ? defaultRefresh.refreshToken : readCarrier(place, given),
    idempotencyKey: (place, given = defaultRefresh.idempotencyKey) =>
      oneOf(place, given, ['same-origin', 'always', 'never']),
    invalidatesPrevious: (place, given = defaultRefresh.invalidatesPrevious) => flag(place, given)
  })
  if (refresh === false) return refresh
  const presents = refresh.credential === 'refresh-token'
  if (presents) refuseTokenInUrl(`${name}.refreshToken`, refresh.refreshToken, refresh)
  if (!presents && refresh.refreshToken !== defaultRefresh.refreshToken) {
    const expectation = '"refresh-token", because refreshToken is set'
    throw invalid(`${name}.credential`, expectation, describe(refresh.credential))
  }
  const carriesAccessToken = refresh.credential === 'access-token'
  checkHeaders(name, refresh, [
    presents && refresh.refreshToken,
    carriesAccessToken && { in: 'header', ...attach }
  ])
  return refresh
}

type RawLogout = Omit<MockLogout, 'refreshToken'> & {
  readonly refreshToken: ResolvedCarrier | false | undefined
}

export function readLogout(
  name: string,
  value: unknown,
  attach: ResolvedHeader,
  refresh: MockRefresh | false
): MockLogout | false {
  const logout = readEndpoint<RawLogout>(name, value, defaultLogout.path, {
    accessToken: (place, given = defaultLogout.accessToken) => flag(place, given),
    refreshToken: (place, given) =>
      given === undefined || given === false ? given : readCarrier(place, given),
    confirmedBy: (place, rules) => readRules(place, rules, '{ status: 200 }')
  })
  if (logout === false) return false
  const { refreshToken: given } = logout
  checkHeaders(name, logout, [logout.accessToken && { in: 'header', ...attach }, given])
  const isTaken = (carrier: ResolvedCarrier) =>
    carrier.in === 'header' &&
    logout.accessToken &&
    carrier.header.toLowerCase() === attach.header.toLowerCase()
  if (given === undefined || given === false) {
    const usual =
      refresh !== false && refresh.credential === 'refresh-token' ? refresh.refreshToken : undefined
    const isPossible =
      usual !== undefined && !isTaken(usual) && (usual.in === 'header' || logout.body !== 'none')
    return { ...logout, refreshToken: given === undefined && isPossible ? usual : undefined }
  }
  refuseTokenInUrl(`${name}.refreshToken`, given, logout)
  if (!isTaken(given)) return { ...logout, refreshToken: given }
  const expectation = 'another header than the access token, or accessToken: false'
  throw invalid(`${name}.refreshToken`, expectation, 'the same header')
}

function refuseTokenInUrl(
  name: string,
  carrier: ResolvedCarrier,
  endpoint: ResolvedEndpoint
): void {
  if (carrier.in === 'header' || endpoint.body !== 'none') return
  const expectation = 'a header, because the request has no body and a URL must not hold a token'
  throw invalid(name, expectation, describe(carrier.field))
}

/** Reads the fields that all endpoints have, and `extra` ones. */
function readEndpoint<Endpoint extends ResolvedEndpoint>(
  name: string,
  value: unknown,
  path: string,
  extra: OptionTable<Omit<Endpoint, keyof ResolvedEndpoint>>
): Endpoint | false {
  if (value === false) return false
  if (typeof value === 'function') {
    const [, endpoint = ''] = name.split('.')
    throw functionRefused(name, `call a ${endpoint} function`, `{ path: '${path}' }`)
  }
  if (value !== undefined && typeof value !== 'string' && !isRecord(value)) {
    throw invalid(name, 'a path, an object or false', describe(value))
  }
  const given = typeof value === 'string' ? { path: value } : (value ?? {})
  const table = { ...common, path: pathReader(path), ...extra } as OptionTable<RawEndpoint>
  const { body, ...endpoint } = readTable<RawEndpoint>(name, given, table)
  const isGet = endpoint.method === 'GET'
  if (isGet && body !== undefined && body !== 'none') {
    throw invalid(`${name}.body`, "'none', because a GET request has no body", describe(body))
  }
  const query = new URLSearchParams(endpoint.path.split('?')[1])
  const repeated = Object.keys(endpoint.fields).find((field) => query.has(field))
  if (repeated !== undefined && (isGet || body === 'none')) {
    const expectation = 'other names than the query of the path has'
    throw invalid(`${name}.fields`, expectation, describe(repeated))
  }
  const resolved: ResolvedEndpoint = { ...endpoint, body: body ?? (isGet ? 'none' : 'json') }
  return resolved as Endpoint
}

type Body = ResolvedEndpoint['body']

interface RawEndpoint extends Omit<ResolvedEndpoint, 'body'> {
  readonly body: Body | undefined
}

const common: OptionTable<Omit<RawEndpoint, 'path'>> = {
  method: (name, value = 'POST') => oneOf(name, value, ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  body: (name, value) =>
    value === undefined ? undefined : oneOf<Body>(name, value, ['json', 'form', 'none']),
  fields: (name, value = {}) =>
    dictionary(name, value, isPlain, 'a string, a finite number or a boolean'),
  headers: (name, value = {}) => readHeaders(name, value),
  csrf: (name, value) => (value === undefined ? undefined : readTable(name, value, csrfPair)),
  cookies: (name, value = true) => flag(name, value)
}

const csrfPair: OptionTable<NonNullable<ResolvedEndpoint['csrf']>> = {
  cookie: (name, value) => matching(name, value, tokenPattern, 'a cookie name (RFC 6265 §4.1.1)'),
  header: readRequestHeader
}

function pathReader(usual: string): Reader<string> {
  return (name, value = usual) => {
    refuseUserName(name, value)
    const expectation = `a path such as '${usual}', or an absolute URL`
    const isPath = typeof value === 'string' && /^[^\s#\p{Cc}]+$/u.test(value)
    const isUrl = isPath && /^(?:[a-z][a-z\d+.-]*:)?\/\//i.test(value)
    if (isPath && (!isUrl || /^https?:\/\/[^/]/i.test(value))) return value
    // The query may hold a key.
    const shown = typeof value === 'string' ? value.replace(/\?.*$/s, '?') : value
    throw invalid(name, expectation, describe(shown))
  }
}

/** The error does not quote the path, which holds a password. */
function refuseUserName(name: string, value: unknown): void {
  if (typeof value !== 'string' || !/^([a-z][a-z\d+.-]*:|\/\/)[^?#]*@/i.test(value)) return
  throw invalid(name, 'a path or a URL without a user name', 'one with a user name')
}

/** A token, the CSRF token and a constant cannot share a header. */
function checkHeaders(
  name: string,
  { headers, csrf }: ResolvedEndpoint,
  carriers: readonly (ResolvedCarrier | false | undefined)[]
): void {
  for (const carrier of carriers) {
    if (!carrier || carrier.in === 'field') continue
    const taken = carrier.header.toLowerCase()
    const isConstant = Object.keys(headers).some((header) => header.toLowerCase() === taken)
    const place = isConstant ? 'headers' : 'csrf.header'
    if (!isConstant && csrf?.header.toLowerCase() !== taken) continue
    const expectation = 'another header than that of a token which the request carries'
    throw invalid(`${name}.${place}`, expectation, describe(carrier.header))
  }
}

function readHeaders(name: string, value: unknown): Readonly<Record<string, string>> {
  const expectation = 'a header value (RFC 9110 §5.5)'
  const headers = dictionary(name, value, isHeaderValue, expectation)
  for (const header of Object.keys(headers)) readRequestHeader(name, header)
  return headers
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

function isHeaderValue(value: unknown): value is string {
  return typeof value === 'string' && fieldValuePattern.test(value)
}
