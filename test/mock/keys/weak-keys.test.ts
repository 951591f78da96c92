// Weak keys that look strong, and the two names of Ed25519.
import { generateKeyPairSync } from 'node:crypto'
import { createMockAuthServer } from 'everbearer/mock'
import type { JWK } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  createServerWithClock,
  openBrowser,
  overWire
} from '../../support/setups/one-cookie-browser.ts'

const they = 'https://they.test'
const asNumber = (...bytes: number[]) => Buffer.from(bytes).toString('base64url')

function rsaKey(modulusLength: number): JWK {
  return generateKeyPairSync('rsa', { modulusLength }).privateKey.export({ format: 'jwk' }) as JWK
}

const strong = rsaKey(2048)

describe('the public exponent of an RSA key', () => {
  const trusting = (e: string) => {
    const jwk = { kty: 'RSA', n: strong.n ?? '', e, kid: 'weak' }
    return createServerWithClock({ issuers: [{ issuer: they, jwks: { keys: [jwk] } }] })
  }

  it.each([
    ['0', [0]],
    ['1', [1]],
    ['1 with leading zeros', [0, 0, 1]],
    ['2', [2]],
    ['65536', [1, 0, 0]]
  ])('is refused if it is %s', (_name, bytes) => {
    expect(() => trusting(asNumber(...bytes))).toThrow('.e: expected an odd public exponent of 3')
  })

  it.each([
    ['3', [3]],
    ['257', [1, 1]],
    ['65537', [1, 0, 1]],
    ['65537 with a leading zero', [0, 1, 0, 1]]
  ])('is accepted if it is %s', (_name, bytes) => {
    expect(() => trusting(asNumber(...bytes))).not.toThrow()
  })
})

describe('an RSA key of 1024 bits', () => {
  it('is refused, even with leading zeros in its modulus', () => {
    const jwk = rsaKey(1024)
    const modulus = Buffer.from(String(jwk.n), 'base64url')
    const n = Buffer.concat([Buffer.alloc(128), modulus]).toString('base64url')
    expect(() => createMockAuthServer({ keys: [{ kid: 'k', jwk: { ...jwk, n } }] })).toThrow(
      'at least 2048 bits (RFC 7518 §3.3); received 1024 bits'
    )
  })
})

it('refuses a JWK member with base64url that ends in half a byte', () => {
  const jwk = { ...strong, e: 'AQABA' }
  expect(() => createMockAuthServer({ keys: [{ kid: 'k', jwk }] })).toThrow(
    '.e: expected base64url'
  )
})

// RFC 9864 renamed `EdDSA` with this curve to `Ed25519`, which WebCrypto exports.
describe('an Ed25519 key, as the platform exports it', () => {
  const jwk: JWK = {
    ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
    alg: 'Ed25519',
    key_ops: ['sign'],
    ext: true
  }

  it.each([undefined, 'EdDSA'] as const)(
    'is accepted as an option and by registerKey() with alg %s',
    async (alg) => {
      const key = { kid: 'ed', jwk, ...(alg === undefined ? {} : { alg }) }
      const given = createMockAuthServer({ keys: [key] })
      expect(given.keys).toEqual([{ kid: 'ed', alg: 'EdDSA', status: 'signing' }])

      const { server } = createServerWithClock()
      await server.registerKey(() => key, { as: 'signing' })
      const ada = openBrowser(overWire(server))
      expect((await ada.me((await ada.login()).token)).status).toBe(200)
    }
  )

  it('is refused for another algorithm', () => {
    expect(() => createMockAuthServer({ keys: [{ kid: 'ed', alg: 'ES256', jwk }] })).toThrow(
      'keys[0].jwk.alg: expected ES256, the algorithm of the key; received "Ed25519"'
    )
  })
})
