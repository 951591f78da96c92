// Contract option: the errors for wrong fields, and values that are taken as they are.
import type { AuthContract } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { expect, it } from 'vitest'

const refusing = (contract: unknown) => () =>
  createMockAuthServer({ contract: contract as AuthContract })

const base = 'https://api.app.example'
const sparse: unknown[] = []
sparse[1] = 'access_token'
const fail = () => {
  throw new Error('hunter2')
}

it.each([
  [null, 'contract: expected an object; received null'],
  [{ refersh: '/r' }, 'contract.refersh: no such option; did you mean refresh?'],
  [{ login: 7 }, 'contract.login: expected a path, an object or false; received 7'],
  [{ login: { paht: '/x' } }, 'contract.login.paht: no such option; did you mean path?'],
  [
    { login: 'log in' },
    `contract.login.path: expected a path such as '/login', or an absolute URL`
  ],
  [{ login: '/login#x' }, 'received "/login#x"'],
  [{ login: '' }, 'contract.login.path: expected a path such as'],
  [{ login: '//host/login' }, 'received "//host/login"'],
  [{ login: 'ftp://host/login' }, 'received "ftp://host/login"'],
  [
    { login: { method: 'HEAD' } },
    'contract.login.method: expected one of GET, POST, PUT, PATCH, DELETE; received "HEAD"'
  ],
  [{ login: { body: 'xml' } }, 'contract.login.body: expected one of json, form, none'],
  [
    { login: { method: 'GET' } },
    'contract.login.method: expected a method with a body, because credentials must not stand in a URL; received "GET"'
  ],
  [
    { refresh: { method: 'GET', body: 'json' } },
    'contract.refresh.body: expected \'none\', because a GET request has no body; received "json"'
  ],
  [{ login: { fields: { a: {} } } }, 'contract.login.fields.a: expected a string, a finite number'],
  [
    { login: { fields: [] } },
    'contract.login.fields: expected a plain object, such as Object.fromEntries(headers); received an array'
  ],
  [{ login: { headers: { 'a b': 'x' } } }, 'contract.login.headers: expected a header name'],
  [{ login: { headers: { a: 'x\n' } } }, 'contract.login.headers.a: expected a header value'],
  [{ refresh: { csrf: { cookie: 'c' } } }, 'contract.refresh.csrf.header: expected a header name'],
  [
    { refresh: { csrf: { cookie: 'a b', header: 'X' } } },
    'contract.refresh.csrf.cookie: expected a cookie name'
  ],
  [{ refresh: { cookies: 'yes' } }, 'contract.refresh.cookies: expected true or false'],
  [
    { login: { credentials: { nmae: 'x' } } },
    'contract.login.credentials.nmae: no such option; did'
  ],
  [
    { refresh: { credential: 'token' } },
    'contract.refresh.credential: expected one of cookie, access-token, refresh-token'
  ],
  [{ refresh: { refreshToken: 5 } }, 'contract.refresh.refreshToken: expected the name of a field'],
  [
    { refresh: { method: 'GET', credential: 'refresh-token' } },
    'contract.refresh.refreshToken: expected a header, because the request has no body'
  ],
  [
    { logout: { refreshToken: { header: 'Authorization' } } },
    'contract.logout.refreshToken: expected another header than the access token, or accessToken'
  ],
  [{ refresh: { idempotencyKey: true } }, 'contract.refresh.idempotencyKey: expected one of same'],
  [
    { attach: { scheme: 'a b' } },
    "contract.attach.scheme: expected a word such as 'Bearer', or ''"
  ],
  [{ attach: { header: 'a:b' } }, 'contract.attach.header: expected a header name'],
  [{ attach: { value: 'x' } }, 'contract.attach.value: no such option'],
  [{ reissue: true }, 'contract.reissue: expected an object; received a boolean'],
  [{ tokens: { accessToken: [] } }, 'contract.tokens.accessToken: expected at least one name'],
  [{ tokens: { accessToken: 1 } }, 'contract.tokens.accessToken: expected a path, an array of'],
  [
    { tokens: { accessToken: { body: 'json' } } },
    'contract.tokens.accessToken.body: expected one of text; received "json"'
  ],
  [
    { tokens: { expiresIn: { unit: 'h' } } },
    'contract.tokens.expiresIn.unit: expected one of s, ms'
  ],
  [{ tokens: { expiresIn: true } }, 'contract.tokens.expiresIn: expected an object; received'],
  [{ refusals: { sesion: 401 } }, 'contract.refusals.sesion: no such option; did you mean session'],
  [{ refusals: { session: '401' } }, 'contract.refusals.session: expected a status or a pattern'],
  [
    { refusals: { session: 99 } },
    'contract.refusals.session.status: expected a status from 100 to'
  ],
  [{ refusals: { session: {} } }, 'contract.refusals.session: expected a pattern with a status'],
  [
    { refusals: { session: [401, { stauts: 1 }] } },
    'contract.refusals.session[1].stauts: no such option; did you mean status?'
  ],
  [
    { refusals: { session: { body: { a: [] } } } },
    'contract.refusals.session.body.a: expected a string, a number, a boolean or null'
  ],
  [{ user: { id: 5 } }, 'contract.user.id: expected a claim, an array of claims, { answer }, a'],
  [
    { user: { id: { anwser: 'a' } } },
    'contract.user.id.anwser: no such option; did you mean answer'
  ],
  [{ user: { profile: 5 } }, 'contract.user.profile: expected a path or a function; received 5']
])('throws a TypeError for %j: %s', (contract, message) => {
  expect(refusing(contract)).toThrow(TypeError)
  expect(refusing(contract)).toThrow(message)
})

it.each([
  [{ refresh: 'https://svc:hunter2@api.example/refresh' }, 'a URL without a user name'],
  [{ refresh: '/a b?key=hunter2' }, 'received "/a b?"'],
  [{ refresh: { headers: { 'X-Key': 'hunter2\n' } } }, 'received a string'],
  [{ refresh: { fields: { secret: () => 'hunter2' } } }, 'received a function']
])('does not repeat the secret in %j', (contract, message) => {
  expect(refusing(contract)).toThrow(message)
  expect(refusing(contract)).not.toThrow('hunter2')
})

it.each([
  [
    'two places that are the same',
    { tokens: { accessToken: 'token', expiresIn: 'token' } },
    'contract.tokens: expected places that do not overlap; received "token" twice'
  ],
  [
    'a place inside of a token',
    { refresh: { credential: 'refresh-token', tokens: { refreshToken: 'access_token.next' } } },
    'contract.refresh.tokens: expected places that do not overlap; received "access_token.next" in "access_token"'
  ],
  [
    'a profile inside of a token',
    { user: { profile: 'access_token.user' } },
    'received "access_token.user" in "access_token"'
  ],
  [
    'a refresh token beside a body that is the access token',
    { refresh: { credential: 'refresh-token' }, tokens: { accessToken: { body: 'text' } } },
    'contract.tokens.refreshToken: expected a place that an answer can have besides the access token'
  ],
  [
    'a refresh token as the whole body',
    { refresh: { credential: 'refresh-token' }, tokens: { refreshToken: { body: 'text' } } },
    'received the whole body'
  ],
  [
    'the lifetime in the header of the token',
    { tokens: { accessToken: { header: 'X-A' }, expiresIn: { header: 'x-a' } } },
    'contract.tokens: expected places that do not overlap; received the header "x-a" twice'
  ],
  [
    'rules of which no answer can be written',
    { refusals: { accessToken: [{ status: 302 }, { status: 204, body: { a: 1 } }] } },
    'contract.refusals.accessToken: expected a rule that the mock can write, such as { status: 401 }'
  ],
  [
    'two endpoints that no request distinguishes',
    { refresh: '/login' },
    'contract.refresh.path: expected a path, method, query or constant that the route login does not have; received "/login"'
  ],
  [
    'an endpoint at the path and method of another route',
    { refresh: { path: '/me', method: 'GET' } },
    'that the route me does not have; received "/me"'
  ],
  [
    'a constant in the header of a token',
    { logout: { headers: { authorization: 'Basic a' } } },
    'contract.logout.headers: expected another header than that of a token'
  ],
  [
    'a CSRF token in the header of a token',
    {
      refresh: {
        credential: 'refresh-token',
        refreshToken: { header: 'X-T' },
        csrf: { cookie: 'c', header: 'x-t' }
      }
    },
    'contract.refresh.csrf.header: expected another header than that of a token'
  ],
  [
    'a field that the query of the path has too',
    { refresh: { method: 'GET', path: '/renew?x=1', fields: { x: 2 } } },
    'contract.refresh.fields: expected other names than the query of the path has; received "x"'
  ],
  ['an empty list of rules', { refusals: { session: [] } }, 'session: expected at least one rule'],
  [
    'an empty part of a rule',
    { refusals: { session: { status: 401, body: {} } } },
    'session: expected a pattern with a status, body, text or challenge; received an empty one'
  ],
  ['a missing path', { tokens: { accessToken: sparse } }, 'accessToken[0]: expected a name'],
  ['a missing rule', { refusals: { session: sparse } }, 'session[0]: expected a status or a'],
  ['a Promise', Promise.resolve({}), 'contract: expected an object; received an instance of Pr'],
  ['a URL', { login: new URL(base) }, 'received an instance of URL'],
  [
    'a Headers',
    { refresh: { headers: new Headers() } },
    'headers: expected a plain object, such as Object.fromEntries(headers); received an instance'
  ],
  [
    'a getter that throws',
    Object.defineProperty({}, 'refresh', { get: fail, enumerable: true }),
    'contract: expected an object that can be read; received one with a getter that throws'
  ]
])('refuses %s', (_name, contract, message) => {
  expect(refusing(contract)).toThrow(message)
})

it.each([
  ['login', async () => ({}), "{ ...contract, login: { path: '/login' } }"],
  ['refresh', async () => ({}), "{ ...contract, refresh: { path: '/refresh' } }"],
  ['logout', async () => ({}), "{ ...contract, logout: { path: '/logout' } }"],
  ['tokens', () => ({}), "{ ...contract, tokens: { accessToken: 'access_token' } }"]
])('explains what replaces a function in contract.%s', (field, value, remedy) => {
  expect(refusing({ [field]: value })).toThrow(`Option contract.${field}: expected data such as `)
  expect(refusing({ [field]: value })).toThrow(`createMockAuthServer({ contract: ${remedy} })`)
})

it.each(['accessToken', 'session', 'noSession', 'credentials'])(
  'explains what replaces a function in contract.refusals.%s',
  (field) => {
    const remedy = `{ ...contract, refusals: { ...contract.refusals, ${field}: { status: 401 } } }`
    expect(refusing({ refusals: { [field]: () => true } })).toThrow(remedy)
  }
)

it('explains what replaces a function in the tokens of an endpoint', () => {
  expect(refusing({ refresh: { tokens: () => ({}) } })).toThrow(
    "{ ...contract, refresh: { ...contract.refresh, tokens: { accessToken: 'access_token' } } }"
  )
  expect(refusing({ logout: { confirmedBy: () => true } })).toThrow(
    '{ ...contract, logout: { ...contract.logout, confirmedBy: { status: 200 } } }'
  )
})

it.each([
  ['user', { id: () => 1, profile: () => ({}) }],
  ['refusals', { unrelated: () => true }]
])('ignores functions that it does not need, in %s', (field, value) => {
  expect(refusing({ [field]: value })).not.toThrow()
})

it('ignores a tokens function if both endpoints have their places', () => {
  const places = { tokens: { accessToken: 'token' } }
  const tokens = () => ({ accessToken: 'token' })
  expect(refusing({ tokens, login: places })).toThrow('Option contract.tokens: expected data')
  expect(refusing({ tokens, login: places, refresh: false })).not.toThrow()
  expect(refusing({ tokens, login: places, refresh: { tokens: {} } })).not.toThrow()
})
