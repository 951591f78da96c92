// Token characters: of all 65,536 code units only those of a b64token (RFC 6750 §2.1) are accepted.
import { describe, expect, it } from 'vitest'
import { readTokenResponse } from '../../src/auth-api/answer.ts'
import { isAccessToken } from '../../src/lib/access-token.ts'
import { isAuthError } from '../../src/lib/errors.ts'
import { readReissuedHeader } from '../../src/request/send-with-token.ts'

const units = Array.from({ length: 65_536 }, (_, unit) => String.fromCharCode(unit))
const alphabet = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/')

const positions: readonly [string, (unit: string) => string, ReadonlySet<string>][] = [
  ['at the start', (unit) => `${unit}token`, alphabet],
  ['within', (unit) => `to${unit}ken`, alphabet],
  ['at the end', (unit) => `token${unit}`, new Set([...alphabet, '='])]
]

function issues(accessToken: string): boolean {
  try {
    return readTokenResponse({ access_token: accessToken }, 'It').accessToken === accessToken
  } catch (error) {
    if (isAuthError(error, 'ERR_AUTH_RESPONSE_MALFORMED')) return false
    throw error
  }
}

function reissues(accessToken: string): boolean {
  const header = readReissuedHeader(`Bearer ${accessToken}`)
  return header.kind === 'token' && header.accessToken === accessToken
}

describe.each(positions)('a character %s of the token', (_, put, allowed) => {
  it.each([
    ['isAccessToken', isAccessToken],
    ['the token response reader', issues],
    ['the re-issue header reader', reissues]
  ])('%s accepts exactly the characters of a b64token', (_reader, accepts) => {
    const accepted = units.filter((unit) => accepts(put(unit)))
    expect(accepted.sort()).toEqual([...allowed].sort())
  })
})
