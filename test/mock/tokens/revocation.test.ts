// Revocation: a revoked token is replaced by no new one, neither by a re-issue nor by a refresh.

import type { MockAuthServer } from 'everbearer/mock'
import { describe, expect, it } from 'vitest'
import { contractFor } from '../../support/setups/contracts.ts'
import {
  base,
  claimsOf,
  createServerWithClock,
  json,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

const bearer = (token: string): [string, string][] => [['Authorization', `Bearer ${token}`]]

const refresh = (server: MockAuthServer, token: string) =>
  server.handle({
    method: 'POST',
    url: `${base}/refresh`,
    headers: [json, ...bearer(token)],
    body: '{}'
  })

describe('with short-lived revocation', () => {
  it.each([
    ['revoked', (server: MockAuthServer, jti: string) => server.revoke(jti)],
    ['of a stale version', (server: MockAuthServer) => server.bumpTokenVersion()],
    ['revoked by revokeAccessTokens()', (server: MockAuthServer) => server.revokeAccessTokens()]
  ])('a token that is %s is not re-issued, so it ends with its exp', async (_name, revoke) => {
    const { server, clock } = createServerWithClock({
      revocation: 'short-lived',
      accessTokenSeconds: 900
    })
    const ada = openBrowser(overWire(server))
    let { token } = await ada.login()
    revoke(server, claimsOf(token).jti ?? '')
    const statuses: number[] = []
    for (let turn = 0; turn < 4; turn += 1) {
      clock.advanceSeconds(600)
      server.rotateKey()
      const answer = await ada.me(token)
      statuses.push(answer.status)
      token = answer.header('authorization')?.slice('Bearer '.length) ?? token
    }
    // Without a look-up the token itself is accepted for its 900 seconds, but not for longer.
    expect(statuses).toEqual([200, 401, 401, 401])
  })

  it.each([
    [
      'token_revoked',
      (server: MockAuthServer, token: string) => server.revoke(claimsOf(token).jti ?? '')
    ],
    ['stale_version', (server: MockAuthServer) => server.bumpTokenVersion()]
  ])('a refresh with a revoked access token is refused: %s', async (reason, revoke) => {
    const { server } = createServerWithClock({
      revocation: 'short-lived',
      contract: contractFor['access-token']
    })
    const { token } = await openBrowser(overWire(server)).login()
    revoke(server, token)
    expect((await refresh(server, token)).status).toBe(401)
    expect(outcome(server)).toBe(reason)
  })

  it('a token of one user in the session of another is not re-issued', async () => {
    const { server } = createServerWithClock({
      revocation: 'short-lived',
      users: [
        { email: 'ada@example.com', password: 'lovelace' },
        { email: 'eve@example.com', password: 'the thief' }
      ]
    })
    const { sid } = await server.signIn('eve@example.com')
    const { previousKid } = server.rotateKey()
    // Eve has the old key, and signs a token for Ada in her own session.
    const forged = await server.mint({ sid, kid: previousKid, claims: { sub: 'user-1' } })
    const answer = await openBrowser(overWire(server)).me(forged)
    expect([answer.status, answer.header('authorization')]).toEqual([200, null])
  })
})

it.each([
  ['session_expired', { sessionSeconds: 60 }],
  ['session_idle', { refreshIdleSeconds: 60 }]
])(
  'a refresh by access token after the end of its session is refused: %s',
  async (reason, options) => {
    const { server, clock } = createServerWithClock({
      ...options,
      revocation: 'short-lived',
      contract: contractFor['access-token'],
      clockToleranceSeconds: 10
    })
    const { token } = await openBrowser(overWire(server)).login()
    clock.advanceSeconds(65)
    expect((await refresh(server, token)).status).toBe(401)
    expect(outcome(server)).toBe(reason)
  }
)

describe('a key that is retired while the handler runs', () => {
  async function during(change: (server: MockAuthServer, old: string, fresh: string) => void) {
    const { server } = createServerWithClock()
    const ada = openBrowser(overWire(server))
    const { token } = await ada.login()
    const { previousKid, kid } = server.rotateKey()
    const request = { method: 'GET', url: `${base}/api`, headers: bearer(token) }
    const answer = await server.guard(request, () => {
      change(server, previousKid, kid)
      return { status: 200, headers: [], setCookies: [], body: '' }
    })
    return answer.headers.map(([name]) => name)
  }

  it('leaves the answer to a token of it without a re-issued token', async () => {
    expect(await during((server, old) => server.retireKey(old))).not.toContain('Authorization')
  })

  it('leaves the answer without the re-issued token that it signed', async () => {
    const answered = await during((server, _old, fresh) => {
      server.rotateKey()
      server.retireKey(fresh)
    })
    expect(answered).not.toContain('Authorization')
  })
})

describe('a key that is retired while a token is being signed', () => {
  it('makes the login return a token of the new signing key', async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      const { server } = createServerWithClock({ alg: 'ES256' })
      const ada = openBrowser(overWire(server))
      const pending = ada.login()
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate)
      const open = server.calls.login.some(({ status }) => status === undefined)
      const { previousKid } = server.rotateKey()
      server.retireKey(previousKid)
      const { token } = await pending
      if (open)
        expect({ turns, status: (await ada.me(token)).status }).toEqual({ turns, status: 200 })
    }
  })

  it('does not let signIn() return a valid token of a session that ended', async () => {
    const outcomes = new Set<string>()
    for (let ticks = 0; ticks < 20; ticks += 1) {
      const { server } = createServerWithClock({ revocation: 'short-lived' })
      const arranging = server.signIn()
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve()
      server.emergencyRotate()
      const arranged = await arranging.catch((error) => error)
      outcomes.add(arranged.code ?? 'arranged')
      if (arranged instanceof Error) continue
      const { status } = await openBrowser(overWire(server)).me(arranged.accessToken)
      const isLive = server.sessions.some(({ sid }) => sid === arranged.sid)
      expect({ ticks, isGood: status === 200 }).toEqual({ ticks, isGood: isLive })
    }
    expect(outcomes).toContain('arranged')
  })
})
