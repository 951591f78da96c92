// Reads keys from the environment, where a deployment keeps them, and refuses a weak or missing one before anything starts.

import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import type { MockSecretKey } from '../keys/given-key.ts'
import { aYearSeconds } from '../lib/checks.ts'
import { base64url } from '../lib/random.ts'

/** The variables, as `process.env` has them. */
export type MockEnvironment = Readonly<Record<string, string | undefined>>

/** What the environment says of the server's options. */
export interface EnvironmentOptions {
  readonly keys: readonly MockSecretKey[]
  readonly accessTokenSeconds: number
}

const leastBits = 256
const leastCharacters = 8
const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * Options from `JWT_SECRET_CURRENT` (signs), `JWT_SECRET_OLD` (only verifies; may be absent) and `JWT_EXPIRES_IN` (a
 * number with `s`, `m`, `h` or `d`, 365 days at most; default `15m`). Each key is named after its secret (RFC 7638), so that it keeps
 * its `kid` when it moves from `CURRENT` to `OLD`.
 *
 * A secret needs 256 bits: 64 hexadecimal digits, 43 characters of base64, or 32 bytes of anything else. Blanks and
 * quotes around it belong to the key and count for nothing.
 *
 * @example
 * const server = createMockAuthServer({ ...(await optionsFromEnv(process.env)) })
 *
 * @throws TypeError that names every variable that is missing or wrong, and repeats the value of none
 */
export async function optionsFromEnv(env: MockEnvironment): Promise<EnvironmentOptions> {
  const { JWT_SECRET_CURRENT: current, JWT_SECRET_OLD: old, JWT_EXPIRES_IN: expiresIn } = env
  const seconds = readDuration(isAbsent(expiresIn) ? '15m' : expiresIn)
  const problems = [
    ...(isAbsent(current) ? ['JWT_SECRET_CURRENT is missing'] : weakness('CURRENT', current)),
    ...(isAbsent(old) ? [] : weakness('OLD', old)),
    ...(!isAbsent(old) && old === current ? ['JWT_SECRET_OLD is the same as the current one'] : []),
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

// An empty line in a file of variables means that there is none.
function isAbsent(value: string | undefined): value is undefined | '' {
  return value === undefined || value === ''
}

function weakness(name: string, given: string): string[] {
  const variable = `JWT_SECRET_${name}`
  // What a file or a shell leaves around a secret is no secret.
  const secret = given.replace(/^[\s"'`]+|[\s"'`]+$/g, '')
  const bits = mostBits(secret)
  if (bits < leastBits)
    return [`${variable} holds ${bits} bits at most, and ${leastBits} are needed`]
  const different = new Set(secret).size
  return different < leastCharacters
    ? [`${variable} is made of ${different} different characters`]
    : []
}

/** As much as can be in there: 32 hexadecimal digits look long, and are 128 bits. */
function mostBits(secret: string): number {
  if (/^[0-9a-f]+$/i.test(secret)) return secret.length * 4
  if (/^[\w+/-]+={0,2}$/.test(secret)) return secret.replaceAll('=', '').length * 6
  return new TextEncoder().encode(secret).length * 8
}

/** Without a unit some libraries would read seconds, and others milliseconds. */
function readDuration(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,8})([smhd])$/.exec(text.trim()) ?? []
  const seconds = Number(number) * (unitSeconds[unit] ?? Number.NaN)
  return seconds >= 1 && seconds <= aYearSeconds ? seconds : undefined
}
