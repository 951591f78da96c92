// Refresh tokens: rotation, the benign race, and what counts as reuse.
import { describe, expect, it } from 'vitest'
import {
  createClockedServer,
  outcome,
  overWire,
  type Visitor,
  visit
} from '../../support/worlds/one-cookie-browser.ts'

async function signedIn(options: Parameters<typeof createClockedServer>[0] = {}) {
  const { server, clock } = createClockedServer(options)
  const ada = visit(overWire(server))
  const { token } = await ada.login()
  return { server, clock, ada, token }
}

/** Presents this refresh token, whatever the visitor holds by now. */
async function present(visitor: Visitor, cookie: string | undefined, idempotencyKey?: string) {
  visitor.cookie = cookie
  return visitor.refresh(idempotencyKey)
}

describe('the grace for a race', () => {
  it('gives the immediate predecessor the same successor and a fresh access token', async () => {
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

  it('is over when its seconds are', async () => {
    const { server, clock, ada } = await signedIn()
    const first = ada.cookie
    await ada.refresh()
    clock.advanceSeconds(10)

    expect((await present(ada, first)).status).toBe(401)
    expect(outcome(server)).toBe('refresh_reused')
  })

  it('does not cover a grandparent', async () => {
    const { server, ada } = await signedIn()
    const first = ada.cookie
    await ada.refresh()
    await ada.refresh()

    expect((await present(ada, first)).status).toBe(401)
    expect(outcome(server)).toBe('refresh_reused')
  })

  it('gives a hundred parallel uses one successor', async () => {
    const { server, ada } = await signedIn()
    const first = ada.cookie
    const visitors = Array.from({ length: 100 }, () => visit(overWire(server)))
    const answers = await Promise.all(visitors.map((visitor) => present(visitor, first)))

    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
    expect(new Set(visitors.map((visitor) => visitor.cookie)).size).toBe(1)
    expect(visitors[0]?.cookie).not.toBe(first)
    expect(server.calls.filter((call) => call.outcome === 'rotated')).toHaveLength(1)
  })

  it('does not exist in strict mode', async () => {
    const { server, ada } = await signedIn({ refreshGraceSeconds: 0 })
    const first = ada.cookie
    const [winner, loser] = await Promise.all([
      present(visit(overWire(server)), first),
      present(visit(overWire(server)), first)
    ])

    expect(winner?.status).toBe(200)
    expect(loser?.status).toBe(401)
    expect(outcome(server)).toBe('refresh_reused')
  })
})

describe('the idempotency key', () => {
  it('gets the same successor again for as long as that is unspent, in strict mode too', async () => {
    const { server, clock, ada } = await signedIn({ refreshGraceSeconds: 0 })
    const first = ada.cookie
    await ada.refresh('attempt-1')
    const second = ada.cookie
    clock.advanceSeconds(3600)
    await present(ada, first, 'attempt-1')

    expect(outcome(server)).toBe('replayed')
    expect(ada.cookie).toBe(second)
  })

  it('is of no use once the successor is spent', async () => {
    const { server, ada } = await signedIn()
    const first = ada.cookie
    await ada.refresh('attempt-1')
    await ada.refresh('attempt-2')

    expect((await present(ada, first, 'attempt-1')).status).toBe(401)
    expect(outcome(server)).toBe('refresh_reused')
  })

  it('counts for the refresh token it was sent with only', async () => {
    const { server, ada } = await signedIn({ refreshGraceSeconds: 0 })
    await ada.refresh('attempt-1')
    const second = ada.cookie
    await ada.refresh('attempt-1')

    expect(outcome(server)).toBe('rotated')
    expect(ada.cookie).not.toBe(second)
  })

  it('of another attempt is no excuse', async () => {
    const { server, ada } = await signedIn({ refreshGraceSeconds: 0 })
    const first = ada.cookie
    await ada.refresh('attempt-1')

    expect((await present(ada, first, 'attempt-2')).status).toBe(401)
    expect(outcome(server)).toBe('refresh_reused')
  })
})

describe('reuse', () => {
  it('revokes the family with all its tokens and clears the cookie', async () => {
    const { server, clock, ada } = await signedIn()
    const first = ada.cookie
    const { token } = await ada.refresh()
    const second = ada.cookie
    clock.advanceSeconds(60)
    const thief = visit(overWire(server))
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

  it('leaves the other sessions of the same user alone', async () => {
    const { server, ada } = await signedIn()
    const elsewhere = visit(overWire(server))
    await elsewhere.login()
    const first = ada.cookie
    await ada.refresh()
    await ada.refresh()
    await present(ada, first)

    expect((await elsewhere.refresh()).status).toBe(200)
  })

  it('is not what a token that was never issued means', async () => {
    const { server, ada } = await signedIn()
    const answer = await present(visit(overWire(server)), 'rt_of-another-server')

    expect(answer.status).toBe(401)
    expect(answer.setCookies).toEqual([])
    expect(outcome(server)).toBe('unknown_session')
    expect((await ada.refresh()).status).toBe(200)
  })
})

describe('the end of a session', () => {
  it('comes at its time, however often it was refreshed', async () => {
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

  it('is remembered for as long again, then the token is one that nobody knows', async () => {
    const { server, clock, ada } = await signedIn({ sessionSeconds: 1000 })
    const first = ada.cookie
    clock.advanceSeconds(1999)
    await visit(overWire(server)).login()
    await present(ada, first)
    expect(outcome(server)).toBe('session_expired')

    clock.advanceSeconds(1)
    await visit(overWire(server)).login()
    await present(ada, first)
    expect(outcome(server)).toBe('unknown_session')
  })

  it('comes for the family of a cookie that was there before the login', async () => {
    const { server, ada, token } = await signedIn()
    const planted = ada.cookie
    await ada.login()

    expect((await ada.me(token)).status).toBe(401)
    expect((await present(visit(overWire(server)), planted)).status).toBe(401)
    expect(outcome(server)).toBe('session_revoked')
    expect((await ada.refresh()).status).toBe(200)
  })

  it('does not come with a failed login', async () => {
    const { ada, token } = await signedIn()
    await ada.login('wrong')

    expect((await ada.me(token)).status).toBe(200)
  })

  it('may be asked for twice, and without a cookie', async () => {
    const { ada } = await signedIn()
    expect((await ada.logout()).status).toBe(204)
    const again = await ada.logout()
    expect(again.status).toBe(204)
    expect(again.setCookies).toEqual([
      'refresh_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict'
    ])
  })

  it('comes for everybody with endSessions', async () => {
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

it('revokeAccessTokens refuses the tokens so far and lets the session go on', async () => {
  const { server, ada, token } = await signedIn()
  server.revokeAccessTokens()

  const refused = await ada.me(token)
  expect(refused.header('www-authenticate')).toBe(
    'Bearer error="invalid_token", error_description="the access token was revoked"'
  )
  const refreshed = await ada.refresh()
  expect((await ada.me(refreshed.token)).status).toBe(200)
})

it('endSessions catches a refresh at whatever moment it is in', async () => {
  const statuses = new Set<number>()
  // Later and later, until the refresh was faster a few times.
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

it('reset forgets sessions, rotations and the journal', async () => {
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
