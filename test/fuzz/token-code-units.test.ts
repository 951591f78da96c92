// Token characters: auth endpoints may issue all visible characters of ASCII, and a header may
// re-issue those of a b64token (RFC 6750 §2.1) and `|`.
import { describe, expect, it } from 'vitest'
import { defaultHeader } from '../../src/contract/default-contract.ts'
import { isAccessToken } from '../../src/lib/access-token.ts'
import { isAuthError } from '../../src/lib/errors.ts'
import { readReissuedHeader } from '../../src/request/reissued-header.ts'
import { readTokenResponse } from '../support/tokens.ts'

const units = Array.from({ length: 65_536 }, (_, unit) => String.fromCharCode(unit))
const visible = units.slice(0x21, 0x7f)
const alphabet = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/|')

const positions: readonly [string, (unit: string) => string, ReadonlySet<string>][] = [
  ['at the start', (unit) => `${unit}token`, alphabet],
  ['within', (unit) => `to${unit}ken`, alphabet],
  ['at the end', (unit) => `token${unit}`, new Set([...alphabet, '='])]
]

function issues(accessToken: string): boolean {
  try {
    return readTokenResponse({ access_token: accessToken }).accessToken === accessToken
  } catch (error) {
    if (isAuthError(error, 'ERR_AUTH_RESPONSE_MALFORMED')) return false
    throw error
  }
}

function reissues(accessToken: string): boolean {
  const header = readReissuedHeader(defaultHeader, `Bearer ${accessToken}`)
  return header.kind === 'token' && header.accessToken === accessToken
}

describe.each(positions)('a character %s of the token', (_, put, allowed) => {
  it.each([
    ['isAccessToken', isAccessToken],
    ['the token response reader', issues]
  ])('%s accepts exactly the visible characters of ASCII', (_reader, accepts) => {
    expect(units.filter((unit) => accepts(put(unit)))).toEqual(visible)
  })

  it('the re-issue header reader accepts exactly the characters of a b64token and the vertical bar', () => {
    expect(new Set(units.filter((unit) => reissues(put(unit))))).toEqual(allowed)
  })
})
