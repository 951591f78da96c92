// Key registry: stepwise rotation, registered keys, external issuers, emergency, audit log.
import { createMockAuthServer, MockAuthServerError, type MockKeyChange } from 'everbearer/mock'
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import {
  base,
  createServerWithClock,
  kidOf,
  openBrowser,
  outcome,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

const secretKey = { kid: 'kms-1', secret: 'from the key management service, 2030' }
const code = (value: string) => expect.objectContaining({ code: value })

async function signedIn(options: Parameters<typeof createServerWithClock>[0] = {}) {
  const { server, clock } = createServerWithClock(options)
  const ada = openBrowser(overWire(server))
  const { token } = await ada.login()
  return { server, clock, ada, token }
}

async function publicKey(kid: string): Promise<JWK> {
  const { publicKey: key } = await generateKeyPair('ES256')
  return { ...(await exportJWK(key)), kid }
}

describe('a stepwise rotation', () => {
  it('publishes a key without signing, activates it, and then retires the old one', async () => {
    const { server, ada, token } = await signedIn({ alg: 'ES256' })
    const old = String(kidOf(token))
    const { kid } = server.publishKey({ kid: 'next' })
    expect(server.keys).toEqual([
      { kid: old, alg: 'ES256', status: 'signing' },
      { kid: 'next', alg: 'ES256', status: 'published' }
    ])
    const published = await ada.me(token)
    expect(published.header('authorization')).toBeNull()

    expect(server.activateKey(kid)).toEqual({ previousKid: old, kid })
    expect(server.keys.map((key) => key.status)).toEqual(['signing', 'verifying'])
    const reissued = (await ada.me(token)).header('authorization')?.slice(7) ?? ''
    expect(kidOf(reissued)).toBe('next')

    expect(server.retireKey()).toEqual([old])
    expect((await ada.me(token)).status).toBe(401)
    expect((await ada.me(reissued)).status).toBe(200)
  })

  it('is reverted by activating the previous key', async () => {
    const { server, ada, token } = await signedIn()
    const { previousKid, kid } = server.rotateKey()
    const { token: newer } = await ada.refresh()
    server.activateKey(previousKid)

    expect((await ada.me(token)).header('authorization')).toBeNull()
    expect(kidOf((await ada.me(newer)).header('authorization')?.slice(7) ?? '')).toBe(previousKid)
    expect(server.keys.map((key) => key.kid)).toEqual([previousKid, kid])
  })

  it('keeps a published key when retireKey() retires all verifying keys', () => {
    const { server } = createServerWithClock()
    server.publishKey({ kid: 'next' })
    const { previousKid } = server.rotateKey()
    expect(server.retireKey()).toEqual([previousKid])
    expect(server.retireKey('next')).toEqual(['next'])
  })

  it('changes nothing if the signing key is activated', () => {
    const server = createMockAuthServer()
    const kid = server.keys[0]?.kid ?? ''
    expect(server.activateKey(kid)).toEqual({ previousKid: kid, kid })
    expect(server.keyAudit).toHaveLength(1)
  })

  it('throws unknown_key if activateKey() gets an unknown kid', () => {
    const server = createMockAuthServer()
    expect(() => server.activateKey('unknown')).toThrow(MockAuthServerError)
    expect(() => server.activateKey('unknown')).toThrow(
      `activateKey(): kid: expected one of ${server.keys[0]?.kid}; received "unknown".`
    )
    expect(() => server.activateKey('unknown')).toThrow(code('unknown_key'))
  })
})

describe('the kid of a key', () => {
  it('cannot be reused, even after the key is retired', () => {
    const server = createMockAuthServer()
    server.rotateKey({ kid: 'a' })
    server.rotateKey({ kid: 'b' })
    server.retireKey('a')
    for (const kid of ['a', 'b']) {
      expect(() => server.rotateKey({ kid })).toThrow(code('key_exists'))
      expect(() => server.publishKey({ kid })).toThrow(code('key_exists'))
      expect(() => server.emergencyRotate({ kid })).toThrow(code('key_exists'))
    }
    expect(server.keys.map((key) => key.kid)[0]).toBe('b')
  })

  it('is free again after a reset', () => {
    const server = createMockAuthServer()
    server.rotateKey({ kid: 'a' })
    server.reset()
    expect(server.rotateKey({ kid: 'a' }).kid).toBe('a')
  })
})

describe('registerKey()', () => {
  it('adds a key from a provider without a restart', async () => {
    const { server, ada, token } = await signedIn()
    expect(await server.registerKey(async () => secretKey, { as: 'signing' })).toEqual({
      kid: 'kms-1'
    })
    const reissued = (await ada.me(token)).header('authorization')?.slice(7) ?? ''
    expect(kidOf(reissued)).toBe('kms-1')
  })

  it('adds a verifying key by default, and a published one with as: published', async () => {
    const { server } = await signedIn()
    await server.registerKey(() => secretKey)
    const next = { ...secretKey, kid: 'kms-2' }
    await server.registerKey(() => next, { as: 'published' })
    expect(server.keys.slice(1)).toEqual([
      { kid: 'kms-1', alg: 'HS256', status: 'verifying' },
      { kid: 'kms-2', alg: 'HS256', status: 'published' }
    ])
    expect(server.activateKey('kms-2').kid).toBe('kms-2')
  })

  it('passes on an error of the provider, and changes nothing', async () => {
    const server = createMockAuthServer()
    const before = server.keys
    const outage = new Error('the key management service is down')
    await expect(server.registerKey(() => Promise.reject(outage))).rejects.toBe(outage)
    expect(server.keys).toEqual(before)
  })

  it('refuses a public key as signing key, and a kid that is taken', async () => {
    const server = createMockAuthServer({ keys: [secretKey] })
    const jwk = await publicKey('their')
    await expect(
      server.registerKey(() => ({ kid: 'public', jwk: { ...jwk, kid: 'x' } }), { as: 'signing' })
    ).rejects.toEqual(code('cannot_sign'))
    await expect(server.registerKey(() => secretKey)).rejects.toEqual(code('key_exists'))
    expect(server.keys).toHaveLength(1)
  })

  it.each([
    [
      'a short secret',
      { kid: 'k', secret: 'short' },
      'key.secret: expected a string of at least 32'
    ],
    ['a missing key', undefined, 'key: expected an object'],
    [
      'a secret and a JWK at once',
      { ...secretKey, jwk: { kty: 'oct' } },
      'key: expected either a secret or a jwk'
    ],
    ['a missing kid', { secret: secretKey.secret }, 'key.kid: expected a non-empty string'],
    ['a short JWK', { kid: 'k', jwk: { kty: 'oct', k: 'abcd' } }, 'at least 256 bits']
  ])('refuses %s with the message of an invalid option', async (_name, key, message) => {
    const server = createMockAuthServer()
    const refused = server.registerKey(() => key as typeof secretKey)
    await expect(refused).rejects.toThrow(TypeError)
    await expect(refused).rejects.toThrow(`registerKey(): `)
    await expect(refused).rejects.toThrow(message)
  })
})

describe('an external issuer', () => {
  const they = 'https://they.test'

  async function setUp(options: { audience?: string; typ?: string } = {}) {
    const { publicKey: key, privateKey } = await generateKeyPair('ES256')
    const jwks = { keys: [{ ...(await exportJWK(key)), kid: 'their-1' }] }
    const { server, clock } = createServerWithClock({
      issuers: [{ issuer: they, jwks, ...options }]
    })
    const nowSeconds = clock.nowMs / 1000
    const mint = (claims: JWTPayload = {}, header: Record<string, unknown> = {}) =>
      new SignJWT({ iss: they, aud: 'api', sub: 'partner-user', exp: nowSeconds + 60, ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'their-1', ...header })
        .sign(privateKey)
    return { server, clock, mint, jwks, browser: openBrowser(overWire(server)) }
  }

  it('signs accepted tokens for its own users, verified by its public key', async () => {
    const { server, mint, browser } = await setUp()
    const answer = await browser.me(await mint({ sub: 'user-1' }))

    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { sub: 'user-1', iss: they }])
    expect(server.calls.at(-1)).toMatchObject({ kid: 'their-1', sub: 'user-1', reissued: false })
  })

  it('never gets a re-issued token of the server', async () => {
    const { server, mint, browser } = await setUp()
    const { sid } = await server.signIn()
    server.rotateKey()
    expect((await browser.me(await mint())).header('authorization')).toBeNull()
    const posing = await mint({ sid, sub: 'user-1' })
    expect((await browser.me(posing)).header('authorization')).toBeNull()
  })

  it.each([
    ['claims the server’s issuer', { iss: 'https://mock.everbearer.test' }, {}, 'wrong_issuer'],
    ['claims a third issuer', { iss: 'https://evil.test' }, {}, 'wrong_issuer'],
    ['has another audience', { aud: 'files' }, {}, 'wrong_audience'],
    ['is an ID token', {}, { typ: 'JWT' }, 'wrong_type'],
    ['has expired', { exp: 1 }, {}, 'token_expired'],
    ['never expires', { exp: undefined }, {}, 'malformed_claims'],
    ['lacks a subject', { sub: undefined }, {}, 'malformed_claims']
  ])('is refused if its token %s', async (_name, claims, header, reason) => {
    const { server, mint, browser } = await setUp()
    expect((await browser.me(await mint(claims as JWTPayload, header))).status).toBe(401)
    expect(outcome(server)).toBe(reason)
  })

  it('may have a different audience and typ', async () => {
    const { mint, browser } = await setUp({ audience: 'theirs', typ: 'JWT' })
    expect((await browser.me(await mint({ aud: 'theirs' }, { typ: 'JWT' }))).status).toBe(200)
    expect((await browser.me(await mint({}, { typ: 'JWT' }))).status).toBe(401)
  })

  it('has its token refused after revoke() of the jti', async () => {
    const { server, mint, browser } = await setUp()
    const token = await mint({ jti: 'leaked' })
    expect((await browser.me(token)).status).toBe(200)
    server.revoke('leaked')
    expect((await browser.me(token)).status).toBe(401)
    expect(outcome(server)).toBe('token_revoked')
    server.reset()
    expect((await browser.me(token)).status).toBe(200)
  })

  it('has a token without jti accepted after revoke() of "undefined"', async () => {
    const { server, mint, browser } = await setUp()
    server.revoke('undefined')
    expect((await browser.me(await mint())).status).toBe(200)
  })

  it('replaces its keys at run time with trustIssuer()', async () => {
    const { server, mint, browser, jwks } = await setUp()
    const next = await publicKey('their-2')
    server.trustIssuer({ issuer: they, jwks: { keys: [...jwks.keys, next] } })
    expect((await browser.me(await mint())).status).toBe(200)
    server.trustIssuer({ issuer: they, jwks: { keys: [next] } }, { by: 'their webhook' })
    expect((await browser.me(await mint())).status).toBe(401)
    expect(outcome(server)).toBe('unknown_kid')
    expect(server.keyAudit.slice(-2)).toMatchObject([
      { action: 'distrusted', kid: 'their-1', issuer: they, by: 'their webhook' },
      { action: 'trusted', kid: 'their-2', issuer: they }
    ])
    server.reset()
    expect((await browser.me(await mint())).status).toBe(200)
  })

  it('cannot use a kid for a different key, not even a kid that it used before', async () => {
    const { server, mint, browser, jwks } = await setUp()
    const trust = (keys: readonly JWK[]) => () =>
      server.trustIssuer({ issuer: they, jwks: { keys } })
    const other = await publicKey('their-1')
    const before = server.keyAudit
    expect(trust([other])).toThrow(code('key_exists'))
    expect(server.keyAudit).toBe(before)
    expect((await browser.me(await mint())).status).toBe(200)
    // Still refused after the key is removed: tokens with its kid may be in use.
    trust([])()
    expect(trust([other])).toThrow(code('key_exists'))
    trust(jwks.keys)()
    expect((await browser.me(await mint())).status).toBe(200)
  })

  it('cannot use the kid of a key of another issuer or of the server', async () => {
    const { server } = await setUp()
    const kid = server.keys[0]?.kid ?? ''
    const steal = (name: string) => async () =>
      server.trustIssuer({
        issuer: 'https://others.test',
        jwks: { keys: [{ ...(await publicKey('x')), kid: name }] }
      })
    await expect(steal(kid)()).rejects.toEqual(code('key_exists'))
    await expect(steal('their-1')()).rejects.toEqual(code('key_exists'))
  })

  it.each([
    ['a secret', { kty: 'oct', k: 'a'.repeat(43), kid: 'k' }, 'keys[0].alg: expected one of RS256'],
    ['a private key', 'private', 'expected a public key'],
    ['a key without a kid', 'nameless', 'keys[0].kid: expected a non-empty string']
  ])('is refused with %s in its JWK Set', async (_name, given, message) => {
    const pair = await generateKeyPair('ES256', { extractable: true })
    const jwk =
      given === 'private'
        ? { ...(await exportJWK(pair.privateKey)), kid: 'k' }
        : given === 'nameless'
          ? await exportJWK(pair.publicKey)
          : given
    const issuers = [{ issuer: they, jwks: { keys: [jwk as JWK] } }]
    expect(() => createMockAuthServer({ issuers })).toThrow(message)
  })

  it('may have encryption keys in its JWK Set, which are ignored', async () => {
    const jwk = { ...(await publicKey('enc')), use: 'enc' }
    const server = createMockAuthServer({ issuers: [{ issuer: they, jwks: { keys: [jwk] } }] })
    expect(server.keyAudit.map((entry) => entry.kid)).not.toContain('enc')
  })

  it('cannot have the issuer of the server itself', () => {
    const issuer = 'https://mock.everbearer.test'
    expect(() => createMockAuthServer({ issuers: [{ issuer, jwks: { keys: [] } }] })).toThrow(
      'issuers[0].issuer: expected an issuer other than the server itself'
    )
  })
})

describe('a token without a kid', () => {
  const asLegacy = { tokensWithoutKid: 'try-keys' } as const

  it('is refused as missing_kid by default', async () => {
    const { server } = createServerWithClock()
    expect(
      (await openBrowser(overWire(server)).me(await server.mint({ forgery: 'missing-kid' }))).status
    ).toBe(401)
    expect(outcome(server)).toBe('missing_kid')
  })

  it('is verified with the signing key, then with verifying keys, if tokensWithoutKid is try-keys', async () => {
    const { server } = createServerWithClock(asLegacy)
    const token = await server.mint({ header: { kid: undefined } })
    const ada = openBrowser(overWire(server))
    const first = server.keys[0]?.kid
    expect((await ada.me(token)).header('authorization')).toBeNull()
    expect(server.calls.at(-1)).toMatchObject({ kid: first, outcome: 'accepted' })

    const { kid } = server.rotateKey()
    const answer = await ada.me(token)
    expect(server.calls.at(-1)).toMatchObject({ kid: first, reissued: true, issuedKid: kid })
    expect(kidOf(answer.header('authorization')?.slice(7) ?? '')).toBe(kid)

    server.retireKey()
    expect((await ada.me(token)).status).toBe(401)
    expect(outcome(server)).toBe('bad_signature')
  })

  it('is verified only with keys of its algorithm, and never with a published one', async () => {
    const { server } = createServerWithClock(asLegacy)
    const published = server.publishKey()
    const ada = openBrowser(overWire(server))
    const early = await server.mint({ kid: published.kid, header: { kid: undefined } })
    expect((await ada.me(early)).status).toBe(401)
    server.rotateKey({ alg: 'ES256' })
    server.retireKey()
    await ada.me(await server.mint({ header: { kid: undefined, alg: 'RS256' } }))
    expect(outcome(server)).toBe('alg_not_allowed')
  })

  it('is the only kind that try-keys accepts: an unknown or numeric kid is still refused', async () => {
    const { server } = createServerWithClock(asLegacy)
    const ada = openBrowser(overWire(server))
    await ada.me(await server.mint({ header: { kid: 'unknown' } }))
    expect(outcome(server)).toBe('unknown_kid')
    await ada.me(await server.mint({ header: { kid: 7 } }))
    expect(outcome(server)).toBe('missing_kid')
  })
})

describe('emergencyRotate()', () => {
  it('retires every key, ends every session, and re-issues no earlier token', async () => {
    const { server, ada, token } = await signedIn({ alg: 'ES256' })
    const first = String(kidOf(token))
    const published = server.publishKey()
    const rotated = server.rotateKey()
    const { token: newer } = await ada.refresh()
    const bob = openBrowser(overWire(server))
    await bob.login()
    const done = server.emergencyRotate({ by: 'ops', reason: 'leaked' })

    expect(done).toEqual({
      previousKid: rotated.kid,
      kid: server.keys[0]?.kid,
      retiredKids: [rotated.kid, first, published.kid],
      endedSessions: 2
    })
    expect(server.keys).toHaveLength(1)
    for (const each of [token, newer]) {
      const answer = await ada.me(each)
      expect([answer.status, outcome(server)]).toEqual([401, 'retired_key'])
      expect(answer.header('authorization')).toBeNull()
    }
    for (const visitor of [ada, bob]) {
      expect((await visitor.refresh()).status).toBe(401)
      expect(outcome(server)).toBe('session_revoked')
      expect(visitor.cookie).toBeUndefined()
    }
    expect((await ada.me((await ada.login()).token)).status).toBe(200)
  })

  it('adds no re-issued token to a call that was admitted before it', async () => {
    const { server, token } = await signedIn()
    server.rotateKey()
    const request = {
      method: 'GET',
      url: `${base}/api`,
      headers: [['Authorization', `Bearer ${token}`]] as [string, string][]
    }
    const answer = await server.guard(request, ({ reissued }) => {
      expect(reissued).toBe(true)
      server.emergencyRotate()
      return { status: 200, headers: [], setCookies: [], body: '' }
    })
    expect(answer.headers.map(([name]) => name)).not.toContain('Authorization')
  })

  it.each(['immediate', 'short-lived'] as const)(
    'leaves no valid token if it runs at any moment of a refresh (%s)',
    async (revocation) => {
      const outcomes = new Set<string | undefined>()
      for (let turns = 0, late = 0; late < 3; turns += 1) {
        const { server, ada } = await signedIn({ revocation })
        const pending = ada.refresh()
        for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate)
        server.emergencyRotate()
        const { status, token } = await pending
        if (status === 200) late += 1
        if (status === 200) expect((await ada.me(token)).status).toBe(401)
        outcomes.add(outcome(server))
        expect((await ada.refresh()).status).toBe(401)
      }
      expect(outcomes).toContain('session_revoked')
      expect(outcomes).toContain('retired_key')
    }
  )

  it('leaves no valid token if it runs between redemption and the choice of the key', async () => {
    const seen = new Set<number>()
    for (let turns = 0; turns < 30; turns += 1) {
      const { server, ada } = await signedIn({ revocation: 'short-lived' })
      const { sign } = crypto.subtle
      let signatures = 0
      // The first signature derives the successor; the decision to issue follows it.
      const spy = vi.spyOn(crypto.subtle, 'sign').mockImplementation(async (...parts) => {
        const signature = await sign.apply(crypto.subtle, parts)
        signatures += 1
        if (signatures === 1) void emergencyAfter(turns)
        return signature
      })
      const emergencyAfter = async (count: number) => {
        for (let turn = 0; turn < count; turn += 1) await Promise.resolve()
        server.emergencyRotate()
      }
      const { status, token } = await ada.refresh()
      spy.mockRestore()
      seen.add(signatures)
      if (status === 200) expect((await ada.me(token)).status).toBe(401)
    }
    // It ran before a token was signed, and while one was signed.
    expect(seen).toEqual(new Set([1, 2]))
  })

  it('emits key-changed after the sessions have ended', async () => {
    const { server } = await signedIn()
    const left: number[] = []
    server.on('key-changed', () => left.push(server.sessions.length))
    server.emergencyRotate()
    expect(left).toEqual([0])
  })

  it('ends no session if it throws', async () => {
    const { server } = await signedIn()
    const kid = server.keys[0]?.kid ?? ''
    expect(() => server.emergencyRotate({ kid })).toThrow(code('key_exists'))
    expect(server.sessions).toHaveLength(1)
  })

  it('is followed by ordinary rotations, which re-issue tokens', async () => {
    const { server, ada } = await signedIn()
    server.emergencyRotate()
    const { token } = await ada.login()
    server.rotateKey()
    expect((await ada.me(token)).header('authorization')).not.toBeNull()
  })
})

describe('the audit log', () => {
  it('is frozen, so that a reader cannot change it', () => {
    const server = createMockAuthServer()
    expect(server.keyAudit).toSatisfy(Object.isFrozen)
    server.emergencyRotate()
    expect(server.keyAudit).toSatisfy(Object.isFrozen)
    expect(server.keyAudit.at(-1)?.retiredKids).toSatisfy(Object.isFrozen)
    expect(() => Reflect.set(server.keyAudit, 'length', 0)).not.toThrow()
    expect(server.keyAudit).toHaveLength(2)
  })

  it('records time, action, key, author and reason of each change in order', async () => {
    const { server, clock } = createServerWithClock({
      keys: [{ kid: 'a', secret: 'a'.repeat(32) }]
    })
    const heard: MockKeyChange[] = []
    server.on('key-changed', (change) => heard.push(change))
    const start = clock.nowMs
    clock.advanceSeconds(1)
    server.rotateKey({ kid: 'b', by: 'nightly job' })
    clock.advanceSeconds(1)
    server.publishKey({ kid: 'c', alg: 'ES256' })
    server.activateKey('c', { by: 'ops@example.com', reason: 'public keys for other servers' })
    server.retireKey('b', { by: 'ops@example.com' })
    await server.registerKey(() => secretKey, { as: 'signing', by: 'kms' })
    clock.advanceSeconds(1)
    server.emergencyRotate({ kid: 'd', by: 'ops@example.com', reason: 'pushed to a repository' })

    const entries = server.keyAudit
    expect(entries).toEqual([
      { atMs: start, action: 'created', kid: 'a', alg: 'HS256', by: 'options' },
      {
        atMs: start + 1000,
        action: 'rotated',
        kid: 'b',
        alg: 'HS256',
        previousKid: 'a',
        by: 'nightly job'
      },
      { atMs: start + 2000, action: 'published', kid: 'c', alg: 'ES256', by: 'unknown' },
      {
        atMs: start + 2000,
        action: 'activated',
        kid: 'c',
        alg: 'ES256',
        previousKid: 'b',
        by: 'ops@example.com',
        reason: 'public keys for other servers'
      },
      { atMs: start + 2000, action: 'retired', kid: 'b', alg: 'HS256', by: 'ops@example.com' },
      {
        atMs: start + 2000,
        action: 'registered',
        kid: 'kms-1',
        alg: 'HS256',
        previousKid: 'c',
        by: 'kms'
      },
      {
        atMs: start + 3000,
        action: 'emergency',
        kid: 'd',
        alg: 'HS256',
        previousKid: 'kms-1',
        retiredKids: ['kms-1', 'c', 'a'],
        by: 'ops@example.com',
        reason: 'pushed to a repository'
      }
    ])
    expect(heard).toEqual(entries.slice(1))
    expect(entries.every(Object.isFrozen)).toBe(true)
    expect(JSON.stringify(entries)).not.toContain(secretKey.secret)
    server.reset()
    expect(server.keyAudit.map((entry) => entry.action)).toEqual(['created'])
  })
})

it.each([
  [
    'rotateKey',
    { alg: 'HS384' },
    'alg: expected one of HS256, RS256, ES256, EdDSA; received "HS384"'
  ],
  ['rotateKey', { keyid: 'a' }, 'keyid: no such option; did you mean kid?'],
  ['publishKey', { kid: '' }, 'kid: expected a non-empty string; received ""'],
  ['emergencyRotate', { by: 7 }, 'by: expected a non-empty string; received 7'],
  ['emergencyRotate', 'now', 'options: expected an object; received a string']
] as const)('%s(%o) throws and records nothing: %s', (method, argument, message) => {
  const server = createMockAuthServer()
  const before = server.keyAudit
  const call = () => server[method](argument as object)
  expect(call).toThrow(TypeError)
  expect(call).toThrow(`${method}(): ${message}`)
  expect(server.keyAudit).toBe(before)
})
