// Signature algorithms: signing, rotation between any two of them, and verification by JWK Set.
import {
  createMockAuthServer,
  type MockAlgorithm,
  type MockAuthServer,
  MockAuthServerError
} from 'everbearer/mock'
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT
} from 'jose'
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

const algorithms: readonly MockAlgorithm[] = ['HS256', 'RS256', 'ES256', 'EdDSA']
const asymmetric = algorithms.filter((alg) => alg !== 'HS256')
const pairs = algorithms.flatMap((from) => algorithms.map((to) => [from, to] as const))

async function jwksOf(server: MockAuthServer, path = '/.well-known/jwks.json') {
  const answer = await server.handle({ method: 'GET', url: base + path, headers: [] })
  return { ...answer, jwks: JSON.parse(answer.body) as JSONWebKeySet }
}

describe.each(algorithms)('the algorithm %s', (alg) => {
  it('signs and verifies the tokens of a server with this alg option', async () => {
    const { server } = createServerWithClock({ alg })
    const ada = openBrowser(overWire(server))
    const { token } = await ada.login()

    expect(decodeProtectedHeader(token)).toEqual({
      alg,
      typ: 'at+jwt',
      kid: server.keys[0]?.kid
    })
    expect((await ada.me(token)).status).toBe(200)
    expect((await ada.refresh()).status).toBe(200)
    expect(server.keys).toEqual([{ kid: kidOf(token), alg, status: 'signing' }])
  })

  it('rotates to a key of the same algorithm by default', () => {
    const server = createMockAuthServer({ alg })
    server.rotateKey()
    expect(server.keys.map((key) => key.alg)).toEqual([alg, alg])
  })

  it('refuses a token with the signature of another key', async () => {
    const server = createMockAuthServer({ alg })
    const ada = openBrowser(overWire(server))
    const [header, payload] = (await ada.login()).token.split('.')
    const [, , foreign] = (
      await openBrowser(overWire(createMockAuthServer({ alg }))).login()
    ).token.split('.')
    expect((await ada.me(`${header}.${payload}.${foreign}`)).status).toBe(401)
    expect(outcome(server)).toBe('bad_signature')
  })
})

it.each(pairs)(
  'after a rotation from %s to %s, accepts the old token and re-issues it',
  async (from, to) => {
    const { server } = createServerWithClock({ alg: from })
    const ada = openBrowser(overWire(server))
    const { token } = await ada.login()
    const { kid } = server.rotateKey({ alg: to })
    const answer = await ada.me(token)
    const reissued = answer.header('authorization')?.slice(7) ?? ''

    expect(answer.status).toBe(200)
    expect(decodeProtectedHeader(reissued)).toMatchObject({ alg: to, kid })
    expect((await ada.me(reissued)).header('authorization')).toBeNull()
    expect(outcome(server)).toBe('accepted')
  }
)

describe('the JWK Set', () => {
  it.each(asymmetric)('lets another server verify tokens signed with %s', async (alg) => {
    const { server, clock } = createServerWithClock({ alg })
    const { token } = await openBrowser(overWire(server)).login()
    const { jwks } = await jwksOf(server)
    const { payload } = await jwtVerify(token, createLocalJWKSet(jwks), {
      issuer: 'https://mock.everbearer.test',
      audience: 'api',
      typ: 'at+jwt',
      currentDate: new Date(clock.nowMs)
    })
    expect(payload.sub).toBe('user-1')
  })

  it('contains the public half of each asymmetric key, and no symmetric key', async () => {
    const server = createMockAuthServer({ alg: 'RS256' })
    server.rotateKey({ alg: 'HS256' })
    server.rotateKey({ alg: 'EdDSA' })
    server.publishKey({ alg: 'ES256' })
    const { jwks, body } = await jwksOf(server)
    const members = Object.fromEntries(jwks.keys.map((jwk) => [jwk.alg, Object.keys(jwk).sort()]))

    expect(members).toEqual({
      RS256: ['alg', 'e', 'kid', 'kty', 'n', 'use'],
      ES256: ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
      EdDSA: ['alg', 'crv', 'kid', 'kty', 'use', 'x']
    })
    expect(jwks.keys.map((jwk) => jwk.use)).toEqual(['sig', 'sig', 'sig'])
    expect(body).not.toMatch(/"(?:d|k|p|q|dp|dq|qi)":/)
  })

  it('is empty if every key is symmetric', async () => {
    const { jwks } = await jwksOf(createMockAuthServer())
    expect(jwks).toEqual({ keys: [] })
  })

  it('may be cached for jwksMaxAgeSeconds', async () => {
    const answer = await jwksOf(createMockAuthServer({ alg: 'ES256', jwksMaxAgeSeconds: 60 }))
    expect([answer.status, answer.headers]).toEqual([
      200,
      [
        ['Content-Type', 'application/jwk-set+json'],
        ['Cache-Control', 'public, max-age=60'],
        ['Vary', 'Origin']
      ]
    ])
  })

  it('is at the path from the options, and answers only GET and HEAD', async () => {
    const server = createMockAuthServer({ basePath: '/v1', paths: { jwks: '/keys' } })
    expect((await jwksOf(server, '/v1/keys')).status).toBe(200)
    const url = `${base}/v1/keys`
    expect((await server.handle({ method: 'POST', url, headers: [] })).status).toBe(405)
    expect(await server.handle({ method: 'HEAD', url, headers: [] })).toMatchObject({
      status: 200,
      body: ''
    })
  })

  it('follows rotation and retirement', async () => {
    const server = createMockAuthServer({ alg: 'ES256' })
    const kids = async () => (await jwksOf(server)).jwks.keys.map((jwk) => jwk.kid)
    const { previousKid, kid } = server.rotateKey()
    expect(await kids()).toEqual([kid, previousKid])
    server.retireKey()
    expect(await kids()).toEqual([kid])
  })
})

describe('a key given as JWK', () => {
  it.each(algorithms)('signs and verifies with %s', async (alg) => {
    const jwk =
      alg === 'HS256'
        ? { kty: 'oct', k: Buffer.from('k'.repeat(32)).toString('base64url') }
        : await exportJWK((await generateKeyPair(alg, { extractable: true })).privateKey)
    const server = createMockAuthServer({ keys: [{ kid: 'mine', jwk }] })
    const ada = openBrowser(overWire(server))
    const { token } = await ada.login()

    expect(decodeProtectedHeader(token)).toMatchObject({ alg, kid: 'mine' })
    expect((await ada.me(token)).status).toBe(200)
    server.rotateKey()
    expect(server.keys[0]?.alg).toBe(alg)
  })

  it.each(asymmetric)('only verifies with %s if its private half is missing', async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    const other = createMockAuthServer({
      keys: [{ kid: 'shared', jwk: await exportJWK(privateKey) }],
      revocation: 'short-lived'
    })
    const { token } = await openBrowser(overWire(other)).login()
    const server = createMockAuthServer({
      keys: [
        { kid: 'own', secret: 's'.repeat(32) },
        { kid: 'shared', jwk: await exportJWK(publicKey) }
      ],
      revocation: 'short-lived'
    })

    expect((await openBrowser(overWire(server)).me(token)).status).toBe(200)
    expect(() => server.activateKey('shared')).toThrow(
      expect.objectContaining({ code: 'cannot_sign' })
    )
  })

  it('is unusable_key at first use, in ready() or in registerKey() if it is not on its curve', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const good = await exportJWK(privateKey)
    const { x } = await exportJWK(publicKey)
    const jwk = { ...good, y: x ?? '' }
    const server = createMockAuthServer({ keys: [{ kid: 'bent', jwk }] })
    const unusable = expect.objectContaining({ name: 'MockAuthServerError', code: 'unusable_key' })

    await expect(server.ready()).rejects.toEqual(unusable)
    await expect(openBrowser(overWire(server)).login()).rejects.toBeInstanceOf(MockAuthServerError)
    expect(outcome(server)).toBe('failed')

    const other = createMockAuthServer()
    await expect(other.registerKey(() => ({ kid: 'bent', jwk }))).rejects.toEqual(unusable)
    expect(other.keys).toHaveLength(1)
  })
})

describe('a public key that is not on its curve', () => {
  const bend = async (kid: string) => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const jwk = await exportJWK(publicKey)
    return { privateKey, bent: { ...jwk, y: jwk.x ?? '', kid } }
  }

  it('makes ready() reject and tokens with its kid fail, if it belongs to an issuer', async () => {
    const issuer = 'https://they.test'
    const { privateKey, bent } = await bend('bent')
    const { server } = createServerWithClock({ issuers: [{ issuer, jwks: { keys: [bent] } }] })
    await expect(server.ready()).rejects.toMatchObject({ code: 'unusable_key' })
    const token = await new SignJWT({ iss: issuer, aud: 'api', sub: 'they' })
      .setProtectedHeader({ alg: 'ES256', kid: 'bent', typ: 'at+jwt' })
      .sign(privateKey)
    expect((await openBrowser(overWire(server)).me(token)).status).toBe(401)
    expect(outcome(server)).toBe('bad_signature')
  })

  it('is left out of the JWK Set, which still contains the other keys', async () => {
    const good = await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey)
    const { bent } = await bend('bent')
    const { server } = createServerWithClock({
      keys: [
        { kid: 'good', jwk: good },
        { kid: 'bent', jwk: bent }
      ]
    })
    const url = `${base}/.well-known/jwks.json`
    const { body } = await server.handle({ method: 'GET', url, headers: [] })
    expect(JSON.parse(body).keys).toMatchObject([{ kid: 'good' }])
  })
})

it('ready() generates keys of every algorithm before the first login', async () => {
  const server = createMockAuthServer({ alg: 'RS256' })
  await server.ready()
  server.rotateKey({ alg: 'EdDSA' })
  await server.ready()
  const { token } = await openBrowser(overWire(server)).login()
  expect(claimsOf(token)).toMatchObject({ sub: 'user-1' })
})
