// Sessions: stored data, lifetime, and every way to end them or revoke their tokens.
import { createMockAuthServer, type MockAuthServerOptions } from 'everbearer/mock'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createRefreshTokens } from '../../../src/mock/sessions/refresh-token-values.ts'
import type { Family } from '../../../src/mock/sessions/session.ts'
import { createSessions } from '../../../src/mock/sessions/sessions.ts'
import {
  base,
  claimsOf,
  createServerWithClock,
  json,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

async function signedIn(options: MockAuthServerOptions = {}) {
  const { server, clock } = createServerWithClock(options)
  const ada = openBrowser(overWire(server))
  const { token } = await ada.login()
  return { server, clock, ada, token, sid: claimsOf(token).sid ?? '' }
}

/** Refreshes with this token from a new browser. */
async function present(server: ReturnType<typeof createMockAuthServer>, cookie: string, key = '') {
  const visitor = openBrowser(overWire(server))
  visitor.cookie = cookie
  const answer = await visitor.refresh(key === '' ? undefined : key)
  return { answer, cookie: visitor.cookie }
}

function randomSecret(): ArrayBuffer {
  return crypto.getRandomValues(new Uint8Array(32)).buffer
}

describe('stored sessions', () => {
  it('contain no refresh token, and still return the same successor twice', async () => {
    const families = new Map<string, Family>()
    const sessions = createSessions({
      sessionSeconds: 60,
      refreshIdleSeconds: undefined,
      refreshGraceSeconds: 10,
      now: () => 1000,
      families,
      secret: randomSecret(),
      onChange: () => {}
    })
    const { refreshToken: first } = await sessions.start('ada', () => true)
    const rotated = await sessions.redeem(first, undefined)
    const again = await sessions.redeem(first, undefined)
    if (rotated.kind === 'refused' || again.kind === 'refused') throw new Error('both are granted')

    expect([rotated.kind, again.kind]).toEqual(['rotated', 'replayed'])
    expect(again.refreshToken).toBe(rotated.refreshToken)
    const stored = JSON.stringify([...families])
    expect(stored).toContain('ada')
    for (const token of [first, rotated.refreshToken]) {
      expect(token).toMatch(/^rt_[\w-]{43}$/)
      expect(stored).not.toContain(token.slice(3, 20))
    }
  })

  it('derive the successor of a refresh token with a secret of the server', async () => {
    const [one, other] = [createRefreshTokens(randomSecret()), createRefreshTokens(randomSecret())]
    const { token } = await one.create()
    const [here, again, there] = [
      await one.read(token),
      await one.read(token),
      await other.read(token)
    ]
    expect(here).toEqual(again)
    expect(there.fingerprint).toBe(here.fingerprint)
    expect(there.successor.token).not.toBe(here.successor.token)
  })
})

describe('a refresh token that is sent again', () => {
  it.each([
    ['is accepted within the grace period with another key', 9, 'other', 'replayed'],
    ['is accepted within the grace period without a key', 9, '', 'replayed'],
    ['is accepted after the grace period with the same key', 3600, 'attempt', 'replayed'],
    ['is rejected after the grace period with another key', 11, 'other', 'refresh_reused']
  ])('%s', async (_name, seconds, key, expected) => {
    const { server, clock, ada } = await signedIn()
    const first = ada.cookie ?? ''
    const lost = await present(server, first, 'attempt')
    clock.advanceSeconds(seconds)
    const { cookie } = await present(server, first, key)

    expect(outcome(server)).toBe(expected)
    expect(cookie).toBe(expected === 'replayed' ? lost.cookie : undefined)
  })

  it('is rejected after the grace period with an empty key', async () => {
    const { server, ada } = await signedIn({ refreshGraceSeconds: 0 })
    const first = ada.cookie
    await ada.refresh('')
    const thief = openBrowser(overWire(server))
    thief.cookie = first
    await thief.refresh('')
    expect(outcome(server)).toBe('refresh_reused')
    expect(server.calls.at(-1)).not.toHaveProperty('idempotencyKey')
  })

  it('does not extend the grace period', async () => {
    const { server, clock, ada } = await signedIn()
    const first = ada.cookie ?? ''
    await ada.refresh()
    clock.advanceSeconds(6)
    await present(server, first)
    clock.advanceSeconds(6)
    expect((await present(server, first)).answer.status).toBe(401)
  })
})

describe('parallel refreshes', () => {
  it.each(['', 'one attempt'])(
    'with one token and the idempotency key %j receive one successor',
    async (key) => {
      const { server, ada } = await signedIn()
      const cookie = ada.cookie ?? ''
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => present(server, cookie, key))
      )
      expect(new Set(answers.map((each) => each.cookie)).size).toBe(1)
      expect(new Set(answers.map(({ answer }) => answer.token)).size).toBe(100)
      expect(server.calls.filter((call) => call.outcome === 'rotated')).toHaveLength(1)
      expect(server.calls.filter((call) => call.outcome === 'replayed')).toHaveLength(99)
    }
  )

  it('with a reused token end the session once, including its newest token', async () => {
    const { server, ada } = await signedIn()
    const reused: unknown[] = []
    server.on('refresh-reused', (event) => reused.push(event))
    const grandparent = ada.cookie ?? ''
    await ada.refresh()
    const parent = ada.cookie ?? ''
    await ada.refresh()
    const newest = ada.cookie ?? ''
    const uses = [parent, grandparent, newest, parent, grandparent, newest]
    await Promise.all(uses.map((cookie) => present(server, cookie)))

    expect(server.calls.slice(3).map((call) => call.outcome)).toEqual([
      'replayed',
      'refresh_reused',
      ...Array(4).fill('session_revoked')
    ])
    expect(reused).toHaveLength(1)
    expect((await present(server, newest)).answer.status).toBe(401)
  })

  it('are decided in the order of arrival, even if the second is hashed faster', async () => {
    const { server, ada } = await signedIn({ refreshGraceSeconds: 0 })
    const cookie = ada.cookie ?? ''
    const { sign } = crypto.subtle
    let calls = 0
    const spy = vi.spyOn(crypto.subtle, 'sign').mockImplementation(async (...parts) => {
      const isFirst = calls++ === 0
      for (let turn = 0; isFirst && turn < 20; turn += 1) await new Promise(setImmediate)
      return sign.apply(crypto.subtle, parts)
    })
    onTestFinished(() => spy.mockRestore())
    const [first, second] = await Promise.all([present(server, cookie), present(server, cookie)])
    expect([first.answer.status, second.answer.status]).toEqual([200, 401])
  })

  it('of two sessions receive one successor per session', async () => {
    const { server, ada } = await signedIn()
    const bob = openBrowser(overWire(server))
    await bob.login()
    const cookies = [ada.cookie ?? '', bob.cookie ?? '']
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => present(server, cookies[index % 2] ?? ''))
    )
    const successors = [0, 1].map(
      (parity) => new Set(answers.filter((_, index) => index % 2 === parity).map((a) => a.cookie))
    )
    expect(successors.map((each) => each.size)).toEqual([1, 1])
    expect(new Set(answers.map((each) => each.cookie)).size).toBe(2)
  })
})

describe('refreshIdleSeconds', () => {
  it('ends a session without refreshes; API calls do not extend it', async () => {
    const { server, clock, ada } = await signedIn({
      refreshIdleSeconds: 100,
      accessTokenSeconds: 60
    })
    clock.advanceSeconds(99)
    const refreshed = await ada.refresh()
    expect(refreshed.status).toBe(200)
    expect(refreshed.setCookies[0]).toContain('Max-Age=100;')
    clock.advanceSeconds(50)
    expect((await ada.me(refreshed.token)).status).toBe(200)
    clock.advanceSeconds(50)
    expect((await ada.refresh()).status).toBe(401)
    expect(outcome(server)).toBe('session_idle')
    expect(ada.cookie).toBeUndefined()
  })

  it('limits the lifetime of access tokens', async () => {
    const { clock, ada, token } = await signedIn({ refreshIdleSeconds: 100 })
    expect((claimsOf(token).exp ?? 0) - (claimsOf(token).iat ?? 0)).toBe(100)
    clock.advanceSeconds(100)
    expect((await ada.me(token)).status).toBe(401)
  })

  it('does not extend the absolute end of a session', async () => {
    const { server, clock, ada } = await signedIn({ refreshIdleSeconds: 60, sessionSeconds: 100 })
    clock.advanceSeconds(59)
    expect((await ada.refresh()).setCookies[0]).toContain('Max-Age=41;')
    clock.advanceSeconds(41)
    await ada.refresh()
    expect(outcome(server)).toBe('session_expired')
  })
})

it('a session that is refreshed regularly ends at its absolute end', async () => {
  const { server, clock, ada } = await signedIn({ sessionSeconds: 3600, accessTokenSeconds: 600 })
  const tokens: string[] = []
  for (let minutes = 5; minutes < 60; minutes += 5) {
    clock.advanceSeconds(300)
    const { status, token } = await ada.refresh()
    expect(status).toBe(200)
    tokens.push(token)
  }
  const end = (claimsOf(tokens[0] ?? '').auth_time ?? 0) + 3600
  expect(tokens.every((token) => (claimsOf(token).exp ?? Number.POSITIVE_INFINITY) <= end)).toBe(
    true
  )
  clock.advanceSeconds(300)
  expect((await ada.refresh()).status).toBe(401)
  expect(outcome(server)).toBe('session_expired')
  expect(ada.cookie).toBeUndefined()
  for (const token of tokens) expect((await ada.me(token)).status).toBe(401)
})

describe('signIn()', () => {
  it('creates a session without a request', async () => {
    const { server, clock } = createServerWithClock()
    const arranged = await server.signIn('ada@example.com')
    const nowSeconds = clock.nowMs / 1000

    expect(arranged).toEqual({
      sub: 'user-1',
      sid: expect.any(String),
      startedAtSeconds: nowSeconds,
      endsAtSeconds: nowSeconds + 604_800,
      accessToken: expect.any(String),
      expiresInSeconds: 300,
      refreshToken: expect.stringMatching(/^rt_/),
      setCookie: `refresh_token=${arranged.refreshToken}; Max-Age=604800; Path=/; HttpOnly; SameSite=Strict`,
      csrfCookies: []
    })
    expect(server.calls).toEqual([])
    expect(server.sessions).toEqual([
      {
        sid: arranged.sid,
        sub: 'user-1',
        startedAtSeconds: nowSeconds,
        endsAtSeconds: nowSeconds + 604_800
      }
    ])
    const ada = openBrowser(overWire(server))
    ada.cookie = arranged.refreshToken
    expect((await ada.me(arranged.accessToken)).status).toBe(200)
    expect((await ada.refresh()).status).toBe(200)
  })

  it('accepts a sub, defaults to the first user, and names the cookie by the URL', async () => {
    const users = [
      { email: 'ada@example.com', password: 'a' },
      { email: 'bob@example.com', password: 'b', sub: 'bob' }
    ]
    const server = createMockAuthServer({ users })
    expect((await server.signIn()).sub).toBe('user-1')
    expect((await server.signIn('bob', 'https://api.test')).setCookie).toMatch(
      /^__Host-refresh_token=.*; Secure;/
    )
    await expect(server.signIn('eve')).rejects.toEqual(
      expect.objectContaining({ code: 'unknown_user' })
    )
  })
})

describe('a revocation by a control', () => {
  it('endSession() ends one session, as a logout does', async () => {
    const { server, ada, token, sid } = await signedIn()
    const other = await server.signIn()
    server.endSession(sid)

    expect((await ada.me(token)).status).toBe(401)
    expect(outcome(server)).toBe('token_revoked')
    await ada.refresh()
    expect(outcome(server)).toBe('session_revoked')
    expect((await ada.me(other.accessToken)).status).toBe(200)
    expect(server.sessions.map((each) => each.sid)).toEqual([other.sid])
  })

  it('expireSession() refuses the access token and the refresh token as expired', async () => {
    const { server, ada, token, sid } = await signedIn()
    server.expireSession(sid)
    expect((await ada.me(token)).status).toBe(401)
    expect((await ada.refresh()).status).toBe(401)
    expect(outcome(server)).toBe('session_expired')
    expect(ada.cookie).toBeUndefined()
  })

  it('endSession() and expireSession() throw unknown_session for an unknown sid', () => {
    const server = createMockAuthServer()
    const unknown = expect.objectContaining({ code: 'unknown_session' })
    expect(() => server.endSession('nowhere')).toThrow(unknown)
    expect(() => server.expireSession('nowhere')).toThrow(unknown)
  })

  it('revoke() refuses one token but not the others of its session', async () => {
    const { server, ada, token } = await signedIn()
    const { token: other } = await ada.refresh()
    server.revoke(claimsOf(token).jti ?? '')

    expect((await ada.me(token)).status).toBe(401)
    expect(outcome(server)).toBe('token_revoked')
    expect((await ada.me(other)).status).toBe(200)
    expect((await ada.refresh()).status).toBe(200)
  })

  it('expireAccessTokens() expires tokens early but does not prevent a refresh', async () => {
    const { server, ada, token } = await signedIn()
    server.expireAccessTokens()
    const answer = await ada.me(token)
    expect([answer.status, outcome(server)]).toEqual([401, 'token_expired'])
    expect(answer.header('www-authenticate')).toContain('the access token expired')
    expect((await ada.me((await ada.refresh()).token)).status).toBe(200)
  })

  it('reset() clears revoked tokens and token versions', async () => {
    const { server, token } = await signedIn()
    server.revoke(claimsOf(token).jti ?? '')
    server.bumpTokenVersion()
    server.reset()
    const { accessToken } = await server.signIn()
    expect(claimsOf(accessToken)).not.toHaveProperty('token_version')
    expect((await openBrowser(overWire(server)).me(accessToken)).status).toBe(200)
  })
})

describe('bumpTokenVersion', () => {
  const users = [
    { email: 'ada@example.com', password: 'lovelace' },
    { email: 'bob@example.com', password: 'b', claims: { token_version: 7 } }
  ]

  it('refuses all earlier tokens of one user and adds token_version to new ones', async () => {
    const { server, ada, token } = await signedIn({ users })
    const bob = await server.signIn('bob@example.com')
    expect(server.bumpTokenVersion('ada@example.com')).toBe(1)

    expect((await ada.me(token)).status).toBe(401)
    expect(outcome(server)).toBe('stale_version')
    const refreshed = await ada.refresh()
    expect(claimsOf(refreshed.token)).toMatchObject({ token_version: 1 })
    expect((await ada.me(refreshed.token)).status).toBe(200)
    expect((await ada.me(bob.accessToken)).status).toBe(200)
    expect(server.bumpTokenVersion('user-1')).toBe(2)
    expect((await ada.me(refreshed.token)).status).toBe(401)
  })

  it('continues from the token_version in the claims of the user', async () => {
    const { server } = createServerWithClock({ users })
    const before = await server.signIn('user-2')
    expect(claimsOf(before.accessToken)).toMatchObject({ token_version: 7 })
    expect(server.bumpTokenVersion('user-2')).toBe(8)
    const after = await server.signIn('user-2')
    const bob = openBrowser(overWire(server))
    expect((await bob.me(before.accessToken)).status).toBe(401)
    const me = await bob.me(after.accessToken)
    expect(JSON.parse(me.body)).toMatchObject({ token_version: 8 })
  })

  it('throws unknown_user for an unknown user', () => {
    expect(() => createMockAuthServer().bumpTokenVersion('eve')).toThrow(
      expect.objectContaining({ code: 'unknown_user' })
    )
  })
})

describe('short-lived access tokens', () => {
  const revocation = 'short-lived'

  it('stay valid after a logout, a revocation and a new version, unlike the refresh token', async () => {
    const { server, ada, token } = await signedIn({ revocation })
    server.revokeAccessTokens()
    server.revoke(claimsOf(token).jti ?? '')
    server.bumpTokenVersion()
    const spent = ada.cookie ?? ''
    await ada.logout()

    expect((await ada.me(token)).status).toBe(200)
    expect((await present(server, spent)).answer.status).toBe(401)
    expect(outcome(server)).toBe('session_revoked')
  })

  it('expire at their exp, or when expireAccessTokens() is called', async () => {
    const { server, clock, ada, token } = await signedIn({ revocation })
    const { token: other } = await ada.refresh()
    server.expireAccessTokens()
    expect((await ada.me(token)).status).toBe(401)
    expect(outcome(server)).toBe('token_expired')
    clock.advanceSeconds(300)
    expect((await ada.me(other)).status).toBe(401)
  })

  it('are not re-issued if the session has ended', async () => {
    const { server, ada, token, sid } = await signedIn({ revocation })
    server.rotateKey()
    expect((await ada.me(token)).header('authorization')).not.toBeNull()
    server.endSession(sid)
    const answer = await ada.me(token)
    expect([answer.status, answer.header('authorization')]).toEqual([200, null])
  })

  it('must not be valid for more than 900 seconds', () => {
    expect(() => createMockAuthServer({ revocation, accessTokenSeconds: 900 })).not.toThrow()
    expect(() => createMockAuthServer({ revocation, accessTokenSeconds: 901 })).toThrow(
      "accessTokenSeconds: expected at most 900 if revocation is 'short-lived'; received 901"
    )
  })
})

describe('session fixation', () => {
  it.each(['live', 'spent'])('a login ends the session of a planted %s cookie', async (kind) => {
    const { server } = createServerWithClock()
    const attacker = await server.signIn()
    const planted = attacker.refreshToken
    if (kind === 'spent') await present(server, planted)
    const victim = openBrowser(overWire(server))
    victim.cookie = planted
    const { token } = await victim.login()

    expect(victim.cookie).not.toBe(planted)
    expect((await present(server, planted)).answer.status).toBe(401)
    expect(outcome(server)).toBe('session_revoked')
    expect((await victim.me(attacker.accessToken)).status).toBe(401)
    expect((await victim.me(token)).status).toBe(200)
    expect(claimsOf(token).sid).not.toBe(attacker.sid)
  })

  it('a login does not adopt a planted cookie that the server never issued', async () => {
    const { server } = createServerWithClock()
    const victim = openBrowser(overWire(server))
    victim.cookie = `rt_${'A'.repeat(43)}`
    await victim.login()
    expect(victim.cookie).not.toContain('AAAA')
    expect((await present(server, `rt_${'A'.repeat(43)}`)).answer.status).toBe(401)
    expect(outcome(server)).toBe('unknown_session')
  })
})

it('a logout with an unknown cookie answers 204', async () => {
  const { server } = createServerWithClock()
  const headers: [string, string][] = [json, ['Cookie', 'refresh_token=rt_unknown']]
  const request = { method: 'POST', url: `${base}/logout`, headers, body: '{}' }
  expect((await server.handle(request)).status).toBe(204)
})
