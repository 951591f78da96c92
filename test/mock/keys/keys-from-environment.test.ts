// Keys from the environment: by the names that deployments use, and never a weak one.
import { createMockAuthServer, optionsFromEnv } from 'everbearer/mock'
import { describe, expect, it } from 'vitest'
import { claimsOf, kidOf, overWire, visit } from '../../support/worlds/one-cookie-browser.ts'

const hex = '0123456789abcdef'.repeat(4)
const base64 = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA='
const passphrase = 'quick brown foxes jump over lazy dogs!'
const strong = { JWT_SECRET_CURRENT: hex }

describe('optionsFromEnv', () => {
  it.each([
    ['64 hexadecimal digits', hex],
    ['44 characters of base64', base64],
    ['43 characters of base64url', base64.slice(0, 43).replaceAll('+', '-')],
    ['a long passphrase', passphrase]
  ])('takes %s for a key', async (_name, secret) => {
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
    ['nothing at all', {}, 'JWT_SECRET_CURRENT is missing'],
    ['an empty secret', { JWT_SECRET_CURRENT: '' }, 'JWT_SECRET_CURRENT is missing'],
    [
      'a word',
      { JWT_SECRET_CURRENT: 'secret' },
      'JWT_SECRET_CURRENT holds 36 bits at most, and 256 are needed'
    ],
    [
      '32 hexadecimal digits',
      { JWT_SECRET_CURRENT: hex.slice(32) },
      'JWT_SECRET_CURRENT holds 128 bits at most, and 256 are needed'
    ],
    [
      '42 characters of base64',
      { JWT_SECRET_CURRENT: base64.slice(0, 42) },
      'JWT_SECRET_CURRENT holds 252 bits at most'
    ],
    [
      'one letter over and over',
      { JWT_SECRET_CURRENT: 'x'.repeat(64) },
      'JWT_SECRET_CURRENT is made of 1 different characters'
    ],
    [
      'a weak old secret',
      { ...strong, JWT_SECRET_OLD: 'changeme' },
      'JWT_SECRET_OLD holds 48 bits at most'
    ],
    [
      'the same secret twice',
      { ...strong, JWT_SECRET_OLD: hex },
      'JWT_SECRET_OLD is the same as the current one'
    ],
    [
      'a time without a unit',
      { ...strong, JWT_EXPIRES_IN: '900' },
      'JWT_EXPIRES_IN: expected a number with a unit such as 15m, from 1s to 365d'
    ],
    [
      'a time that no token may last',
      { ...strong, JWT_EXPIRES_IN: '400d' },
      'JWT_EXPIRES_IN: expected'
    ],
    ['no time', { ...strong, JWT_EXPIRES_IN: '0m' }, 'JWT_EXPIRES_IN: expected'],
    ['an endless time', { ...strong, JWT_EXPIRES_IN: 'never' }, 'JWT_EXPIRES_IN: expected']
  ])('refuses %s', async (_name, env, message) => {
    await expect(optionsFromEnv(env)).rejects.toThrow(TypeError)
    await expect(optionsFromEnv(env)).rejects.toThrow(message)
  })

  it.each(['HEX\n', ' HEX', '"HEX"', "'HEX' "])(
    'counts 128 bits of hexadecimal digits as such in %j',
    async (line) => {
      const secret = line.replace('HEX', hex.slice(32))
      await expect(optionsFromEnv({ JWT_SECRET_CURRENT: secret })).rejects.toThrow(
        'JWT_SECRET_CURRENT holds 128 bits at most'
      )
    }
  )

  it('repeats no secret that ended up in the wrong variable', async () => {
    const env = { ...strong, JWT_EXPIRES_IN: 'canary'.repeat(10) }
    await expect(optionsFromEnv(env)).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') })
    )
  })

  it('names everything that is wrong at once, and no secret', async () => {
    const env = {
      JWT_SECRET_CURRENT: 'canary-one',
      JWT_SECRET_OLD: 'canary-two',
      JWT_EXPIRES_IN: '15'
    }
    const refused = optionsFromEnv(env)
    await expect(refused).rejects.toThrow(
      /CURRENT holds .* bits.*; JWT_SECRET_OLD holds .*; JWT_EXPIRES_IN: expected/
    )
    await expect(refused).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') })
    )
  })
})

it('a deployment that moves its secret from CURRENT to OLD keeps its tokens good', async () => {
  const before = await optionsFromEnv(strong)
  const after = await optionsFromEnv({ JWT_SECRET_CURRENT: passphrase, JWT_SECRET_OLD: hex })
  const [first, second] = [before, after].map((options) =>
    createMockAuthServer({ ...options, revocation: 'short-lived' })
  )
  if (first === undefined || second === undefined) throw new Error('two servers were created')
  const { token } = await visit(overWire(first)).login()
  const { iat = 0, exp = 0 } = claimsOf(token)

  expect(exp - iat).toBe(900)
  expect(second.keys.map((key) => key.status)).toEqual(['signing', 'verifying'])
  expect(second.keys[1]?.kid).toBe(kidOf(token))
  expect((await visit(overWire(second)).me(token)).status).toBe(200)
})
