// Harmful contracts: values that look right but would do harm later throw in the client and in the
// mock, and the message says what to write instead.
import { type AuthClientOptions, createAuthClient } from 'everbearer'
import { createMockAuthServer, type MockAuthServerOptions } from 'everbearer/mock'
import { expect, it } from 'vitest'

function clientMessage(options: unknown): string {
  try {
    createAuthClient(options as AuthClientOptions).dispose()
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_AUTH_INVALID_OPTIONS' })
    return (error as Error).message
  }
  return 'accepted'
}

function mockMessage(contract: unknown): string {
  try {
    createMockAuthServer({ contract } as MockAuthServerOptions)
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return (error as Error).message
  }
  return 'accepted'
}

const token = { credential: 'refresh-token' }
const success = 'a body, a text or a challenge, because every success has this status; received 2'
const sendable = 'a header that scripts can send (Fetch standard, forbidden request-header names)'

/** The message, and the value that it suggests. */
const rows: readonly (readonly [contract: unknown, message: string, hint?: string])[] = [
  [
    { refusals: { accessToken: 200 } },
    `contract.refusals.accessToken: expected a rule with ${success}00.`
  ],
  [
    { refusals: { session: [401, 204] } },
    `contract.refusals.session[1]: expected a rule with ${success}04.`
  ],
  [
    { refusals: { credentials: [{ status: 202 }] } },
    `contract.refusals.credentials[0]: expected a rule with ${success}02.`
  ],
  [
    { refusals: { accessToken: { status: [401, 200] } } },
    `accessToken: expected a rule with ${success}00.`
  ],
  [
    { refresh: { refreshToken: 'refresh' } },
    'contract.refresh.credential: expected "refresh-token", because refreshToken is set; received "cookie".'
  ],
  [
    { refresh: { credential: 'access-token', refreshToken: { header: 'X-R' } } },
    'contract.refresh.credential: expected "refresh-token", because refreshToken is set; received "access-token".'
  ],
  [
    { attach: { header: 'Cookie' } },
    `contract.attach.header: expected ${sendable}; received "Cookie".`
  ],
  [
    { attach: { header: 'sec-token' } },
    `attach.header: expected ${sendable}; received "sec-token".`
  ],
  [
    { login: { headers: { Host: 'a' } } },
    `contract.login.headers: expected ${sendable}; received "Host".`
  ],
  [{ logout: { headers: { origin: 'a' } } }, `contract.logout.headers: expected ${sendable}`],
  [
    { refresh: { csrf: { cookie: 'c', header: 'Set-Cookie' } } },
    `contract.refresh.csrf.header: expected ${sendable}; received "Set-Cookie".`
  ],
  [
    { refresh: { ...token, refreshToken: { header: 'Content-Length' } } },
    `contract.refresh.refreshToken.header: expected ${sendable}; received "Content-Length".`
  ],
  [
    { refresh: token, logout: { refreshToken: { header: 'Proxy-Token' } } },
    `contract.logout.refreshToken.header: expected ${sendable}; received "Proxy-Token".`
  ],
  [[], 'Option contract: expected an object; received an array'],
  [[{ login: '/x' }], 'Option contract: expected an object; received an array'],
  [
    { tokens: { accessToken: 'data[0].token' } },
    'contract.tokens.accessToken: expected a dotted path; received "data[0].token"; did you mean "data.0.token"?'
  ],
  [
    { tokens: { refreshToken: ['a', '$.data.token'] } },
    'contract.tokens.refreshToken[1]: expected a dotted path; received "$.data.token"; did you mean "data.token"?'
  ],
  [
    { tokens: { accessToken: `$['data']["token"]` } },
    'contract.tokens.accessToken: expected a dotted path; received',
    'did you mean "data.token"?'
  ],
  [
    { login: { tokens: { expiresIn: 'data..ttl' } } },
    'contract.login.tokens.expiresIn: expected a dotted path; received "data..ttl"; did you mean "data.ttl"?'
  ],
  [
    { tokens: { expiresIn: { at: '.ttl', unit: 'ms' } } },
    'contract.tokens.expiresIn.at: expected a dotted path; received ".ttl"; did you mean "ttl"?'
  ],
  [
    { user: { id: { answer: 'user.' } } },
    'contract.user.id.answer: expected a dotted path; received "user."; did you mean "user"?'
  ],
  [
    { user: { profile: 'users[0]' } },
    'contract.user.profile: expected a dotted path',
    'received "users[0]"; did you mean "users.0"?'
  ],
  [
    { login: { credentials: { name: 'user[email]' } } },
    'contract.login.credentials.name: expected a dotted path; received "user[email]"; did you mean "user.email"?'
  ],
  [
    { refusals: { session: { body: { 'errors[0].code': 'X' } } } },
    'contract.refusals.session.body: expected a dotted path; received "errors[0].code"; did you mean "errors.0.code"?'
  ],
  [{ tokens: { accessToken: '$' } }, 'tokens.accessToken: expected a dotted path; received "$".'],
  [
    { refusals: { session: [401, ({ status }: Response) => status === 499] } },
    'contract.refusals.session[1]: expected a status or',
    'received a function.'
  ],
  [
    { refresh: { csrf: { cookie: 'x' } } },
    'contract.refresh.csrf.header: expected a header name (RFC 9110 §5.1); it is missing.'
  ],
  [
    { logout: { csrf: { header: 'X-CSRF' } } },
    'contract.logout.csrf.cookie: expected a cookie name (RFC 6265 §4.1.1); it is missing.'
  ],
  [
    { attach: 'X-Auth' },
    'Option contract.attach: expected an object; received "X-Auth"; did you mean { header: "X-Auth" }?'
  ],
  [
    { reissue: 'X-New-Token' },
    'Option contract.reissue: expected an object; received "X-New-Token"; did you mean { header: "X-New-Token" }?'
  ],
  [
    { refresh: { credential: 'cookies' } },
    'contract.refresh.credential: expected one of',
    'did you mean "cookie"?'
  ],
  [{ tokens: { expiresIn: { unit: 'dates' } } }, 'received "dates"; did you mean "date"?']
]

it.each(rows)('the client rejects the contract %j', (contract, message, hint = '') => {
  expect(clientMessage({ contract })).toContain(message)
  expect(clientMessage({ contract })).toContain(hint)
})

it.each(rows)('the mock rejects the contract %j', (contract, message, hint = '') => {
  expect(mockMessage(contract)).toContain(message)
  expect(mockMessage(contract)).toContain(hint)
})

it.each([
  { refusals: { accessToken: { status: 200, body: { ok: false } }, noSession: [200, 204] } },
  {
    refusals: {
      session: { text: 'over' },
      credentials: { status: 200, challenge: { scheme: 'x' } }
    }
  },
  { logout: { confirmedBy: 204 } },
  {
    tokens: { accessToken: ['data.0.token', 'data.$id'] },
    user: { id: 'https://a.example/user[id]' }
  },
  {
    attach: { header: 'X-Origin' },
    reissue: { header: 'X-Host' },
    login: { headers: { 'User-Agent': 'a' } }
  },
  { login: { headers: { Accept: 'application/json', 'Accept-Language': 'en' } } }
])('the client and the mock accept the contract %j', (contract) => {
  expect(clientMessage({ contract, restore: 'never' })).toBe('accepted')
  expect(mockMessage(contract)).toBe('accepted')
})

const store = { get() {}, set() {}, remove() {} }
const http = 'http://auth.example.com/refresh?key=1'

it.each<[object, string]>([
  [
    { refreshTokenStore: store },
    'Option refreshTokenStore: expected contract.refresh with credential: "refresh-token", or a function, because scripts hold no refresh token otherwise.'
  ],
  [
    { refreshTokenStore: store, contract: { refresh: { credential: 'access-token' } } },
    'Option refreshTokenStore: expected contract.refresh with credential'
  ],
  [
    { refreshTokenStore: store, contract: { refresh: false } },
    'Option refreshTokenStore: expected contract.refresh with credential'
  ],
  [
    { restore: 'always', contract: { refresh: false } },
    'Option restore: expected "hint" or "never", because contract.refresh is false; received "always".'
  ],
  [
    { baseURL: 'https://api.example.com', contract: { refresh: http } },
    'Option contract.refresh.path: expected an https URL (or http on a loopback host; elsewhere only if the page is http too, or outside an https page with allowInsecureRequests: true); received "http://auth.example.com/refresh".'
  ],
  [{ contract: { login: { path: http } } }, 'Option contract.login.path: expected an https URL'],
  [{ contract: { logout: http } }, 'Option contract.logout.path: expected an https URL']
])('the client rejects the options %j', (options, message) => {
  expect(clientMessage(options)).toContain(message)
})

it.each<object>([
  { refreshTokenStore: store, contract: { refresh: token } },
  { refreshTokenStore: store, contract: { refresh: async () => ({}) } },
  { restore: 'hint', contract: { refresh: false } },
  { contract: { refresh: 'http://localhost:4000/refresh' } },
  { contract: { refresh: http }, allowInsecureRequests: true },
  { contract: { refresh: http }, platform: { pageUrl: () => 'http://app.example/' } }
])('the client accepts the options %j', (options) => {
  expect(clientMessage({ restore: 'never', ...options })).toBe('accepted')
})
