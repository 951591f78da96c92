// Keys that look strong and are not, and strong ones under another name.
import { generateKeyPairSync } from 'node:crypto'
import { createMockAuthServer } from 'everbearer/mock'
import type { JWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { createClockedServer, overWire, visit } from '../../support/worlds/one-cookie-browser.ts'

const they = 'https://they.test'
const asNumber = (...bytes: number[]) => Buffer.from(bytes).toString('base64url')

function rsaKey(modulusLength: number): JWK {
  return generateKeyPairSync('rsa', { modulusLength }).privateKey.export({ format: 'jwk' }) as JWK
}

const strong = rsaKey(2048)

describe('the public exponent of an RSA key', () => {
  const trusting = (e: string) => {
    const jwk = { kty: 'RSA', n: strong.n ?? '', e, kid: 'weak' }
    return createClockedServer({ issuers: [{ issuer: they, jwks: { keys: [jwk] } }] })
  }

  it.each([
    ['0', [0]],
    ['1', [1]],
    ['1 behind zeros', [0, 0, 1]],
    ['2', [2]],
    ['65536', [1, 0, 0]]
  ])('is refused where it is %s', (_name, bytes) => {
    expect(() => trusting(asNumber(...bytes))).toThrow('.e: expected an odd public exponent of 3')
  })

  it.each([
    ['3', [3]],
    ['257', [1, 1]],
    ['65537', [1, 0, 1]],
    ['65537 behind a zero', [0, 1, 0, 1]]
  ])('may be %s', (_name, bytes) => {
    expect(() => trusting(asNumber(...bytes))).not.toThrow()
  })
})

describe('an RSA key of 1024 bits', () => {
  it('is refused at the start, with leading zeros in its modulus too', () => {
    const jwk = rsaKey(1024)
    const modulus = Buffer.from(String(jwk.n), 'base64url')
    const n = Buffer.concat([Buffer.alloc(128), modulus]).toString('base64url')
    expect(() => createMockAuthServer({ keys: [{ kid: 'k', jwk: { ...jwk, n } }] })).toThrow(
      'at least 2048 bits (RFC 7518 §3.3); received 1024 bits'
    )
  })
})

it('base64url that ends in half a byte is none', () => {
  const jwk = { ...strong, e: 'AQABA' }
  expect(() => createMockAuthServer({ keys: [{ kid: 'k', jwk }] })).toThrow(
    '.e: expected base64url'
  )
})

// RFC 9864: `Ed25519` is what `EdDSA` with this curve is called now, and what WebCrypto writes.
describe('a key for Ed25519, as the platform exports it', () => {
  const jwk: JWK = {
    ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
    alg: 'Ed25519',
    key_ops: ['sign'],
    ext: true
  }

  it.each([undefined, 'EdDSA'] as const)('can be given and registered with alg %s', async (alg) => {
    const key = { kid: 'ed', jwk, ...(alg === undefined ? {} : { alg }) }
    const given = createMockAuthServer({ keys: [key] })
    expect(given.keys).toEqual([{ kid: 'ed', alg: 'EdDSA', status: 'signing' }])

    const { server } = createClockedServer()
    await server.registerKey(() => key, { as: 'signing' })
    const ada = visit(overWire(server))
    expect((await ada.me((await ada.login()).token)).status).toBe(200)
  })

  it('is still no key for another algorithm', () => {
    expect(() => createMockAuthServer({ keys: [{ kid: 'ed', alg: 'ES256', jwk }] })).toThrow(
      'keys[0].jwk.alg: expected ES256, the algorithm of the key; received "Ed25519"'
    )
  })
})
