// Random contracts: backends that differ in every field of the contract.

import type { AuthContract } from 'everbearer'
import fc from 'fast-check'

type Login = Exclude<
  AuthContract['login'],
  string | false | undefined | ((...args: never) => unknown)
>
type Refresh = Exclude<
  AuthContract['refresh'],
  string | false | undefined | ((...args: never) => unknown)
>
type Logout = Exclude<
  AuthContract['logout'],
  string | false | undefined | ((...args: never) => unknown)
>

const fields = fc.constantFrom({}, { client_id: 'spa' }, { mode: 'json', version: 2 })
const headers = fc.constantFrom<Record<string, string>>({}, { 'X-App': 'web' })
const csrf = fc.constantFrom(undefined, { cookie: 'csrf_token', header: 'X-CSRF-TOKEN' })

const login: fc.Arbitrary<Login> = fc.record({
  path: fc.constantFrom(
    '/login',
    '/auth/sign-in',
    '/api/token/',
    '/session?kind=user',
    '/auth/session',
    'https://api.app.example/v1/login'
  ),
  method: fc.constantFrom('POST', 'PUT'),
  body: fc.constantFrom('json', 'form'),
  fields,
  headers,
  credentials: fc.constantFrom(
    { name: 'email', password: 'password' },
    { name: 'username', password: 'secret' },
    { name: 'user.email', password: 'user.password' }
  )
})

// With `cookies: false` the credential has to be one that scripts hold.
const request = fc.record({
  path: fc.constantFrom(
    '/refresh',
    '/auth/refresh-token',
    '/api/token/refresh/',
    '/renew?v=2',
    '/auth/session',
    'https://api.app.example/v1/refresh'
  ),
  fields,
  headers,
  csrf,
  idempotencyKey: fc.constantFrom<Refresh['idempotencyKey'][]>('same-origin', 'always', 'never'),
  invalidatesPrevious: fc.boolean()
})
const method = fc.constantFrom('POST', 'PUT', 'PATCH')
const format = fc.constantFrom('json', 'form')
const carrier = fc.constantFrom<Refresh['refreshToken'][]>(
  undefined,
  'refreshToken',
  'token',
  { header: 'X-Refresh-Token' },
  { header: 'X-Refresh-Token', scheme: 'Refresh' }
)

const refresh: fc.Arbitrary<Refresh> = fc.oneof(
  fc
    .tuple(request, method, fc.constantFrom('json', 'form', 'none'))
    .map(([one, verb, body]) => ({ ...one, method: verb, body, credential: 'cookie' }) as Refresh),
  request.map((one): Refresh => ({ ...one, method: 'GET', credential: 'cookie' })),
  fc
    .tuple(request, method, fc.constantFrom('json', 'none'))
    .map(
      ([one, verb, body]) => ({ ...one, method: verb, body, credential: 'access-token' }) as Refresh
    ),
  fc.tuple(request, method, format, carrier, fc.boolean()).map(
    ([one, verb, body, refreshToken, cookies]) =>
      ({
        ...one,
        csrf: undefined,
        method: verb,
        body,
        refreshToken,
        cookies,
        credential: 'refresh-token'
      }) as Refresh
  )
)

const logout: fc.Arbitrary<Logout> = fc.record({
  path: fc.constantFrom(
    '/logout',
    '/auth/session',
    '/api/logout/',
    'https://api.app.example/v1/logout'
  ),
  method: fc.constantFrom('POST', 'DELETE', 'PUT'),
  body: fc.constantFrom('json', 'form'),
  fields,
  headers,
  csrf,
  confirmedBy: fc.constantFrom(undefined, 204, { status: 200, body: { signed_out: true } })
})

const lifetime = fc.constantFrom<
  NonNullable<Exclude<AuthContract['tokens'], (...args: never) => unknown>>['expiresIn'][]
>(
  undefined,
  false,
  'expires',
  { at: 'data.expires', unit: 'ms' },
  { at: 'ttl', unit: 'duration' },
  { header: 'X-Expires-In' },
  { header: 'X-Expires-In', unit: 'date' },
  { at: 'meta.expires_at', unit: 'date' }
)
const tokens = fc.record({
  accessToken: fc.constantFrom(
    undefined,
    'token',
    'data.access_token',
    ['result.0.jwt', 'jwt'],
    { header: 'X-Access-Token' },
    { header: 'Authorization', scheme: 'Bearer' },
    { header: 'X-Access-Token', scheme: 'Access' }
  ),
  refreshToken: fc.constantFrom(
    undefined,
    'refreshToken',
    'data.refresh_token',
    { header: 'X-Refresh-Token', scheme: '' },
    { header: 'X-Refresh-Token', scheme: 'Refresh' }
  ),
  expiresIn: lifetime
})

/** A body that is the access token has no place for the refresh token and the user. */
const textTokens = fc.record({
  accessToken: fc.constant({ body: 'text' } as const),
  refreshToken: fc.constant({ header: 'X-Refresh-Token', scheme: '' }),
  expiresIn: fc.constant(false as const)
})
const anyTokens = fc.oneof({ weight: 5, arbitrary: tokens }, { weight: 1, arbitrary: textTokens })
/** Places of one endpoint, which override those of the contract. */
const ownTokens = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: anyTokens }
)

const header = (names: readonly string[]) =>
  fc.record({
    header: fc.constantFrom(...names),
    scheme: fc.constantFrom('Bearer', 'Token', 'JWT', '', undefined)
  })

const refusals = fc.record({
  accessToken: fc.constantFrom(
    undefined,
    401,
    419,
    { status: 403, text: 'expired token' },
    { status: 200, body: { 'errors.0.extensions.code': 'UNAUTHENTICATED' } }
  ),
  session: fc.constantFrom(
    undefined,
    419,
    { status: 400, body: { error: 'INVALID_TOKEN' } },
    { status: 200, body: { success: false } }
  ),
  noSession: fc.constantFrom(undefined, 400, 404, { status: 200, body: { user: null } }),
  credentials: fc.constantFrom(undefined, 422, { status: 200, body: { ok: false } })
})

const user = fc.record({
  id: fc.constantFrom(undefined, 'user_id', ['uid', 'sub'], { answer: 'user.id' }),
  profile: fc.constantFrom(undefined, 'user', 'data.user')
})

const anyContracts = fc.record({
  login,
  refresh: fc.oneof(
    { weight: 9, arbitrary: refresh },
    { weight: 1, arbitrary: fc.constant(false as const) }
  ),
  logout: fc.oneof(
    { weight: 9, arbitrary: logout },
    { weight: 1, arbitrary: fc.constant(false as const) }
  ),
  tokens: anyTokens,
  attach: fc.oneof(fc.constant(undefined), header(['Authorization', 'X-Auth-Token'])),
  reissue: fc.oneof(
    fc.constant(undefined),
    fc.constant(false as const),
    header(['Authorization', 'X-New-Token'])
  ),
  refusals,
  user
})

/** A contract that the mock can play: plain data only. */
export const contracts: fc.Arbitrary<AuthContract> = fc
  .tuple(anyContracts, ownTokens, ownTokens)
  .filter(([{ tokens: shared }, ...own]) =>
    own.every((places) => fits({ ...shared, ...given(places) }))
  )
  .map(([contract, ofLogin, ofRefresh]): AuthContract => {
    const places = [contract.tokens, ofLogin, ofRefresh]
    const isText = places.some((one) => one !== undefined && isTextPlace(one.accessToken))
    const { refresh } = contract
    return {
      ...contract,
      login: { ...contract.login, tokens: ofLogin },
      refresh: refresh && { ...refresh, tokens: ofRefresh },
      user: isText ? {} : contract.user
    }
  })
  .filter(isDistinct)

function given(places: object = {}): object {
  return Object.fromEntries(Object.entries(places).filter(([, place]) => place !== undefined))
}

/** A body that is the access token holds nothing else. */
function fits(places: Readonly<Record<string, unknown>>): boolean {
  const { accessToken, refreshToken, expiresIn } = places
  const isHeader = typeof refreshToken === 'object' && Object.hasOwn(Object(refreshToken), 'header')
  return !isTextPlace(accessToken) || (isHeader && expiresIn === false)
}

function isTextPlace(place: unknown): boolean {
  return typeof place === 'object' && place !== null && 'body' in place
}

/** Whether no two endpoints share the path and the method. */
function isDistinct({ login: one, refresh: two, logout: three }: AuthContract): boolean {
  const targets = [one, two, three].flatMap((endpoint) =>
    typeof endpoint === 'object' ? `${endpoint.method} ${endpoint.path}` : []
  )
  return new Set(targets).size === targets.length
}
