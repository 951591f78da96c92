// Options from environment variables: keys and lifetime of a deployment, checked for strength.

import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import type { MockSecretKey } from '../keys/given-key.ts'
import { aYearSeconds } from '../lib/checks.ts'
import { base64url } from '../lib/crypto.ts'

/** Environment variables, such as `process.env`. */
export type MockEnvironment = Readonly<Record<string, string | undefined>>

/** The options that `optionsFromEnv` returns. */
export interface EnvironmentOptions {
  readonly keys: readonly MockSecretKey[]
  readonly accessTokenSeconds: number
}

const leastBits = 256
/** A secret with fewer different characters is a placeholder, such as `xxxx…`. */
const leastCharacters = 8
const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * Reads options from environment variables:
 *
 * - `JWT_SECRET_CURRENT`: the secret of the key that signs
 * - `JWT_SECRET_OLD`: the secret of a key that only verifies; optional
 * - `JWT_EXPIRES_IN`: the lifetime of access tokens, a number with the unit `s`, `m`, `h` or `d`,
 *   at most 365 days; default `15m`
 *
 * A secret needs 256 bits: 64 hexadecimal digits, 43 characters of base64, or 32 bytes of other
 * text. Spaces and quotes around it belong to the key, but do not count as bits.
 *
 * The `kid` of a key derives from its secret (RFC 7638), so a key keeps its `kid` when it moves
 * from `JWT_SECRET_CURRENT` to `JWT_SECRET_OLD`.
 *
 * @example
 * const server = createMockAuthServer(await optionsFromEnv(process.env))
 *
 * @throws TypeError that lists every missing or invalid variable, without its value
 */
export async function optionsFromEnv(env: MockEnvironment): Promise<EnvironmentOptions> {
  const { JWT_SECRET_CURRENT: current, JWT_SECRET_OLD: old, JWT_EXPIRES_IN: expiresIn } = env
  const seconds = readDuration(isAbsent(expiresIn) ? '15m' : expiresIn)
  const problems = [
    ...(isAbsent(current)
      ? ['JWT_SECRET_CURRENT is missing']
      : weaknesses('JWT_SECRET_CURRENT', current)),
    ...(isAbsent(old) ? [] : weaknesses('JWT_SECRET_OLD', old)),
    ...(!isAbsent(old) && old === current
      ? ['JWT_SECRET_OLD is the same as JWT_SECRET_CURRENT']
      : []),
    ...(seconds === undefined
      ? ['JWT_EXPIRES_IN: expected a number with a unit such as 15m, from 1s to 365d']
      : [])
  ]
  if (isAbsent(current) || seconds === undefined || problems.length > 0) {
    throw new TypeError(`optionsFromEnv(): ${problems.join('; ')}`)
  }
  const secrets = isAbsent(old) ? [current] : [current, old]
  return { keys: await Promise.all(secrets.map(namedKey)), accessTokenSeconds: seconds }
}

async function namedKey(secret: string): Promise<MockSecretKey> {
  const k = base64url(new TextEncoder().encode(secret))
  const thumbprint = await calculateJwkThumbprint({ kty: 'oct', k })
  return { kid: `env-${thumbprint.slice(0, 12)}`, secret }
}

// `NAME=` in an .env file sets an empty variable.
function isAbsent(value: string | undefined): value is undefined | '' {
  return value === undefined || value === ''
}

function weaknesses(variable: string, given: string): string[] {
  // Files and shells leave spaces and quotes around a secret.
  const secret = given.replace(/^[\s"'`]+|[\s"'`]+$/g, '')
  const bits = mostBits(secret)
  if (bits < leastBits) {
    return [`${variable} has at most ${bits} bits; ${leastBits} are required`]
  }
  const different = new Set(secret).size
  return different < leastCharacters
    ? [`${variable} has only ${different} different characters; ${leastCharacters} are required`]
    : []
}

/** The entropy at most: 32 hexadecimal digits look long, but have 128 bits. */
function mostBits(secret: string): number {
  if (/^[0-9a-f]+$/i.test(secret)) return secret.length * 4
  if (/^[\w+/-]+={0,2}$/.test(secret)) return secret.replaceAll('=', '').length * 6
  return new TextEncoder().encode(secret).length * 8
}

/** The unit is required: without it, some libraries read seconds and others milliseconds. */
function readDuration(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,8})([smhd])$/.exec(text.trim()) ?? []
  const seconds = Number(number) * (unitSeconds[unit] ?? Number.NaN)
  return seconds >= 1 && seconds <= aYearSeconds ? seconds : undefined
}
