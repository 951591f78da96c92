// Refresh credentials: refreshing with the access token, and with the OAuth 2 form.
import {
  createMockAuthServer,
  type MockAuthServer,
  type MockAuthServerOptions,
  type WireRequest
} from 'everbearer/mock'
import { describe, expect, it } from 'vitest'
import { contractFor } from '../../support/setups/contracts.ts'
import {
  base,
  claimsOf,
  createServerWithClock,
  json,
  kidOf,
  outcome
} from '../../support/setups/one-cookie-browser.ts'
import { ada as credentials, setUpClient } from '../../support/setups/test-client.ts'

const form: [string, string] = ['Content-Type', 'application/x-www-form-urlencoded']
const bearer = (token: string): [string, string] => ['Authorization', `Bearer ${token}`]

function setUp(options: MockAuthServerOptions) {
  const { server, clock } = createServerWithClock(options)
  const post = async (path: string, headers: [string, string][], body: string) => {
    const answer = await server.handle({ method: 'POST', url: base + path, headers, body })
    return { ...answer, json: answer.body === '' ? {} : JSON.parse(answer.body) }
  }
  const login = (more: object = {}) =>
    post(
      '/login',
      [json],
      JSON.stringify({ email: 'ada@example.com', password: 'lovelace', ...more })
    )
  const me = async (token: string) => (await server.handle(meRequest(token))).status
  return { server, clock, post, login, me }
}

const meRequest = (token: string): WireRequest => ({
  method: 'GET',
  url: `${base}/me`,
  headers: [bearer(token)]
})

describe('refreshing with the access token', () => {
  const contract = contractFor['access-token']
  const refresh = { path: '/refresh-token', credential: 'access-token' } as const

  it('returns a later token of the same session for a valid token', async () => {
    const { server, clock, post, login, me } = setUp({ contract: { refresh } })
    const first = await login()
    expect(first.setCookies).toEqual([])
    expect(first.json).not.toHaveProperty('refresh_token')
    clock.advanceSeconds(100)
    const { status, json: body } = await post(
      '/refresh-token',
      [json, bearer(first.json.access_token)],
      '{}'
    )
    const [before, after] = [claimsOf(first.json.access_token), claimsOf(body.access_token)]

    expect([status, body.token_type, body.expires_in]).toEqual([200, 'Bearer', 300])
    expect(after).toEqual({
      ...before,
      iat: Number(before.iat) + 100,
      exp: Number(before.exp) + 100,
      jti: after.jti
    })
    expect(server.calls.at(-1)).toMatchObject({
      outcome: 'refreshed',
      jti: before.jti,
      issuedJti: after.jti
    })
    expect(await me(body.access_token)).toBe(200)
  })

  it.each([
    ['a missing token', undefined, 'missing_token'],
    ['an expired token', 'expired', 'token_expired'],
    ['a forged token', 'foreign-signature', 'bad_signature'],
    ['a token with alg none', 'alg-none', 'alg_not_allowed']
  ] as const)('refuses %s', async (_name, forgery, reason) => {
    const { server, post } = setUp({ contract })
    const headers = forgery === undefined ? [json] : [json, bearer(await server.mint({ forgery }))]
    expect((await post('/refresh', headers, '{}')).status).toBe(401)
    expect(outcome(server)).toBe(reason)
  })

  it('refuses a token of an ended session, even if the API still accepts it', async () => {
    const { server, post, login, me } = setUp({ contract, revocation: 'short-lived' })
    const { json: body } = await login()
    server.endSessions()
    expect(await me(body.access_token)).toBe(200)
    const answer = await post('/refresh', [json, bearer(body.access_token)], '{}')
    expect([answer.status, answer.json.error]).toEqual([401, 'invalid_grant'])
    expect(outcome(server)).toBe('session_revoked')
  })

  it('refuses a token of another issuer, even with the sid of an active session', async () => {
    const otherServer = createMockAuthServer({ issuer: 'https://other.test', alg: 'ES256' })
    const url = `${base}/.well-known/jwks.json`
    const { body } = await otherServer.handle({ method: 'GET', url, headers: [] })
    const issuers = [{ issuer: 'https://other.test', jwks: JSON.parse(body) }]
    const { server, post, me } = setUp({ contract, issuers, now: () => Date.now() })
    const { sid } = await server.signIn()
    const token = await otherServer.mint({ claims: { sid } })
    expect(await me(token)).toBe(200)
    expect((await post('/refresh', [json, bearer(token)], '{}')).status).toBe(401)
    expect(outcome(server)).toBe('wrong_issuer')
  })

  it('never extends a token beyond the end of the session', async () => {
    const { clock, post, login } = setUp({ contract, sessionSeconds: 500 })
    let { json: body } = await login()
    for (let step = 0; step < 2; step += 1) {
      clock.advanceSeconds(240)
      body = (await post('/refresh', [json, bearer(body.access_token)], '{}')).json
    }
    expect(body.expires_in).toBe(20)
    clock.advanceSeconds(20)
    expect((await post('/refresh', [json, bearer(body.access_token)], '{}')).status).toBe(401)
  })

  it('restarts the idle time', async () => {
    const options = { contract: { refresh }, refreshIdleSeconds: 60, accessTokenSeconds: 40 }
    const { server, clock, post, login } = setUp(options)
    let token = (await login()).json.access_token
    const outcomes: (string | undefined)[] = []
    for (let turn = 0; turn < 5; turn += 1) {
      clock.advanceSeconds(20)
      const answer = await post('/refresh-token', [json, bearer(token)], '{}')
      outcomes.push(outcome(server))
      token = answer.json.access_token
    }
    expect(outcomes).toEqual(Array(5).fill('refreshed'))
  })

  it('returns a token of the new key for a token of the old key', async () => {
    const { server, post, login } = setUp({ contract })
    const { json: body } = await login()
    const { kid } = server.rotateKey({ alg: 'ES256' })
    const next = await post('/refresh', [json, bearer(body.access_token)], '{}')
    expect(kidOf(next.json.access_token)).toBe(kid)
  })
})

describe('refreshing with the OAuth 2 form', () => {
  const contract = contractFor['refresh-token']
  const grant = (token: string) =>
    `grant_type=refresh_token&refresh_token=${encodeURIComponent(token)}`

  it('returns the refresh token in the body, rotates it, and repeats it within the grace period', async () => {
    const { server, post, login } = setUp({ contract })
    const first = await login()
    expect(first.setCookies).toEqual([])
    expect(first.json.refresh_token).toMatch(/^rt_/)
    const second = await post('/refresh', [form], grant(first.json.refresh_token))
    expect(second.status).toBe(200)
    expect(second.json.refresh_token).not.toBe(first.json.refresh_token)
    const again = await post('/refresh', [form], grant(first.json.refresh_token))
    expect(again.json.refresh_token).toBe(second.json.refresh_token)
    expect(outcome(server)).toBe('replayed')
  })

  it('answers 400 to a reused refresh token and ends the session', async () => {
    const { server, clock, post, login, me } = setUp({ contract })
    const first = await login()
    await post('/refresh', [form], grant(first.json.refresh_token))
    clock.advanceSeconds(60)
    const reused = await post('/refresh', [form], grant(first.json.refresh_token))
    expect([reused.status, reused.json.error, reused.setCookies]).toEqual([
      400,
      'invalid_grant',
      []
    ])
    expect(await me(first.json.access_token)).toBe(401)
    expect(outcome(server)).toBe('token_revoked')
  })

  it.each([
    ['no grant type', 'refresh_token=x', 400, 'invalid_request', 'bad_request'],
    ['another grant type', 'grant_type=password', 400, 'unsupported_grant_type', 'bad_request'],
    [
      'two grant types',
      'grant_type=refresh_token&grant_type=refresh_token',
      400,
      'invalid_request',
      'bad_request'
    ],
    [
      'two refresh tokens',
      'grant_type=refresh_token&refresh_token=a&refresh_token=b',
      400,
      'invalid_request',
      'bad_request'
    ],
    ['no refresh token', 'grant_type=refresh_token', 400, 'invalid_request', 'no_cookie'],
    [
      'an empty refresh token',
      'grant_type=refresh_token&refresh_token=',
      400,
      'invalid_request',
      'no_cookie'
    ],
    ['an unknown refresh token', grant('rt_unknown'), 400, 'invalid_grant', 'unknown_session'],
    ['a body that is too large', 'x'.repeat(65_537), 413, 'invalid_request', 'too_large']
  ])('refuses a form with %s', async (_name, body, status, error, reason) => {
    const { server, post } = setUp({ contract })
    const answer = await post('/refresh', [form], body)
    expect([answer.status, answer.json.error, outcome(server)]).toEqual([status, error, reason])
  })

  it('refuses a JSON body, and ignores the refresh token in a cookie', async () => {
    const { server, post, login } = setUp({ contract })
    const { json: body } = await login()
    expect((await post('/refresh', [json], '{}')).status).toBe(415)
    const cookie: [string, string] = ['Cookie', `refresh_token=${body.refresh_token}`]
    await post('/refresh', [form, cookie], 'grant_type=refresh_token')
    expect(outcome(server)).toBe('no_cookie')
  })

  it('a logout with the refresh token as JSON ends the session', async () => {
    const { server, post, login } = setUp({ contract })
    const { json: body } = await login()
    const { refresh_token } = body
    expect((await post('/logout', [json], JSON.stringify({ refresh_token }))).status).toBe(204)
    await post('/refresh', [form], grant(refresh_token))
    expect(outcome(server)).toBe('session_revoked')
  })

  it('a login that sends a refresh token ends the session of that token', async () => {
    const { server, post, login } = setUp({ contract })
    const { refresh_token } = (await login()).json
    await login({ refresh_token })
    await post('/refresh', [form], grant(refresh_token))
    expect(outcome(server)).toBe('session_revoked')
  })
})

describe('an everbearer client', () => {
  it.each([
    ['access-token', 'refreshed'],
    ['refresh-token', 'rotated'],
    ['cookie', 'rotated']
  ] as const)('refreshes with the credential %s', async (credential, expected) => {
    const { auth, server } = setUpClient(
      { contract: contractFor[credential] },
      { contract: contractFor[credential] }
    )
    await auth.login(credentials)
    const first = await auth.getAccessToken()
    await auth.refresh()
    await auth.refresh()
    const outcomes = (route: string, { calls }: MockAuthServer) =>
      calls.filter((call) => call.route === route).map((call) => call.outcome)

    expect(await auth.getAccessToken()).not.toBe(first)
    expect(outcomes('refresh', server)).toEqual([expected, expected])
    await auth.logout()
    expect(auth.getState().status).toBe('unauthenticated')
  })
})
