// Contract notices: in development, an answer that the client cannot interpret causes one warning.
// It names the field of the contract that would explain the answer, and quotes no body.
import type { AuthContract } from 'everbearer'
import { afterEach, expect, it, vi } from 'vitest'
import {
  refreshContext,
  type ScriptedAnswer,
  type ScriptedBackend,
  setUpBackend
} from '../support/setups/scripted-backend.ts'

afterEach(() => void vi.unstubAllEnvs())

const { signal } = new AbortController()
const held = { accessToken: 'secret-access', refreshToken: 'secret-refresh' }
const context = { accessToken: undefined, refreshToken: undefined, signal }

type Call = (backend: ScriptedBackend, answer: ScriptedAnswer) => Promise<unknown>

const refresh: Call = ({ tokenRequest, answer }, scripted) => {
  answer('/refresh', scripted)
  return tokenRequest.refresh(refreshContext(held))
}
const restore: Call = ({ tokenRequest, answer }, scripted) => {
  answer('/refresh', scripted)
  return tokenRequest.refresh(refreshContext({ accessToken: undefined }))
}
const login: Call = ({ tokenRequest, answer }, scripted) => {
  answer('/login', scripted)
  return tokenRequest.login({ password: 'secret-password' })(context)
}
const logout: Call = ({ tokenRequest, answer }, scripted) => {
  answer('/logout', scripted)
  return tokenRequest.logout(held, signal)
}

const url = 'https://api.app.example'

it.each<[string, AuthContract, Call, ScriptedAnswer, string]>([
  [
    'a refresh 4xx that ends no session',
    {},
    refresh,
    { status: 400, body: { message: 'secret-body' } },
    `everbearer: POST ${url}/refresh answered 400, and the session was kept. If this ends the session, say so in contract.refusals.session.`
  ],
  [
    'a refresh 401 of a proxy',
    { refresh: { path: '/refresh?secret=1', method: 'PUT' } },
    refresh,
    { status: 401, headers: { 'Retry-After': '1' } },
    `everbearer: PUT ${url}/refresh answered 401 with a Retry-After header, which suggests a proxy, so the session was kept. If this ends the session, say so in contract.refusals.session with a body, a text or a challenge.`
  ],
  [
    'a refresh 2xx without a token',
    {},
    refresh,
    { body: { token: 'secret-body' } },
    `everbearer: POST ${url}/refresh answered 200 without a token that the client can find. If the answer holds one, say where in contract.tokens. If it ends the session, say so in contract.refusals.session.`
  ],
  [
    'a login 2xx without a token',
    {},
    login,
    { body: { token: 'secret-body' } },
    `everbearer: POST ${url}/login answered 200 without a token that the client can find. If the answer holds one, say where in contract.tokens. If it rejects the credentials or asks for a second factor, say so in contract.refusals.credentials.`
  ],
  [
    'a login without the refresh token that the contract presents',
    { refresh: { credential: 'refresh-token' } },
    login,
    { body: { access_token: 'secret-body' } },
    `everbearer: The answer of POST ${url}/login holds no refresh token, so the session cannot be refreshed. If the answer holds one, say where in contract.tokens.refreshToken.`
  ],
  [
    'a lifetime that is not readable',
    {},
    login,
    { body: { access_token: 'secret-body', expires_in: 'secret-lifetime' } },
    `everbearer: The answer of POST ${url}/login holds a lifetime that is unreadable or not positive, so the client ignores it. Describe it in contract.tokens.expiresIn.`
  ],
  [
    'a refresh 403 that ends no session',
    {},
    refresh,
    { status: 403, body: { message: 'secret-body' } },
    `everbearer: POST ${url}/refresh answered 403, and the session was kept. If this ends the session, say so in contract.refusals.session. A 403 can also mean that a CSRF token is missing or wrong: see contract.refresh.csrf.`
  ],
  [
    'a refresh 403 with a page, as Django answers without a CSRF token',
    {},
    refresh,
    { status: 403, body: '<html>secret-body' },
    `everbearer: POST ${url}/refresh answered 403 with an HTML body, which suggests a proxy, so the session was kept. If this ends the session, say so in contract.refusals.session with a body, a text or a challenge. A 403 can also mean that a CSRF token is missing or wrong: see contract.refresh.csrf.`
  ],
  [
    'a logout 403 that confirms nothing',
    { logout: { accessToken: false } },
    logout,
    { status: 403, body: 'secret-body' },
    `everbearer: POST ${url}/logout answered 403, which does not confirm the sign-out. If it does, say so in contract.logout.confirmedBy. If the endpoint takes no access token, set contract.logout.accessToken to false. A 403 can also mean that a CSRF token is missing or wrong: see contract.logout.csrf.`
  ],
  [
    'a login with a token after another scheme',
    { login: { tokens: { accessToken: { header: 'X-Auth-Token', scheme: 'Bearer' } } } },
    login,
    { body: {}, headers: { 'X-Auth-Token': 'Token secret-token' } },
    `everbearer: POST ${url}/login answered 200 without a token that the client can find: X-Auth-Token holds "Token …", expected "Bearer …". Set the scheme in contract.tokens.`
  ],
  [
    'a refresh with a token after an unexpected scheme',
    { tokens: { accessToken: { header: 'X-Auth-Token', scheme: '' } } },
    refresh,
    { body: {}, headers: { 'X-Auth-Token': 'Bearer secret-token' } },
    `everbearer: POST ${url}/refresh answered 200 without a token that the client can find: X-Auth-Token holds "Bearer …", expected no scheme. Set the scheme in contract.tokens.`
  ],
  [
    'a login with a token without a scheme',
    { tokens: { accessToken: { header: 'X-Auth-Token', scheme: 'Bearer' } } },
    login,
    { body: {}, headers: { 'X-Auth-Token': 'secret-token' } },
    `everbearer: POST ${url}/login answered 200 without a token that the client can find: X-Auth-Token holds no scheme, expected "Bearer …". Set the scheme in contract.tokens.`
  ],
  [
    'a login with a refresh token after another scheme',
    {
      refresh: { credential: 'refresh-token' },
      tokens: { refreshToken: { header: 'X-Refresh', scheme: 'Bearer' } }
    },
    login,
    { body: { access_token: 'secret-body' }, headers: { 'X-Refresh': 'RT secret-token' } },
    `everbearer: The answer of POST ${url}/login holds no refresh token, so the session cannot be refreshed: X-Refresh holds "RT …", expected "Bearer …". Set the scheme in contract.tokens.`
  ],
  [
    'a logout that confirms nothing',
    {},
    logout,
    { status: 405, body: 'secret-body' },
    `everbearer: POST ${url}/logout answered 405, which does not confirm the sign-out. If it does, say so in contract.logout.confirmedBy. If the endpoint takes no access token, set contract.logout.accessToken to false.`
  ]
])('%s causes one warning', async (_, contract, call, scripted, message) => {
  const backend = setUpBackend(contract)
  for (let time = 0; time < 3; time += 1) await call(backend, scripted)
  await Promise.resolve()
  expect(backend.warnings).toEqual([message])
  expect(backend.warnings.join()).not.toContain('secret')
})

it.each<[string, AuthContract, Call, ScriptedAnswer]>([
  ['a refresh that ends the session', {}, refresh, { status: 401 }],
  ['a refresh that asks to be retried', {}, refresh, { status: 429 }],
  ['a refresh that fails', {}, refresh, { status: 503 }],
  ['a refresh of a visitor without a session', {}, restore, { status: 400 }],
  ['a refresh of a visitor that is answered 200', {}, restore, { body: 'null' }],
  ['a rejected login', {}, login, { status: 401 }],
  [
    'a login with a second factor',
    { refusals: { credentials: { body: { otp: 1 } } } },
    login,
    { body: { otp: 1 } }
  ],
  ['a confirmed logout', {}, logout, { status: 204 }],
  [
    'a login with the expected scheme in another case',
    { tokens: { accessToken: { header: 'X-Auth-Token', scheme: 'Bearer' } } },
    login,
    { body: {}, headers: { 'X-Auth-Token': 'bearer secret-token' } }
  ],
  ['a described refusal', { refusals: { session: 400 } }, refresh, { status: 400 }]
])('%s causes no warning', async (_, contract, call, scripted) => {
  const backend = setUpBackend(contract)
  await call(backend, scripted)
  await Promise.resolve()
  expect(backend.warnings).toEqual([])
})

it('causes no warning in production', async () => {
  vi.stubEnv('NODE_ENV', 'production')
  const backend = setUpBackend()
  await refresh(backend, { status: 400 })
  await logout(backend, { status: 405 })
  await Promise.resolve()
  expect(backend.warnings).toEqual([])
})
