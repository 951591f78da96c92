// Token claims: read from JWTs, and ignored if malformed.
import { expect, it } from 'vitest'
import { readClaims } from '../../src/lib/access-token.ts'
import { parseCredential } from '../../src/lib/credential.ts'

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const jwt = (payload: unknown, header: unknown = { alg: 'HS256', kid: 'k1' }) =>
  `${encode(header)}.${encode(payload)}.c2ln`
const nothing = { kid: 'k1', sid: undefined, iat: undefined, exp: undefined }

it('reads kid, sid, iat and exp from a JWT, and its whole payload', () => {
  const payload = { sub: 'u', sid: 's', iat: 1, exp: 2, role: 'admin' }
  expect(readClaims(jwt(payload))).toEqual({ payload, kid: 'k1', sid: 's', iat: 1, exp: 2 })
})

it('reads a subject that is not ASCII', () => {
  expect(readClaims(jwt({ sub: 'Zoë 🍓' }))?.payload.sub).toBe('Zoë 🍓')
})

it.each([
  ['numbers as strings', { iat: '1', exp: '2' }],
  ['infinite and negative numbers', '{"iat":1e400,"exp":-1}'],
  ['zero', { iat: 0, exp: 0 }],
  ['a session ID that is not a string', { sub: { toString: 'x' }, sid: 7 }],
  [
    'prototype keys',
    '{"__proto__":{"sub":"admin","exp":9},"constructor":{"prototype":{"sid":"x"}}}'
  ]
])('ignores claims with %s', (_, payload) => {
  expect(readClaims(jwt(payload))).toMatchObject(nothing)
  expect(Object.hasOwn(Object.prototype, 'sub')).toBe(false)
})

it.each([
  '',
  'opaque',
  'a.b',
  'a.b.c',
  '..',
  'a.b.c.d.e',
  jwt([1, 2]),
  jwt(null),
  jwt('"text"'),
  `${encode('{"alg":')}.${encode({})}.x`,
  `${encode({})}.${encode('{"sub":"u"')}.x`,
  `${encode({})}.%%%.x`
])('treats the token %j as opaque', (token) => {
  expect(readClaims(token)).toBe(undefined)
})

it('accepts a re-issued token only if it is one credential', () => {
  const read = (token: unknown) => parseCredential({ header: 'Authorization', scheme: '' }, token)
  for (const token of ['a', 'a.b-c_d~e+f/g', 'abc==', '12|secret', 'a'.repeat(8192)])
    expect(read(token)).toBe(token)
  for (const token of [
    '',
    '=',
    'a=b',
    'a b',
    'a,b',
    '"a"',
    'a\r\nb',
    'a\u0000',
    'é',
    'a'.repeat(8193),
    7,
    null,
    undefined,
    {}
  ]) {
    expect(read(token)).toBeUndefined()
  }
})
