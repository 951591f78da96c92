// optionsFromEnv: keys and lifetime from environment variables, and refusal of weak secrets.
import { createMockAuthServer, optionsFromEnv } from 'everbearer/mock'
import { describe, expect, it } from 'vitest'
import { claimsOf, kidOf, openBrowser, overWire } from '../../support/setups/one-cookie-browser.ts'

const hex = '0123456789abcdef'.repeat(4)
const base64 = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA='
const passphrase = 'quick brown foxes jump over lazy dogs!'
const strong = { JWT_SECRET_CURRENT: hex }

describe('optionsFromEnv()', () => {
  it.each([
    ['64 hexadecimal digits', hex],
    ['44 characters of base64', base64],
    ['43 characters of base64url', base64.slice(0, 43).replaceAll('+', '-')],
    ['a long passphrase', passphrase]
  ])('accepts a secret of %s', async (_name, secret) => {
    const { keys, accessTokenSeconds } = await optionsFromEnv({ JWT_SECRET_CURRENT: secret })
    expect(keys).toEqual([{ kid: expect.stringMatching(/^env-[\w-]{12}$/), secret }])
    expect(accessTokenSeconds).toBe(900)
  })

  it.each([
    ['15m', 900],
    ['', 900],
    ['30s', 30],
    ['1h', 3600],
    ['2d', 172_800],
    [' 5m ', 300]
  ])('reads JWT_EXPIRES_IN=%s as %i seconds', async (text, seconds) => {
    const options = await optionsFromEnv({ ...strong, JWT_EXPIRES_IN: text })
    expect(options.accessTokenSeconds).toBe(seconds)
  })

  it.each([
    ['a missing secret', {}, 'JWT_SECRET_CURRENT is missing'],
    ['an empty secret', { JWT_SECRET_CURRENT: '' }, 'JWT_SECRET_CURRENT is missing'],
    [
      'a short word',
      { JWT_SECRET_CURRENT: 'secret' },
      'JWT_SECRET_CURRENT has at most 36 bits; 256 are required'
    ],
    [
      '32 hexadecimal digits',
      { JWT_SECRET_CURRENT: hex.slice(32) },
      'JWT_SECRET_CURRENT has at most 128 bits; 256 are required'
    ],
    [
      '42 characters of base64',
      { JWT_SECRET_CURRENT: base64.slice(0, 42) },
      'JWT_SECRET_CURRENT has at most 252 bits'
    ],
    [
      'one repeated letter',
      { JWT_SECRET_CURRENT: 'x'.repeat(64) },
      'JWT_SECRET_CURRENT has only 1 different characters; 8 are required'
    ],
    [
      'a weak old secret',
      { ...strong, JWT_SECRET_OLD: 'changeme' },
      'JWT_SECRET_OLD has at most 48 bits'
    ],
    [
      'the same secret twice',
      { ...strong, JWT_SECRET_OLD: hex },
      'JWT_SECRET_OLD is the same as JWT_SECRET_CURRENT'
    ],
    [
      'a lifetime without a unit',
      { ...strong, JWT_EXPIRES_IN: '900' },
      'JWT_EXPIRES_IN: expected a number with a unit such as 15m, from 1s to 365d'
    ],
    ['a lifetime over 365 days', { ...strong, JWT_EXPIRES_IN: '400d' }, 'JWT_EXPIRES_IN: expected'],
    ['a lifetime of zero', { ...strong, JWT_EXPIRES_IN: '0m' }, 'JWT_EXPIRES_IN: expected'],
    ['an endless lifetime', { ...strong, JWT_EXPIRES_IN: 'never' }, 'JWT_EXPIRES_IN: expected']
  ])('rejects with a TypeError for %s', async (_name, env, message) => {
    await expect(optionsFromEnv(env)).rejects.toThrow(TypeError)
    await expect(optionsFromEnv(env)).rejects.toThrow(message)
  })

  it.each(['HEX\n', ' HEX', '"HEX"', "'HEX' "])(
    'does not count spaces and quotes around hexadecimal digits: %j',
    async (line) => {
      const secret = line.replace('HEX', hex.slice(32))
      await expect(optionsFromEnv({ JWT_SECRET_CURRENT: secret })).rejects.toThrow(
        'JWT_SECRET_CURRENT has at most 128 bits'
      )
    }
  )

  it('does not repeat the value of a variable, which may be a misplaced secret', async () => {
    const env = { ...strong, JWT_EXPIRES_IN: 'canary'.repeat(10) }
    await expect(optionsFromEnv(env)).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') })
    )
  })

  it('lists all invalid variables in one error, without their values', async () => {
    const env = {
      JWT_SECRET_CURRENT: 'canary-one',
      JWT_SECRET_OLD: 'canary-two',
      JWT_EXPIRES_IN: '15'
    }
    const refused = optionsFromEnv(env)
    await expect(refused).rejects.toThrow(
      /CURRENT has .* bits.*; JWT_SECRET_OLD has .*; JWT_EXPIRES_IN: expected/
    )
    await expect(refused).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') })
    )
  })
})

it('accepts earlier tokens after the secret moves from JWT_SECRET_CURRENT to JWT_SECRET_OLD', async () => {
  const before = await optionsFromEnv(strong)
  const after = await optionsFromEnv({ JWT_SECRET_CURRENT: passphrase, JWT_SECRET_OLD: hex })
  const [first, second] = [before, after].map((options) =>
    createMockAuthServer({ ...options, revocation: 'short-lived' })
  )
  if (first === undefined || second === undefined) throw new Error('two servers were created')
  const { token } = await openBrowser(overWire(first)).login()
  const { iat = 0, exp = 0 } = claimsOf(token)

  expect(exp - iat).toBe(900)
  expect(second.keys.map((key) => key.status)).toEqual(['signing', 'verifying'])
  expect(second.keys[1]?.kid).toBe(kidOf(token))
  expect((await openBrowser(overWire(second)).me(token)).status).toBe(200)
})
