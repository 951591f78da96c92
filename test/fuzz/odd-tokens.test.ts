// Odd tokens: reading any token never throws, and yields only well-formed claims.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultHeader } from '../../src/contract/default-contract.ts'
import { isAccessToken, type readClaims } from '../../src/lib/access-token.ts'
import { parseCredential } from '../../src/lib/credential.ts'
import { isAuthError } from '../../src/lib/errors.ts'
import { readReissuedHeader } from '../../src/request/reissued-header.ts'
import { bareToken, readTokenResponse, receiveToken } from '../support/tokens.ts'

const encode = (text: string) => Buffer.from(text).toString('base64url')
const header = encode('{"alg":"HS256","kid":"k1"}')
const good = encode('{"sub":"u1","iat":1767225600,"exp":1767225900}')
const withPayload = (text: string) => `${header}.${encode(text)}.c2ln`

const oddTokens: readonly [string, string][] = [
  ...[1, 2, 3, 4, 5, 6, 7].map((count): [string, string] => [
    `${count} parts`,
    [header, good, ...Array<string>(5).fill('c2ln')].slice(0, count).join('.')
  ]),
  ['a JWE', `${encode('{"alg":"dir","enc":"A128GCM"}')}..aXY.Y2lwaGVy.dGFn`],
  ['empty parts', '..'],
  ['an empty payload', `${header}..c2ln`],
  ['an empty header', `.${good}.c2ln`],
  ['JSON serialization', `{"payload":"${good}","protected":"${header}","signature":"c2ln"}`],
  [
    'a payload in plain base64',
    `${header}.${Buffer.from('{"sub":"ÿÿ?"}').toString('base64')}.c2ln`
  ],
  ['a payload with padding', `${header}.${good}==.c2ln`],
  ['a payload that is cut', `${header}.${good.slice(0, -3)}.c2ln`],
  ['a payload of one letter', `${header}.A.c2ln`],
  ['a payload with a line break', `${header}.${good.slice(0, 9)}\n${good.slice(9)}.c2ln`],
  ['a byte order mark before it', `\ufeff${header}.${good}.c2ln`],
  ['a byte order mark in the payload', withPayload('\ufeff{"sub":"u1"}')],
  [
    'bytes that are not UTF-8',
    `${header}.${Buffer.from([123, 255, 254, 125]).toString('base64url')}.c2ln`
  ],
  ['UTF-16', `${header}.${Buffer.from('{"sub":"u1"}', 'utf16le').toString('base64url')}.c2ln`],
  ['an array', withPayload('[{"sub":"u1"}]')],
  ['null', withPayload('null')],
  ['a number', withPayload('5')],
  ['text', withPayload('"sub"')],
  ['text that is not JSON', withPayload('sub=u1')],
  ['JSON and more', withPayload('{"sub":"u1"} {"sub":"u2"}')],
  ['a comment', withPayload('{"sub":"u1"/* ada */}')],
  ['200 levels of depth', withPayload(`${'['.repeat(200)}${']'.repeat(200)}`)],
  ['3000 levels of depth', withPayload(`${'['.repeat(3000)}${']'.repeat(3000)}`)]
]

const dates: readonly [string, string, number | undefined][] = [
  ['twice', '{"exp":1,"exp":2}', 2],
  ['as text', '{"exp":"1767225900"}', undefined],
  ['as text in a number', '{"exp":"1e3"}', undefined],
  ['of -1', '{"exp":-1}', undefined],
  ['of 0', '{"exp":0}', undefined],
  ['of -0', '{"exp":-0}', undefined],
  ['of 1e400', '{"exp":1e400}', undefined],
  ['of -1e400', '{"exp":-1e400}', undefined],
  ['of 1e308', '{"exp":1e308}', 1e308],
  ['in milliseconds', '{"exp":1767225900000}', 1767225900000],
  ['with a fraction', '{"exp":1767225900.5}', 1767225900.5],
  ['of true', '{"exp":true}', undefined],
  ['of null', '{"exp":null}', undefined],
  ['in a list', '{"exp":[1767225900]}', undefined],
  ['in an object', '{"exp":{"valueOf":1}}', undefined],
  ['of the prototype', '{"__proto__":{"exp":1767225900}}', undefined],
  ['in capitals', '{"EXP":1767225900}', undefined]
]

/** Feeds a value to every reader of tokens and returns its claims. */
function read(token: unknown): ReturnType<typeof readClaims> {
  const isSendable = isAccessToken(token)
  const reissued = readReissuedHeader(defaultHeader, `Bearer ${String(token)}`)
  const isCredential = parseCredential({ header: '', scheme: '' }, token) !== undefined
  expect(reissued.kind).toBe(isCredential ? 'token' : 'malformed')
  try {
    expect(readTokenResponse({ access_token: token }).accessToken).toBe(token)
    expect(isSendable).toBe(true)
  } catch (error) {
    expect(isAuthError(error, 'ERR_AUTH_RESPONSE_MALFORMED')).toBe(true)
    expect(isSendable).toBe(false)
  }
  if (typeof token !== 'string') return undefined
  const { lifetimeSeconds, claims } = receiveToken(bareToken(token), { wallMs: 0, monotonicMs: 0 })
  expect(lifetimeSeconds === undefined || (lifetimeSeconds >= 1 && lifetimeSeconds < 4e9)).toBe(
    true
  )
  const { payload: _, ...known } = claims ?? {}
  for (const claim of Object.values(known)) {
    expect(['undefined', 'string', 'number']).toContain(typeof claim)
    if (typeof claim === 'number') expect(Number.isFinite(claim) && claim > 0).toBe(true)
  }
  return claims
}

it.each(oddTokens)('reads an odd token without throwing: %s', (_, token) => {
  expect(() => read(token)).not.toThrow()
})

it.each(dates)('reads an exp claim only if it is a valid number: %s', (_, text, exp) => {
  expect(read(withPayload(text))?.exp).toBe(exp)
})

it.each([undefined, null, 5, true, {}, [], ['a.b.c'], Symbol('a'), () => 'a'])(
  'refuses %o as a token',
  (value) => {
    expect(isAccessToken(value)).toBe(false)
    expect(() => readTokenResponse({ access_token: value })).toThrow(/expected a token response/)
  }
)

// The vectors of C2SP/wycheproof are not part of the repository. `WYCHEPROOF_PATH` names their
// folder.
const vectorsPath =
  process.env.WYCHEPROOF_PATH ?? join(import.meta.dirname, '../../../shared/data/wycheproof')
const vectorFiles = [
  'json_web_signature_test.json',
  'json_web_crypto_test.json',
  'json_web_key_test.json'
]
const found = vectorFiles.filter((file) => existsSync(join(vectorsPath, file)))
const missing = vectorFiles.filter((file) => !found.includes(file))
if (missing.length > 0) {
  console.warn(
    `Skipped the Wycheproof vectors ${missing.join(', ')}: they are not in ${vectorsPath}.`
  )
}

interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly jws?: unknown
  readonly jwe?: unknown
}

function readVectors(file: string): readonly Vector[] {
  const { testGroups } = JSON.parse(readFileSync(join(vectorsPath, file), 'utf8'))
  return testGroups.flatMap(({ tests }: { tests: readonly Vector[] }) => tests)
}

for (const file of found) {
  describe(file, () => {
    const vectors = readVectors(file)

    it.each(vectors)('reads vector $tcId without throwing: $comment', ({ jws, jwe }) => {
      const token = jws ?? jwe
      expect(token).not.toBe(undefined)
      expect(() => read(token)).not.toThrow()
      // So does every truncated vector.
      const text = typeof token === 'string' ? token : JSON.stringify(token)
      for (let length = 0; length < text.length; length += 7) read(text.slice(0, length))
    })

    it('runs as many vectors as the file declares', () => {
      const { numberOfTests } = JSON.parse(readFileSync(join(vectorsPath, file), 'utf8'))
      expect(vectors).toHaveLength(numberOfTests)
    })
  })
}
