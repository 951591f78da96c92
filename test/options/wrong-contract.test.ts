// Wrong contract: `createAuthClient()` throws, and the message names field, expectation and value.
import { type AuthClientOptions, createAuthClient } from 'everbearer'
import { expect, it } from 'vitest'
import { readContract } from '../../src/resolve-contract.ts'

function messageOf(contract: unknown): string {
  try {
    createAuthClient({ contract } as AuthClientOptions).dispose()
  } catch (error) {
    expect(error).toMatchObject({ name: 'AuthError', code: 'ERR_AUTH_INVALID_OPTIONS' })
    return (error as Error).message
  }
  return 'accepted'
}

const methods = '"GET", "POST", "PUT", "PATCH", "DELETE"'
const token = { credential: 'refresh-token' }
const sparse: unknown[] = []
sparse[1] = 'access_token'
const fail = () => {
  throw new Error('hunter2')
}

it.each<[unknown, string]>([
  [{ logn: '/x' }, 'Option contract.logn: no such option; did you mean login?'],
  [
    { login: 5 },
    'Option contract.login: expected a path, a function, false or an object; received 5.'
  ],
  [{ login: null }, 'a path, a function, false or an object; received null.'],
  [{ refresh: true }, 'contract.refresh: expected a path, a function, false or an object'],
  [{ logout: [] }, 'contract.logout: expected a path, a function, false or an object'],
  [
    { login: '' },
    'Option contract.login.path: expected a path such as "/login", or an absolute URL; received "".'
  ],
  [{ refresh: '/a b' }, 'contract.refresh.path: expected a path such as "/login"'],
  [{ logout: { path: '/a\r\nX: 1' } }, 'contract.logout.path: expected a path such as "/login"'],
  [{ logout: { path: '/x#y' } }, 'contract.logout.path: expected a path such as "/login"'],
  [{ login: { pth: '/x' } }, 'Option contract.login.pth: no such option; did you mean path?'],
  [
    { refresh: { method: 'FETCH' } },
    `Option contract.refresh.method: expected one of ${methods}; received "FETCH".`
  ],
  [{ refresh: { method: 'post' } }, 'contract.refresh.method: expected one of'],
  [
    { refresh: { body: 'xml' } },
    'Option contract.refresh.body: expected one of "json", "form", "none"; received "xml".'
  ],
  [
    { refresh: { method: 'GET', body: 'json' } },
    'Option contract.refresh.body: expected "none", because a GET request has no body; received "json".'
  ],
  [{ login: { method: 'GET' } }, 'contract.login.method: expected a method with a body'],
  [{ login: { body: 'none' } }, 'contract.login.body: expected "json" or "form"'],
  [
    { refresh: { ...token, method: 'GET' } },
    'Option contract.refresh.refreshToken: expected a header, because the request has no body'
  ],
  [{ refresh: { ...token, body: 'none' } }, 'contract.refresh.refreshToken: expected a header'],
  [
    { logout: { method: 'GET', refreshToken: 'token' } },
    'contract.logout.refreshToken: expected a header'
  ],
  [
    { logout: { refreshToken: { header: 'authorization' } } },
    'Option contract.logout.refreshToken: expected another header than the access token, or accessToken: false.'
  ],
  [{ login: { fields: [] } }, 'Option contract.login.fields: expected a plain object'],
  [
    { login: { fields: { a: {} } } },
    'Option contract.login.fields.a: expected a string, a finite number or a boolean; received an object.'
  ],
  [{ login: { fields: { a: Number.NaN } } }, 'contract.login.fields.a: expected a string'],
  [
    { refresh: { headers: { 'X-Key': 'secret\r\nX: 1' } } },
    'Option contract.refresh.headers.X-Key: expected a header value without control characters (RFC 9110 §5.5).'
  ],
  [{ refresh: { headers: { 'X Key': '1' } } }, 'contract.refresh.headers: expected header names'],
  [{ refresh: { headers: { 'X-Key': 1 } } }, 'contract.refresh.headers.X-Key: expected a header'],
  [{ refresh: { csrf: 'x' } }, 'Option contract.refresh.csrf: expected an object; received "x".'],
  [{ refresh: { csrf: { cookie: 'c' } } }, 'contract.refresh.csrf.header: expected a header name'],
  [
    { refresh: { csrf: { cookie: 'a;b', header: 'X' } } },
    'Option contract.refresh.csrf.cookie: expected a cookie name (RFC 6265 §4.1.1); received "a;b".'
  ],
  [{ logout: { cookies: 'yes' } }, 'Option contract.logout.cookies: expected one of true, false'],
  [
    { refresh: { credential: 'cookies' } },
    'Option contract.refresh.credential: expected one of "cookie", "access-token", "refresh-token"; received "cookies"; did you mean "cookie"?'
  ],
  [
    { refresh: { refreshToken: 5 } },
    'Option contract.refresh.refreshToken: expected the name of a field or an object; received 5.'
  ],
  [{ refresh: { refreshToken: '' } }, 'contract.refresh.refreshToken: expected a name'],
  [
    { refresh: { idempotencyKey: true } },
    'Option contract.refresh.idempotencyKey: expected one of "same-origin", "always", "never"; received true.'
  ],
  [
    { refresh: { invalidatesPrevious: 1 } },
    'Option contract.refresh.invalidatesPrevious: expected one of true, false; received 1.'
  ],
  [
    { logout: { accessToken: 'yes' } },
    'Option contract.logout.accessToken: expected one of true, false; received "yes".'
  ],
  [{ logout: { confirmedBy: 'ok' } }, 'contract.logout.confirmedBy: expected a status, a function'],
  [
    { login: { credentials: { user: 'u' } } },
    'Option contract.login.credentials.user: no such option; the options are name, password.'
  ],
  [{ login: { credentials: { name: 5 } } }, 'login.credentials.name: expected a dotted path'],
  [
    { tokens: 'data' },
    'Option contract.tokens: expected a function or an object; received "data".'
  ],
  [{ tokens: { acessToken: 'a' } }, 'contract.tokens.acessToken: no such option; did you mean'],
  [
    { tokens: { accessToken: 5 } },
    'Option contract.tokens.accessToken: expected a path, several paths or an object; received 5.'
  ],
  [{ tokens: { accessToken: '' } }, 'contract.tokens.accessToken: expected a dotted path'],
  [{ tokens: { accessToken: [] } }, 'contract.tokens.accessToken: expected at least one path'],
  [{ tokens: { accessToken: ['a', 5] } }, 'tokens.accessToken[1]: expected a dotted path'],
  [
    { tokens: { accessToken: { body: 'json' } } },
    'Option contract.tokens.accessToken.body: expected one of "text"; received "json".'
  ],
  [{ tokens: { refreshToken: { heder: 'X' } } }, 'contract.tokens.refreshToken.heder: no such'],
  [
    { tokens: { expiresIn: { at: 'a', unit: 'min' } } },
    'Option contract.tokens.expiresIn.unit: expected one of "s", "ms", "duration", "date"; received "min".'
  ],
  [
    { tokens: { expiresIn: { header: 'X Expires' } } },
    'Option contract.tokens.expiresIn.header: expected a header name (RFC 9110 §5.1); received "X Expires".'
  ],
  [{ tokens: { expiresIn: 60 } }, 'contract.tokens.expiresIn: expected a path, several paths'],
  [{ login: { tokens: { accessToken: 5 } } }, 'contract.login.tokens.accessToken: expected a path'],
  [{ refresh: { tokens: 5 } }, 'contract.refresh.tokens: expected a function or an object'],
  [
    { attach: 'X-Token' },
    'Option contract.attach: expected an object; received "X-Token"; did you mean'
  ],
  [
    { attach: { header: 'X Token' } },
    'Option contract.attach.header: expected a header name (RFC 9110 §5.1); received "X Token".'
  ],
  [
    { attach: { scheme: 'Bearer ' } },
    'Option contract.attach.scheme: expected a word without spaces; received "Bearer ".'
  ],
  [{ reissue: true }, 'Option contract.reissue: expected an object; received true.'],
  [{ reissue: { header: 'a:b' } }, 'contract.reissue.header: expected a header name'],
  [{ refusals: 401 }, 'Option contract.refusals: expected an object; received 401.'],
  [
    { refusals: { sesion: 401 } },
    'contract.refusals.sesion: no such option; did you mean session?'
  ],
  [
    { refusals: { session: '401' } },
    'Option contract.refusals.session: expected a status, a function or an object; received "401".'
  ],
  [
    { refusals: { session: [401, 4010] } },
    'Option contract.refusals.session[1].status: expected a status from 100 to 999; received 4010.'
  ],
  [
    { refusals: { session: { status: [401, 4.5] } } },
    'expected a status from 100 to 999; received'
  ],
  [
    { refusals: { accessToken: {} } },
    'Option contract.refusals.accessToken: expected a pattern with a status, body, text or challenge.'
  ],
  [{ refusals: { session: [] } }, 'contract.refusals.session: expected at least one rule'],
  [{ refusals: { session: { status: [] } } }, 'session.status: expected at least one status'],
  ...[{ body: {} }, { challenge: {} }, { status: 403, body: {} }].map((rule): [unknown, string] => [
    { refusals: { session: rule } },
    'contract.refusals.session: expected a pattern with a status, body, text or challenge.'
  ]),
  [{ refusals: { unrelated: { text: '' } } }, 'contract.refusals.unrelated.text: expected a text'],
  [
    { refusals: { noSession: { body: { a: [] } } } },
    'Option contract.refusals.noSession.body.a: expected a string, a number, a boolean or null; received an array.'
  ],
  [
    { refusals: { credentials: { challenge: { error: 5 } } } },
    'Option contract.refusals.credentials.challenge.error: expected a string; received 5.'
  ],
  [
    { refusals: { credentials: { code: 1 } } },
    'contract.refusals.credentials.code: no such option'
  ],
  [{ user: 'sub' }, 'Option contract.user: expected an object; received "sub".'],
  [{ user: { id: 5 } }, 'contract.user.id: expected a claim, several claims, a function, false or'],
  [{ user: { id: [] } }, 'contract.user.id: expected at least one path'],
  [
    { user: { id: { answer: 5 } } },
    'Option contract.user.id.answer: expected a dotted path; received 5.'
  ],
  [{ user: { profile: 5 } }, 'contract.user.profile: expected a path or a function; received 5.']
])('rejects the contract %j', (contract, message) => {
  expect(messageOf(contract)).toContain(message)
})

it.each<[string, unknown, string]>([
  ['a Promise', Promise.resolve({}), 'contract: expected an object; received an instance of Pr'],
  ['a Map', new Map(), 'contract: expected an object; received an instance of Map.'],
  ['a URL', { login: new URL('https://a.example') }, 'contract.login: expected a path, a function'],
  [
    'a Headers',
    { refresh: { headers: new Headers() } },
    'contract.refresh.headers: expected a plain object, such as Object.fromEntries(headers); received an instance of Headers.'
  ],
  [
    'a URLSearchParams',
    { refresh: { fields: new URLSearchParams() } },
    'contract.refresh.fields: expected a plain object, such as Object.fromEntries(headers); received an instance of URLSearchParams.'
  ],
  ['no prototype', { refresh: { method: Object.create(null) } }, 'received an object.'],
  ['a Symbol', { refresh: { method: [Symbol('x')] } }, 'received an array.'],
  [
    'a toString() that throws',
    { refresh: { credential: { toString: fail } } },
    'contract.refresh.credential: expected one of'
  ],
  [
    'a getter that throws',
    Object.defineProperty({}, 'refresh', { get: fail, enumerable: true }),
    'contract.refresh: expected a value that can be read.'
  ],
  [
    'a missing path',
    { tokens: { accessToken: sparse } },
    'tokens.accessToken[0]: expected a dotted path; it is missing.'
  ],
  ['a missing rule', { refusals: { session: sparse } }, 'session[0]: expected a pattern']
])('rejects a contract with %s', (_, contract, message) => {
  expect(messageOf(contract)).toContain(message)
})

it.each<[string, unknown, string]>([
  ['CSRF', { logout: { csrf: { cookie: 'c', header: 'authorization' } } }, 'logout.csrf.header'],
  [
    'CSRF',
    {
      refresh: { ...token, refreshToken: { header: 'X-T' }, csrf: { cookie: 'c', header: 'x-t' } }
    },
    'refresh.csrf.header'
  ],
  [
    'constant',
    { logout: { headers: { authorization: 'Basic a' } } },
    'logout.headers.authorization'
  ]
])('rejects a %s header that carries a token too: %j', (_kind, contract, option) => {
  expect(messageOf(contract)).toBe(
    `Option contract.${option}: expected another header than that of a token which the request carries.`
  )
})

it('rejects one header for both tokens', () => {
  const tokens = {
    accessToken: { header: 'X-T', scheme: 'A' },
    refreshToken: { header: 'x-t', scheme: 'R' }
  }
  expect(messageOf({ tokens })).toBe(
    'Option contract.tokens.refreshToken: expected another header than that of the access token.'
  )
})

it('rejects a field that the query of the path has too', () => {
  const refresh = { method: 'GET', path: '/renew?x=1', fields: { x: 2 } }
  expect(messageOf({ refresh })).toBe(
    'Option contract.refresh.fields.x: expected another name than the query of the path has.'
  )
})

it.each([
  ['https://svc:hunter2@api.example/refresh', 'expected a URL without a user name.'],
  ['//svc:hunter2@api.example/refresh', 'expected a URL without a user name.'],
  ['https:svc:hunter2@api.example/refresh', 'expected a URL without a user name.'],
  ['https://svc:hunter2@api.example/a b?key=hunter2', 'received "api.example/a b?".']
])('rejects the path %j without its password and its query', (path, message) => {
  expect(messageOf({ refresh: path })).toContain(message)
  expect(messageOf({ refresh: path })).not.toContain('hunter2')
})

it('does not print a function, which may hold a secret', () => {
  const fields = { client_secret: () => 'hunter2' }
  expect(messageOf({ refresh: { fields } })).toBe(
    'Option contract.refresh.fields.client_secret: expected a string, a finite number or a boolean; received a function.'
  )
})

it('does not repeat the value of a wrong header or field, which may be a secret', () => {
  const headers = { 'X-Key': 'hunter2\n' }
  expect(messageOf({ login: { headers } })).not.toContain('hunter2')
})

it.each([
  {},
  { login: undefined, refusals: undefined, user: { id: undefined } },
  { login: false, refresh: false, logout: false, reissue: false },
  { login: async () => ({}), refresh: async () => ({}), logout: async () => {} },
  { login: { path: 'https://id.example.com/login?a=b', body: 'form', fields: { a: 1, b: true } } },
  { refresh: { ...token, method: 'GET', refreshToken: { header: 'X-Refresh', scheme: '' } } },
  // A refresh token that the logout cannot carry is left out by default.
  { refresh: token, logout: { method: 'GET' } },
  { refresh: { ...token, refreshToken: {} } },
  { logout: { accessToken: false, refreshToken: { header: 'Authorization' } } },
  { tokens: () => ({ access_token: 'a' }) },
  { tokens: { accessToken: { body: 'text' }, expiresIn: false, refreshToken: ['a.b', 'c'] } },
  { refusals: { session: 419, credentials: () => true } },
  { user: { id: { answer: 'data.id' }, profile: 'data.user' } }
])('accepts the contract %j', (contract) => {
  expect(messageOf(contract)).toBe('accepted')
})

it('ignores changes of the contract after it was read', () => {
  const headers = { 'X-Key': '1' }
  const rules = [401]
  const paths = ['a']
  const given = { login: { headers }, refusals: { session: rules }, tokens: { accessToken: paths } }
  const contract = readContract(given, 'contract')
  headers['X-Key'] = 'a\r\nb'
  rules.push(500)
  paths.push('b')
  expect(contract).toMatchObject({
    login: { headers: { 'X-Key': '1' } },
    refusals: { session: [{ status: [401] }] },
    tokens: { accessToken: { paths: ['a'] } }
  })
})
