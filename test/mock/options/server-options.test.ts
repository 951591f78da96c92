// Server options: defaults, effects, and the errors for invalid ones, which contain no secret.
import { createMockAuthServer, type MockAuthServerOptions } from 'everbearer/mock'
import { expect, it } from 'vitest'
import {
  claimsOf,
  createServerWithClock,
  json,
  openBrowser,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

const ada = { email: 'ada@example.com', password: 'lovelace' }
const key = { kid: 'a', secret: 's'.repeat(32) }
const secondsFrom = (least: number, most: number) =>
  `expected a whole number of seconds from ${least} to ${most}`

const invalid: [string, unknown, string][] = [
  ['options', 'x', 'options: expected an object; received a string'],
  ['accessTtl', { accessTtl: 3 }, 'accessTtl: no such option; did you mean accessTokenSeconds?'],
  ['zone', { zone: 3 }, 'zone: no such option; the options are contract, users,'],
  [
    'accessTokenSeconds',
    { accessTokenSeconds: 0 },
    `accessTokenSeconds: ${secondsFrom(1, 31_536_000)}; received 0`
  ],
  ['accessTokenSeconds', { accessTokenSeconds: 1.5 }, 'received 1.5'],
  ['accessTokenSeconds', { accessTokenSeconds: '300' }, 'received "300"'],
  ['accessTokenSeconds', { accessTokenSeconds: Number.NaN }, 'received NaN'],
  ['sessionSeconds', { sessionSeconds: null }, 'received null'],
  [
    'sessionSeconds',
    { sessionSeconds: 31_536_001 },
    `sessionSeconds: ${secondsFrom(1, 31_536_000)}; received 31536001`
  ],
  [
    'refreshGraceSeconds',
    { refreshGraceSeconds: -1 },
    `refreshGraceSeconds: ${secondsFrom(0, 86_400)}; received -1`
  ],
  ['issuer', { issuer: '' }, 'issuer: expected a non-empty string; received ""'],
  ['audience', { audience: 7 }, 'audience: expected a non-empty string; received 7'],
  [
    'basePath',
    { basePath: '/v1/' },
    "basePath: expected '' or a path such as '/v1'; received \"/v1/\""
  ],
  ['basePath', { basePath: 'v1' }, 'received "v1"'],
  ['paths', { paths: { me: '/../me' } }, "paths.me: expected a path such as '/me'"],
  ['paths', { paths: { me: '/:id' } }, 'received "/:id"'],
  [
    'paths',
    { paths: { signin: '/login' } },
    'paths.signin: no such option; the options are me, jwks.'
  ],
  ['paths', { paths: { jwks: '/me' } }, 'paths: expected no duplicates; received "/me" twice'],
  [
    'allowedOrigins',
    { allowedOrigins: '*' },
    'allowedOrigins: expected \'loopback\' or an array of origins; received "*"'
  ],
  [
    'allowedOrigins',
    { allowedOrigins: ['https://a.test/'] },
    'allowedOrigins[0]: expected an origin'
  ],
  ['allowedOrigins', { allowedOrigins: ['*'] }, 'received "*"'],
  [
    'cookieName',
    { cookieName: 'a b' },
    'cookieName: expected a cookie name (RFC 6265 §4.1.1); received "a b"'
  ],
  [
    'now',
    { now: 5 },
    'now: expected a function that returns milliseconds since the epoch; received 5'
  ],
  ['users', { users: ada }, 'users: expected an array; received an object'],
  [
    'users',
    { users: [{ email: 'ada@example.com' }] },
    'users[0].password: expected a non-empty string; received undefined'
  ],
  [
    'users',
    { users: [ada, ada] },
    'users[].email: expected no duplicates; received "ada@example.com" twice'
  ],
  [
    'users',
    { users: [{ ...ada, role: 'admin' }] },
    'users[0].role: no such option; the options are email, password, sub, claims'
  ],
  [
    'users',
    { users: [{ ...ada, claims: { exp: 1 } }] },
    'users[0].claims: expected no claim that the server sets; received exp'
  ],
  [
    'users',
    { users: [{ ...ada, claims: { big: 1n } }] },
    'users[0].claims: expected JSON-serialisable claims'
  ],
  [
    'users',
    { users: [{ ...ada, claims: { token_version: '3' } }] },
    'users[0].claims.token_version: expected a whole number, 0 or more; received "3"'
  ],
  ['users', { users: [{ ...ada, claims: { token_version: -1 } }] }, 'received -1'],
  ['cookies', { cookies: 'jarr' }, 'cookies: expected one of headers, jar, auto; received "jarr"'],
  [
    'pageOrigin',
    { pageOrigin: 'localhost:3000' },
    'pageOrigin: expected an origin such as \'https://app.example.com\', without a path or trailing slash; received "localhost:3000"'
  ],
  ['emulateCors', { emulateCors: 'no' }, 'emulateCors: expected true or false; received "no"'],
  [
    'allowedHeaders',
    { allowedHeaders: 'X-A' },
    'allowedHeaders: expected an array of header names; received "X-A"'
  ],
  [
    'allowedHeaders',
    { allowedHeaders: ['*'] },
    'allowedHeaders[0]: expected a header name (\'*\' has no effect on requests with credentials); received "*"'
  ],
  [
    'allowedHeaders',
    { allowedHeaders: ['X-A', 'X B'] },
    'allowedHeaders[1]: expected a header name'
  ],
  ['latencyMs', { latencyMs: -1 }, 'latencyMs: expected a number from 0 to 60000; received -1'],
  ['latencyMs', { latencyMs: Number.NaN }, 'received NaN'],
  [
    'keys',
    { keys: [] },
    'keys: expected an array of at least one key; received an array of length 0'
  ],
  [
    'keys',
    { keys: [{ ...key, secret: 's'.repeat(31) }] },
    'keys[0].secret: expected a string of at least 32 bytes; received 31 bytes'
  ],
  [
    'keys',
    { keys: [{ ...key, kid: '' }] },
    'keys[0].kid: expected a non-empty string; received ""'
  ],
  ['keys', { keys: [key, key] }, 'keys[].kid: expected no duplicates; received "a" twice']
]

it.each(invalid)('throws a TypeError for %s in %o: %s', (_name, options, message) => {
  const create = () => createMockAuthServer(options as MockAuthServerOptions)
  expect(create).toThrow(TypeError)
  expect(create).toThrow(message)
})

it('no error contains a password or a secret', () => {
  const canary = 'canary'
  const attempts: unknown[] = [
    { users: [{ email: '', password: canary }] },
    { users: [{ email: 'a', password: [canary] }] },
    { users: [{ email: 'a', password: { canary } }] },
    { keys: [{ kid: 'a', secret: canary }] },
    { keys: [{ kid: '', secret: canary.repeat(9) }] },
    { keys: canary.repeat(9) },
    { keys: [{ kid: 'a', jwk: { kty: 'oct', k: canary } }] },
    { keys: [{ kid: 'a', jwk: { kty: 'oct', k: `${canary}!` } }] },
    { keys: [{ kid: 'a', jwk: { kty: 'RSA', n: canary, e: 'AQAB', d: canary } }] }
  ]
  for (const options of attempts) {
    const create = () => createMockAuthServer(options as MockAuthServerOptions)
    expect(create).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(canary) })
    )
  }
})

it.each([
  [{ reissue: { when: 'sometimes' } }, 'reissue.when: expected one of old-key, always, never'],
  [{ reissue: { header: 'X-Token' } }, 'reissue.header: no such option; the options are when,'],
  [{ reissue: { value: 'bare' } }, 'reissue.value: expected a function, because the contract has'],
  [{ reissue: { expose: 1 } }, 'reissue.expose: expected true or false; received 1'],
  [{ reissue: { cache: true } }, 'reissue.cache: no such option; did you mean cacheable?'],
  [{ reissue: [] }, 'reissue: expected an object; received an array of length 0'],
  [{ revocation: 'never' }, 'revocation: expected one of immediate, short-lived'],
  [{ refreshIdleSeconds: 0 }, 'refreshIdleSeconds: expected a whole number of seconds from 1'],
  [{ alg: 'none' }, 'alg: expected one of HS256, RS256, ES256, EdDSA; received "none"'],
  [{ tokensWithoutKid: 'accept' }, 'tokensWithoutKid: expected one of refuse, try-keys'],
  [{ clockToleranceSeconds: -1 }, 'clockToleranceSeconds: expected a whole number of seconds'],
  [{ jwksMaxAgeSeconds: 1e9 }, 'jwksMaxAgeSeconds: expected a whole number of seconds from 0'],
  [{ issuers: {} }, 'issuers: expected an array; received an object'],
  [{ issuers: [{ issuer: 'x' }] }, 'issuers[0].jwks: expected a JWK Set'],
  [{ keys: [{ kid: 'a', jwk: 7 }] }, 'keys[0].jwk: expected a JSON Web Key (RFC 7517); received 7'],
  [{ keys: [{ kid: 'a', jwk: { kty: 'RSA', alg: 'ES256' } }] }, 'keys[0].jwk: expected a key for'],
  [
    {
      keys: [
        {
          kid: 'a',
          alg: 'ES256',
          jwk: { kty: 'EC', crv: 'P-256', alg: 'ES384', x: 'a', y: 'b', d: 'c' }
        }
      ]
    },
    'keys[0].jwk.alg: expected ES256, the algorithm of the key; received "ES384"'
  ],
  [{ spike: { count: 1 } }, 'spike.count: expected a whole number from 2 to 10000; received 1'],
  [{ spike: 5 }, 'spike: expected an object; received a number'],
  [
    { cookie: { httpOnly: false } },
    'cookie.httpOnly: no such option; the options are path, domain, sameSite'
  ],
  [{ cookie: { secure: false } }, "cookie.secure: expected 'auto' or true; received false"],
  [{ cookie: { path: 'x;' } }, 'cookie.path: expected a path such as \'/auth\'; received "x;"'],
  [{ cookie: { domain: 'a b' } }, "cookie.domain: expected a host such as 'example.com'"],
  [{ cookie: { sameSite: 'strict' } }, 'cookie.sameSite: expected one of Strict, Lax, None'],
  [
    { cookieName: '__Host-rt', cookie: { path: '/auth' } },
    "cookieName: expected a name without '__Host-'"
  ]
])('throws a TypeError for %o: %s', (options, message) => {
  const create = () => createMockAuthServer(options as unknown as MockAuthServerOptions)
  expect(create).toThrow(TypeError)
  expect(create).toThrow(`Option ${message}`)
})

it('every option has a default', async () => {
  const visitor = openBrowser(overWire(createMockAuthServer()))
  const { token } = await visitor.login()
  expect(claimsOf(token)).toEqual({
    iss: 'https://mock.everbearer.test',
    aud: 'api',
    sub: 'user-1',
    sid: expect.any(String),
    auth_time: expect.any(Number),
    jti: expect.any(String),
    iat: expect.any(Number),
    exp: expect.any(Number)
  })
  const { iat = 0, exp } = claimsOf(token)
  expect(exp).toBe(iat + 300)
})

it('users, issuer, audience and accessTokenSeconds appear in the token', async () => {
  const { server } = createServerWithClock({
    users: [
      { email: 'bob@example.com', password: 'b' },
      { email: 'ada@example.com', password: 'lovelace', sub: 'ada', claims: { role: 'admin' } }
    ],
    issuer: 'https://id.test',
    audience: 'files',
    accessTokenSeconds: 60
  })
  const { token, body } = await openBrowser(overWire(server)).login()

  expect(JSON.parse(body)).toMatchObject({ expires_in: 60 })
  expect(claimsOf(token)).toMatchObject({
    iss: 'https://id.test',
    aud: 'files',
    sub: 'ada',
    role: 'admin'
  })
})

it('paths are below basePath, and owns() accepts only them', async () => {
  const server = createMockAuthServer({ basePath: '/v1', contract: { login: '/session/new' } })
  const owns = (path: string) => server.owns({ url: `https://api.test${path}` })

  expect(server.routes.map((entry) => entry.path)).toEqual([
    '/v1/session/new',
    '/v1/refresh',
    '/v1/logout',
    '/v1/me',
    '/v1/.well-known/jwks.json'
  ])
  expect(['/v1/session/new', '/v1/me?x=1'].map(owns)).toEqual([true, true])
  expect(['/login', '/v1/login', '/v1', '/v1/me/', '/me'].map(owns)).toEqual([
    false,
    false,
    false,
    false,
    false
  ])
  const answer = await server.handle({
    method: 'POST',
    url: 'https://api.test/v1/session/new',
    headers: [json],
    body: JSON.stringify(ada)
  })
  expect(answer.status).toBe(200)
})

it('the default clock looks up Date.now at each call', async () => {
  const server = createMockAuthServer()
  const real = Date.now
  try {
    Date.now = () => 4_000_000_000_000
    const { token } = await openBrowser(overWire(server)).login()
    expect(claimsOf(token).iat).toBe(4_000_000_000)
  } finally {
    Date.now = real
  }
})

it('methods can be destructured', async () => {
  const { handle, owns, fetch, rotateKey, retireKey, reset } = createMockAuthServer()
  expect((await handle({ method: 'GET', url: 'http://localhost/me', headers: [] })).status).toBe(
    401
  )
  expect((await fetch(new Request('http://localhost/me'))).status).toBe(401)
  expect(owns({ url: 'http://localhost/me' })).toBe(true)
  const { previousKid } = rotateKey()
  expect(retireKey()).toEqual([previousKid])
  expect(reset()).toBeUndefined()
})
