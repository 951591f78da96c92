// Key rotation: signing with a new key, re-issue in a response header, and retirement.
import { createMockAuthServer, MockAuthServerError, type WireRequest } from 'everbearer/mock'
import { describe, expect, it } from 'vitest'
import {
  base,
  claimsOf,
  createServerWithClock,
  kidOf,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

const claims = { role: 'admin', tags: ['a', 'b'], token_version: 7 }
const users = [{ email: 'ada@example.com', password: 'lovelace', claims }]

async function signedIn(options: Parameters<typeof createServerWithClock>[0] = {}) {
  const { server, clock } = createServerWithClock({ users, ...options })
  const ada = openBrowser(overWire(server))
  const { token } = await ada.login()
  return { server, clock, ada, token }
}

function bearer(header: string | null): string {
  return header?.startsWith('Bearer ') ? header.slice(7) : ''
}

describe('rotateKey()', () => {
  it('signs with a new key and still verifies with the old one', async () => {
    const { server, ada, token } = await signedIn()
    const { previousKid, kid } = server.rotateKey()

    expect(server.keys).toEqual([
      { kid, alg: 'HS256', status: 'signing' },
      { kid: previousKid, alg: 'HS256', status: 'verifying' }
    ])
    expect(kidOf(token)).toBe(previousKid)
    expect((await ada.me(token)).status).toBe(200)
    expect(kidOf((await ada.refresh()).token)).toBe(kid)
  })

  it('adds a token of the new key to answers, with headers for caches and CORS', async () => {
    const { server, ada, token } = await signedIn()
    const { kid } = server.rotateKey()
    const answer = await ada.me(token)

    expect(kidOf(bearer(answer.header('authorization')))).toBe(kid)
    expect(answer.header('access-control-expose-headers')).toBe('Authorization')
    expect(answer.header('cache-control')).toBe('no-store')
    expect(server.calls.at(-1)).toMatchObject({ reissued: true, issuedKid: kid })
  })

  it('keeps every claim except iat, exp and jti in the re-issued token', async () => {
    const { server, clock, ada, token } = await signedIn()
    server.rotateKey()
    clock.advanceSeconds(100)
    const before = claimsOf(token)
    const after = claimsOf(bearer((await ada.me(token)).header('authorization')))

    expect(after).toEqual({
      ...before,
      iat: Number(before.iat) + 100,
      exp: Number(before.exp) + 100,
      jti: after.jti
    })
    expect(after).toMatchObject(claims)
    expect(after.jti).not.toBe(before.jti)
  })

  it('leaves the old token valid until it expires', async () => {
    const { server, clock, ada, token } = await signedIn()
    server.rotateKey()
    await ada.me(token)
    clock.advanceSeconds(299)
    expect((await ada.me(token)).status).toBe(200)
    clock.advanceSeconds(1)
    expect((await ada.me(token)).status).toBe(401)
    expect(outcome(server)).toBe('token_expired')
  })

  it('never extends a chain of re-issues beyond the end of the session', async () => {
    const { server, clock, ada, token } = await signedIn({ sessionSeconds: 700 })
    let current = token
    for (let step = 0; step < 3; step += 1) {
      server.rotateKey()
      clock.advanceSeconds(200)
      current = bearer((await ada.me(current)).header('authorization'))
    }
    expect(Number(claimsOf(current).exp)).toBe(Number(claimsOf(token).iat) + 700)
    clock.advanceSeconds(100)
    expect((await ada.me(current)).status).toBe(401)
  })

  it('re-issues on an answer with an error status of the handler', async () => {
    const { server, token } = await signedIn()
    server.rotateKey()
    const answer = await server.guard(ask(token), () => answerWith(503))

    expect(answer.status).toBe(503)
    expect(bearer(find(answer.headers, 'authorization'))).not.toBe('')
  })

  it('re-issues nothing if the token is refused', async () => {
    const { server, ada, token } = await signedIn()
    server.rotateKey()
    server.revokeAccessTokens()
    const answer = await ada.me(token)

    expect(answer.status).toBe(401)
    expect(answer.header('authorization')).toBeNull()
  })

  it('re-issues nothing after the handler has ended the session', async () => {
    const { server, token } = await signedIn()
    server.rotateKey()
    const answer = await server.guard(ask(token), () => {
      server.endSessions()
      return answerWith(200)
    })

    expect(answer.status).toBe(200)
    expect(find(answer.headers, 'authorization')).toBeNull()
  })

  it('passes claims, kid and reissued to the handler', async () => {
    const { server, token } = await signedIn()
    const { previousKid } = server.rotateKey()
    const seen: unknown[] = []
    await server.guard(ask(token), (session) => {
      const { sub } = session.claims
      seen.push(session.kid, session.reissued, sub)
      expect(Object.getPrototypeOf(session.claims)).toBeNull()
      expect(Object.isFrozen(session.claims)).toBe(true)
      return answerWith(204)
    })

    expect(seen).toEqual([previousKid, true, 'user-1'])
  })

  it('extends the Expose-Headers and Vary of the handler, and replaces its Cache-Control', async () => {
    const { server, token } = await signedIn()
    server.rotateKey()
    const answer = await server.guard(ask(token), () => ({
      ...answerWith(200),
      headers: [
        ['access-control-expose-headers', 'X-Total'],
        ['cache-control', 'max-age=60'],
        ['Vary', 'Accept']
      ]
    }))

    expect(find(answer.headers, 'access-control-expose-headers')).toBe('X-Total, Authorization')
    expect(find(answer.headers, 'cache-control')).toBe('no-store')
    expect(find(answer.headers, 'vary')).toBe('Accept, Authorization, Origin')
  })
})

describe('retireKey()', () => {
  it('refuses tokens of the retired key', async () => {
    const { server, ada, token } = await signedIn()
    const { previousKid } = server.rotateKey()

    expect(server.retireKey(previousKid)).toEqual([previousKid])
    const refused = await ada.me(token)
    expect(refused.status).toBe(401)
    expect(refused.header('authorization')).toBeNull()
    expect(outcome(server)).toBe('retired_key')
    expect((await ada.refresh()).status).toBe(200)
  })

  it('retires every verifying key if called without a kid', async () => {
    const { server } = await signedIn()
    const first = server.rotateKey()
    const second = server.rotateKey()

    expect([...server.retireKey()].sort()).toEqual([first.previousKid, first.kid].sort())
    expect(server.keys).toEqual([{ kid: second.kid, alg: 'HS256', status: 'signing' }])
    expect(server.retireKey()).toEqual([])
  })

  it('throws signing_key for the key that signs, and keeps it', async () => {
    const { server, ada, token } = await signedIn()
    const kid = server.keys[0]?.kid

    expect(() => server.retireKey(kid)).toThrow(MockAuthServerError)
    expect(() => server.retireKey(kid)).toThrow(expect.objectContaining({ code: 'signing_key' }))
    expect((await ada.me(token)).status).toBe(200)
  })

  it('throws unknown_key for an unknown kid', () => {
    expect(() => createMockAuthServer().retireKey('unknown')).toThrow(
      expect.objectContaining({ code: 'unknown_key' })
    )
  })
})

it('the first given key signs, the others verify, and reset() restores them', async () => {
  const keys = [
    { kid: 'new', secret: 'n'.repeat(32) },
    { kid: 'old', secret: 'o'.repeat(32) }
  ]
  const { server, token } = await signedIn({ keys })

  expect(kidOf(token)).toBe('new')
  const initial = server.keys
  expect(initial).toEqual([
    { kid: 'new', alg: 'HS256', status: 'signing' },
    { kid: 'old', alg: 'HS256', status: 'verifying' }
  ])
  server.rotateKey()
  server.retireKey()
  server.reset()
  expect(server.keys).toEqual(initial)
})

it('fifty servers generate fifty different kids', () => {
  const kids = Array.from({ length: 50 }, () => createMockAuthServer().keys[0]?.kid)
  expect(new Set(kids).size).toBe(50)
})

function ask(token: string): WireRequest {
  return { method: 'GET', url: `${base}/api`, headers: [['Authorization', `Bearer ${token}`]] }
}

function answerWith(status: number) {
  return { status, headers: [] as [string, string][], setCookies: [], body: '' }
}

function find(headers: readonly (readonly [string, string])[], name: string): string | null {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? null
}
