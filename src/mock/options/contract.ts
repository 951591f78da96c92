// Contract option: validates the auth contract for the mock, and fills in the defaults.
//
// The client resolves the contract with its own code. A fault in shared code would cancel out.
import type { AuthContract, Refusals, UserContract } from '../../contract/auth-contract.ts'
import { defaultHeader, defaultTokens, defaultUserId } from '../../contract/default-contract.ts'
import type { ResolvedContract, ResolvedTokens } from '../../contract/resolved-contract.ts'
import { describe, invalid, isRecord } from '../lib/checks.ts'
import { type OptionTable, type Reader, readTable, type SettingsOf } from '../lib/option-table.ts'
import {
  type MockLogin,
  type MockLogout,
  type MockRefresh,
  readLogin,
  readLogout,
  readRefresh
} from './contract-endpoints.ts'
import { functionRefused } from './contract-functions.ts'
import {
  checkPlaces,
  readHeaderFormat,
  readNames,
  readPath,
  readRequestFormat,
  readTokens
} from './contract-places.ts'
import { readRefusals, readRules, type WritableRules } from './contract-rules.ts'

export interface MockContractOptions {
  /**
   * The backend that the server plays: the value that `createAuthClient({ contract })` gets too.
   * See `AuthContract` of `everbearer`.
   *
   * The server writes the first path of a list, and the first rule that it can write. It cannot
   * call or invert functions, so it refuses them. Functions that it does not need are ignored:
   * those of `user` and `refusals.unrelated`. Give the claims that they read with `users`.
   *
   * A logout ends the sessions of the refresh token and of the access token. If the access token is
   * its only credential, the server refuses a bad one as in an API request.
   *
   * Default: `POST /login`, `/refresh` and `/logout` with JSON, and a refresh cookie.
   *
   * @example
   * const contract = {
   *   login: '/auth/login',
   *   refresh: { path: '/auth/refresh', credential: 'refresh-token' },
   *   tokens: { accessToken: 'data.access_token', refreshToken: 'data.refresh_token' }
   * } satisfies AuthContract
   * const server = createMockAuthServer({ contract, basePath: '/api' })
   */
  readonly contract?: AuthContract<unknown>
}

/** A resolved contract without the functions that the mock would have to call. */
export interface MockContract extends Omit<ResolvedContract, 'tokens'> {
  readonly login: MockLogin | false
  readonly refresh: MockRefresh | false
  readonly logout: MockLogout | false
  readonly refusals: Readonly<Record<keyof Refusals, WritableRules | undefined>>
}

export type ContractSettings = SettingsOf<MockContractOptions, { readonly contract: MockContract }>

export const contractOptions: OptionTable<ContractSettings> = {
  contract: (name, value = {}) => readContract(name, value)
}

interface RawContract extends Omit<MockContract, 'login' | 'refresh' | 'logout'> {
  readonly login: unknown
  readonly refresh: unknown
  readonly logout: unknown
  readonly tokens: unknown
}

/** Its reader depends on other fields. */
const later: Reader<unknown> = (_name, value) => value

const table: OptionTable<RawContract> = {
  login: later,
  refresh: later,
  logout: later,
  tokens: later,
  attach: readRequestFormat,
  reissue: (name, value = defaultHeader) =>
    value === false ? false : readHeaderFormat(name, value),
  refusals: (name, value = {}) =>
    readTable<MockContract['refusals']>(name, value, {
      accessToken: readRefusals,
      // The mock sends no such answer.
      unrelated: (place, rules) =>
        typeof rules === 'function' ? undefined : readRules(place, rules),
      session: readRefusals,
      noSession: readRules,
      credentials: readRefusals
    }),
  user: (name, value = {}) =>
    readTable<ResolvedContract['user']>(name, value, { id: readUserId, profile: readProfile })
}

function readContract(name: string, value: unknown): MockContract {
  const { login, refresh, logout, tokens: shared, ...rest } = readTable(name, value, table)
  const { attach, user } = rest
  const tokens = sharedTokens(`${name}.tokens`, shared)
  const resolvedRefresh = readRefresh(`${name}.refresh`, refresh, tokens, attach)
  const contract: MockContract = {
    ...rest,
    login: readLogin(`${name}.login`, login, tokens),
    refresh: resolvedRefresh,
    logout: readLogout(`${name}.logout`, logout, attach, resolvedRefresh)
  }
  for (const endpoint of ['login', 'refresh'] as const) {
    const { tokens: places } = contract[endpoint] || {}
    const given = isRecord(value) ? value[endpoint] : undefined
    const isOwn = isRecord(given) && Object.hasOwn(given, 'tokens')
    const place = isOwn ? `${name}.${endpoint}.tokens` : `${name}.tokens`
    if (places !== undefined) checkTokens(place, places, resolvedRefresh, user)
  }
  return contract
}

/** A reader for the places of an endpoint. Those that it leaves out are the shared ones. */
function sharedTokens(sharedName: string, shared: unknown): Reader<ResolvedTokens> {
  const refused = (name: string) =>
    functionRefused(name, 'invert a function', "{ accessToken: 'access_token' }")
  const places =
    typeof shared === 'function' ? undefined : readTokens(sharedName, shared, defaultTokens)
  return (name, value) => {
    if (typeof value === 'function') throw refused(name)
    if (value === undefined && places === undefined) throw refused(sharedName)
    return readTokens(name, value, places ?? defaultTokens)
  }
}

function checkTokens(
  name: string,
  tokens: ResolvedTokens,
  refresh: MockRefresh | false,
  { id, profile }: ResolvedContract['user']
): void {
  const hasRefreshToken = refresh !== false && refresh.credential === 'refresh-token'
  checkPlaces(name, tokens, {
    refreshToken: hasRefreshToken ? tokens.refreshToken : undefined,
    userId: isAnswerPath(id) ? id.answer : undefined,
    profile: typeof profile === 'string' ? profile : undefined
  })
}

/** Whether an answer holds the user's id. */
export function isAnswerPath(
  id: ResolvedContract['user']['id']
): id is { readonly answer: string } {
  return typeof id === 'object' && !Array.isArray(id)
}

function readUserId(name: string, value: unknown): ResolvedContract['user']['id'] {
  if (value === undefined) return defaultUserId
  if (value === false || typeof value === 'function') return value as () => undefined
  if (typeof value === 'string' || Array.isArray(value)) return readNames(name, value)
  if (isRecord(value)) {
    return readTable<{ readonly answer: string }>(name, value, { answer: readPath })
  }
  throw invalid(
    name,
    'a claim, an array of claims, { answer }, a function or false',
    describe(value)
  )
}

function readProfile(name: string, value: unknown): UserContract<unknown>['profile'] {
  if (value === undefined || typeof value === 'function')
    return value as UserContract<unknown>['profile']
  if (typeof value === 'string') return readPath(name, value)
  throw invalid(name, 'a path or a function', describe(value))
}

/** The request headers of the contract, which pages of other origins must be allowed to send. */
export function requestHeaders({ attach, ...endpoints }: MockContract): readonly string[] {
  const { refresh, logout } = endpoints
  const carriers = [
    refresh && refresh.credential === 'refresh-token' ? refresh.refreshToken : undefined,
    logout ? logout.refreshToken : undefined
  ]
  const hasKey = refresh !== false && refresh.idempotencyKey !== 'never'
  const names = [
    attach.header,
    'Content-Type',
    ...(hasKey ? ['Idempotency-Key'] : []),
    ...[endpoints.login, refresh, logout].flatMap((endpoint) =>
      endpoint ? [Object.keys(endpoint.headers), endpoint.csrf?.header ?? []].flat() : []
    ),
    ...carriers.flatMap((carrier) => (carrier?.in === 'header' ? carrier.header : []))
  ]
  const isFirst = (name: string, index: number) =>
    names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) === index
  return names.filter(isFirst)
}
