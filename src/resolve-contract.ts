// Contract table: validates an auth contract once and fills in the defaults.

import type { AuthContract, Refusals, UserContract } from './contract/auth-contract.ts'
import {
  defaultHeader,
  defaultLogin,
  defaultLogout,
  defaultRefresh,
  defaultTokens,
  defaultUserId
} from './contract/default-contract.ts'
import type {
  LoginContract,
  LoginFunction,
  LogoutContract,
  LogoutFunction,
  RefreshContract,
  RefreshFunction
} from './contract/endpoints.ts'
import type {
  ResolvedCarrier,
  ResolvedContract,
  ResolvedEndpoint,
  ResolvedHeader,
  ResolvedLogin,
  ResolvedLogout,
  ResolvedRefresh
} from './contract/resolved-contract.ts'
import { checkHeaders, readRequest } from './contract-request.ts'
import {
  isSameHeader,
  readCarrier,
  readClaims,
  readPath,
  readRefusals,
  readRequestFormat,
  readResponseFormat,
  readRules,
  tokenPlaces
} from './contract-values.ts'
import { flag, later, oneOf, type Reader, record } from './lib/checks.ts'
import { invalid } from './lib/option-errors.ts'

/**
 * @internal
 * @throws AuthError `ERR_AUTH_INVALID_OPTIONS`, which names the field, the expectation and the
 * value received.
 */
export function readContract(given: unknown, name: string): ResolvedContract {
  const { login, refresh, logout, ...rest } = readFieldsOf(given, name)
  const { attach, tokens } = rest
  const resolvedRefresh = readRefresh(refresh, `${name}.refresh`, rest)
  return {
    ...rest,
    login: readLogin(login, `${name}.login`, tokens),
    refresh: resolvedRefresh,
    logout: readLogout(logout, `${name}.logout`, attach, resolvedRefresh)
  }
}

const refusals = {
  accessToken: readRefusals,
  unrelated: readRules,
  session: readRefusals,
  noSession: readRules,
  credentials: readRefusals
} satisfies Record<keyof Refusals, Reader<unknown>>

const readFieldsOf = record(
  {
    // Their defaults depend on other fields, so `readContract` reads them.
    login: later,
    refresh: later,
    logout: later,
    tokens: tokenPlaces(defaultTokens),
    attach: readRequestFormat,
    reissue: orFalse(readResponseFormat),
    refusals: record(refusals),
    user: record(
      { id: readUserId, profile: readProfile } satisfies Record<
        keyof UserContract,
        Reader<unknown>
      >,
      { id: defaultUserId, profile: undefined }
    )
  } satisfies Record<keyof AuthContract, Reader<unknown>>,
  { tokens: defaultTokens, attach: defaultHeader, reissue: defaultHeader }
)

function readLogin(
  given: unknown,
  name: string,
  tokens: ResolvedContract['tokens']
): ResolvedContract['login'] {
  if (isReplaced<LoginFunction>(given)) return given
  const { credentials } = defaultLogin
  const readCredentials = record({ name: readPath, password: readPath }, credentials)
  const readers = { tokens: tokenPlaces(tokens), credentials: readCredentials }
  const login = readRequest<LoginContract, ResolvedLogin>(given, name, readers, {
    ...defaultLogin,
    tokens
  })
  if (login.body !== 'none') return login
  // Without a body, the credentials would stand in the URL.
  if (login.method === 'GET') throw invalid(`${name}.method`, 'method', login.method)
  throw invalid(`${name}.body`, 'loginBody', login.body)
}

function readRefresh(
  given: unknown,
  name: string,
  { attach, tokens }: Pick<ResolvedContract, 'attach' | 'tokens'>
): ResolvedContract['refresh'] {
  if (isReplaced<RefreshFunction>(given)) return given
  const readers = {
    tokens: tokenPlaces(tokens),
    credential: oneOf('cookie', 'access-token', 'refresh-token'),
    refreshToken: readCarrier,
    idempotencyKey: oneOf('same-origin', 'always', 'never'),
    invalidatesPrevious: flag
  }
  const refresh = readRequest<RefreshContract, ResolvedRefresh>(given, name, readers, {
    ...defaultRefresh,
    tokens
  })
  const { credential, refreshToken, body } = refresh
  const presents = credential === 'refresh-token'
  if (!presents && refreshToken !== defaultRefresh.refreshToken) {
    throw invalid(`${name}.credential`, 'besideToken', credential)
  }
  if (presents && lacksBody(refreshToken, body)) {
    throw invalid(`${name}.refreshToken`, 'headerCarrier', refreshToken.field)
  }
  checkHeaders(refresh, name, [
    presents && refreshToken,
    credential === 'access-token' && { in: 'header', ...attach }
  ])
  return refresh
}

function readLogout(
  given: unknown,
  name: string,
  attach: ResolvedHeader,
  refresh: ResolvedContract['refresh']
): ResolvedContract['logout'] {
  if (isReplaced<LogoutFunction>(given)) return given
  const readers = {
    accessToken: flag,
    refreshToken: orFalse(readCarrier),
    confirmedBy: readRules
  }
  const { refreshToken, ...logout } = readRequest<
    LogoutContract,
    Omit<ResolvedLogout, 'refreshToken'> & {
      readonly refreshToken: ResolvedCarrier | false | undefined
    }
  >(given, name, readers, defaultLogout)
  checkHeaders(logout, name, [logout.accessToken && { in: 'header', ...attach }, refreshToken])
  const presents = typeof refresh === 'object' && refresh.credential === 'refresh-token'
  const carrier = refreshToken ?? (presents && refresh.refreshToken)
  if (!carrier) return { ...logout, refreshToken: undefined }
  const isTaken =
    carrier.in === 'header' && logout.accessToken && isSameHeader(carrier.header, attach.header)
  const isHomeless = lacksBody(carrier, logout.body)
  // By default, a refresh token that the request cannot present is left out.
  if (refreshToken === undefined) {
    return { ...logout, refreshToken: isTaken || isHomeless ? undefined : carrier }
  }
  const option = `${name}.refreshToken`
  if (isHomeless) throw invalid(option, 'headerCarrier', carrier.field)
  if (isTaken) throw invalid(option, 'otherHeader')
  return { ...logout, refreshToken: carrier }
}

function lacksBody(
  carrier: ResolvedCarrier,
  body: ResolvedEndpoint['body']
): carrier is Extract<ResolvedCarrier, { in: 'field' }> {
  return carrier.in === 'field' && body === 'none'
}

/** A function in the place of an endpoint, or `false` if the backend has none. */
function isReplaced<Replacement>(given: unknown): given is Replacement | false {
  return given === false || typeof given === 'function'
}

function orFalse<Value>(read: Reader<Value>): Reader<Value | false> {
  return (given, name) => (given === false ? given : read(given, name))
}

const readAnswerPath = record({ answer: readPath }, {}, 'claim')

function readUserId(given: unknown, name: string): ResolvedContract['user']['id'] {
  if (isReplaced<Extract<ResolvedContract['user']['id'], () => unknown>>(given)) return given
  return typeof given === 'string' || Array.isArray(given)
    ? readClaims(given, name)
    : readAnswerPath(given, name)
}

function readProfile(given: unknown, name: string): ResolvedContract['user']['profile'] {
  if (typeof given === 'function') return given as ResolvedContract['user']['profile']
  if (typeof given === 'string') return readPath(given, name)
  throw invalid(name, 'pathOr', given)
}
