// Refresh token rotation: the grace period, the idempotency key, reuse and the end of sessions.
import { describe, expect, it } from 'vitest'
import {
  createServerWithClock,
  type OneCookieBrowser,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

async function signedIn(options: Parameters<typeof createServerWithClock>[0] = {}) {
  const { server, clock } = createServerWithClock(options)
  const ada = openBrowser(overWire(server))
  const { token } = await ada.login()
  return { server, clock, ada, token }
}

/** Refreshes with this token instead of the visitor's current one. */
async function present(
  visitor: OneCookieBrowser,
  cookie: string | undefined,
  idempotencyKey?: string
) {
  visitor.cookie = cookie
  return visitor.refresh(idempotencyKey)
}

describe('the grace period of a refresh token', () => {
  it('returns the same refresh token and a new access token for the previous refresh token', async () => {
    const { server, clock, ada } = await signedIn()
    const first = ada.cookie
    const winner = await ada.refresh()
    const second = ada.cookie
    clock.advanceSeconds(9)
    const late = await present(ada, first)

    expect(outcome(server)).toBe('replayed')
    expect(ada.cookie).toBe(second)
    expect(late.token).not.toBe(winner.token)
    expect((await ada.me(late.token)).status).toBe(200)
  })

  it('rejects the previous refresh token once the grace period has passed', async () => {
    const { server, clock, ada } = await signedIn()
    const first = ada.cookie
    await ada.refresh()
    clock.advanceSeconds(10)

    expect((await present(ada, first)).status).toBe(401)
    expect(outcome(server)).toBe('refresh_reused')
  })

  it('rejects the last but one refresh token within the grace period', async () => {
    const { server, ada } = await signedIn()
    const first = ada.cookie
    await ada.refresh()
    await ada.refresh()

    expect((await present(ada, first)).status).toBe(401)
    expect(outcome(server)).toBe('refresh_reused')
  })

  it('returns one refresh token to a hundred parallel refreshes', async () => {
    const { server, ada } = await signedIn()
    const first = ada.cookie
    const visitors = Array.from({ length: 100 }, () => openBrowser(overWire(server)))
    const answers = await Promise.all(visitors.map((visitor) => present(visitor, first)))

    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
    expect(new Set(visitors.map((visitor) => visitor.cookie)).size).toBe(1)
    expect(visitors[0]?.cookie).not.toBe(first)
    expect(server.calls.filter((call) => call.outcome === 'rotated')).toHaveLength(1)
  })

  it('rejects the second of two parallel refreshes if refreshGraceSeconds is 0', async () => {
    const { server, ada } = await signedIn({ refreshGraceSeconds: 0 })
    const first = ada.cookie
    const [winner, loser] = await Promise.all([
      present(openBrowser(overWire(server)), first),
      present(openBrowser(overWire(server)), first)
    ])

    expect(winner?.status).toBe(200)
    expect(loser?.status).toBe(401)
    expect(outcome(server)).toBe('refresh_reused')
  })
})

describe('a refresh with an idempotency key', () => {
  it('returns the same refresh token for a repeated key until that token is used, without any grace period', async () => {
    const { server, clock, ada } = await signedIn({ refreshGraceSeconds: 0 })
    const first = ada.cookie
    await ada.refresh('attempt-1')
    const second = ada.cookie
    clock.advanceSeconds(3600)
    await present(ada, first, 'attempt-1')

    expect(outcome(server)).toBe('replayed')
    expect(ada.cookie).toBe(second)
  })

  it('rejects a repeated key once the next refresh token has been used', async () => {
    const { server, ada } = await signedIn()
    const first = ada.cookie
    await ada.refresh('attempt-1')
    await ada.refresh('attempt-2')

    expect((await present(ada, first, 'attempt-1')).status).toBe(401)
    expect(outcome(server)).toBe('refresh_reused')
  })

  it('rotates a refresh token although the key was used with an earlier one', async () => {
    const { server, ada } = await signedIn({ refreshGraceSeconds: 0 })
    await ada.refresh('attempt-1')
    const second = ada.cookie
    await ada.refresh('attempt-1')

    expect(outcome(server)).toBe('rotated')
    expect(ada.cookie).not.toBe(second)
  })

  it('does not accept a reused refresh token with a different key', async () => {
    const { server, ada } = await signedIn({ refreshGraceSeconds: 0 })
    const first = ada.cookie
    await ada.refresh('attempt-1')

    expect((await present(ada, first, 'attempt-2')).status).toBe(401)
    expect(outcome(server)).toBe('refresh_reused')
  })
})

describe('reuse of a refresh token', () => {
  it('revokes every token of the session and deletes the cookie', async () => {
    const { server, clock, ada } = await signedIn()
    const first = ada.cookie
    const { token } = await ada.refresh()
    const second = ada.cookie
    clock.advanceSeconds(60)
    const thief = openBrowser(overWire(server))
    const refused = await present(thief, first)

    expect(refused.status).toBe(401)
    expect(JSON.parse(refused.body)).toEqual({
      error: 'invalid_grant',
      error_description: 'refresh token reuse detected, the session has been revoked'
    })
    expect(thief.cookie).toBeUndefined()
    expect((await ada.me(token)).status).toBe(401)
    expect(outcome(server)).toBe('token_revoked')
    expect((await present(ada, second)).status).toBe(401)
    expect(outcome(server)).toBe('session_revoked')
  })

  it('does not end other sessions of the user', async () => {
    const { server, ada } = await signedIn()
    const elsewhere = openBrowser(overWire(server))
    await elsewhere.login()
    const first = ada.cookie
    await ada.refresh()
    await ada.refresh()
    await present(ada, first)

    expect((await elsewhere.refresh()).status).toBe(200)
  })

  it('is not reported for a refresh token of another server', async () => {
    const { server, ada } = await signedIn()
    const answer = await present(openBrowser(overWire(server)), 'rt_of-another-server')

    expect(answer.status).toBe(401)
    expect(answer.setCookies).toEqual([])
    expect(outcome(server)).toBe('unknown_session')
    expect((await ada.refresh()).status).toBe(200)
  })
})

describe('the end of a session', () => {
  it('refuses a refresh at the absolute end, despite earlier refreshes', async () => {
    const { server, clock, ada } = await signedIn({ sessionSeconds: 1000 })
    clock.advanceSeconds(990)
    const refreshed = await ada.refresh()
    expect(JSON.parse(refreshed.body).expires_in).toBe(10)
    expect(refreshed.setCookies[0]).toContain('Max-Age=10;')

    clock.advanceSeconds(10)
    const refused = await ada.refresh()
    expect(refused.status).toBe(401)
    expect(outcome(server)).toBe('session_expired')
    expect(ada.cookie).toBeUndefined()
  })

  it('reports session_expired for another sessionSeconds, and unknown_session after that', async () => {
    const { server, clock, ada } = await signedIn({ sessionSeconds: 1000 })
    const first = ada.cookie
    clock.advanceSeconds(1999)
    await openBrowser(overWire(server)).login()
    await present(ada, first)
    expect(outcome(server)).toBe('session_expired')

    clock.advanceSeconds(1)
    await openBrowser(overWire(server)).login()
    await present(ada, first)
    expect(outcome(server)).toBe('unknown_session')
  })

  it('a login ends the session of the cookie that it carries', async () => {
    const { server, ada, token } = await signedIn()
    const planted = ada.cookie
    await ada.login()

    expect((await ada.me(token)).status).toBe(401)
    expect((await present(openBrowser(overWire(server)), planted)).status).toBe(401)
    expect(outcome(server)).toBe('session_revoked')
    expect((await ada.refresh()).status).toBe(200)
  })

  it('a failed login does not end the session', async () => {
    const { ada, token } = await signedIn()
    await ada.login('wrong')

    expect((await ada.me(token)).status).toBe(200)
  })

  it('a second logout without a cookie answers 204', async () => {
    const { ada } = await signedIn()
    expect((await ada.logout()).status).toBe(204)
    const again = await ada.logout()
    expect(again.status).toBe(204)
    expect(again.setCookies).toEqual([
      'refresh_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict'
    ])
  })

  it('endSessions() refuses all tokens of every session', async () => {
    const { server, ada, token } = await signedIn()
    server.endSessions()

    expect((await ada.me(token)).status).toBe(401)
    const refused = await ada.refresh()
    expect(JSON.parse(refused.body).error).toBe('invalid_grant')
    expect(outcome(server)).toBe('session_revoked')
    expect(ada.cookie).toBeUndefined()
    expect((await ada.login()).status).toBe(200)
  })
})

it('revokeAccessTokens() refuses the tokens issued so far but not the next refresh', async () => {
  const { server, ada, token } = await signedIn()
  server.revokeAccessTokens()

  const refused = await ada.me(token)
  expect(refused.header('www-authenticate')).toBe(
    'Bearer error="invalid_token", error_description="the access token was revoked"'
  )
  const refreshed = await ada.refresh()
  expect((await ada.me(refreshed.token)).status).toBe(200)
})

it('endSessions() also ends a session during a refresh, at any moment', async () => {
  const statuses = new Set<number>()
  // Waits longer in each round, until the refresh has won five times.
  for (let turns = 0, late = 0; late < 5; turns += 1) {
    const { server, ada } = await signedIn()
    const pending = ada.refresh()
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate)
    server.endSessions()
    const { status, token } = await pending
    statuses.add(status)
    if (status === 200) {
      late += 1
      expect((await ada.me(token)).status).toBe(401)
    }
    expect((await ada.refresh()).status).toBe(401)
  }
  expect(statuses).toEqual(new Set([401, 200]))
})

it('reset() removes sessions, key rotations and the call log', async () => {
  const { server, ada, token } = await signedIn()
  const keys = server.keys
  server.rotateKey()
  server.reset()

  expect(server.keys).toEqual(keys)
  expect(server.calls).toEqual([])
  expect((await ada.me(token)).status).toBe(401)
  expect((await ada.refresh()).status).toBe(401)
  expect(outcome(server)).toBe('unknown_session')
  expect(server.calls.map((call) => call.index)).toEqual([0, 1])
})
