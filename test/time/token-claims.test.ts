// Token claims: read from JWTs, and ignored if malformed.
import { expect, it } from 'vitest'
import { isAccessToken, readClaims } from '../../src/lib/access-token.ts'

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const jwt = (payload: unknown, header: unknown = { alg: 'HS256', kid: 'k1' }) =>
  `${encode(header)}.${encode(payload)}.c2ln`
const nothing = { kid: 'k1', sub: undefined, sid: undefined, iat: undefined, exp: undefined }

it('reads kid, sub, sid, iat and exp from a JWT', () => {
  expect(readClaims(jwt({ sub: 'u', sid: 's', iat: 1, exp: 2, role: 'admin' }))).toEqual({
    kid: 'k1',
    sub: 'u',
    sid: 's',
    iat: 1,
    exp: 2
  })
})

it('reads a subject that is not ASCII', () => {
  expect(readClaims(jwt({ sub: 'Zoë 🍓' }))?.sub).toBe('Zoë 🍓')
})

it.each([
  ['numbers as strings', { iat: '1', exp: '2' }],
  ['infinite and negative numbers', '{"iat":1e400,"exp":-1}'],
  ['zero', { iat: 0, exp: 0 }],
  ['a subject that is not a string', { sub: { toString: 'x' }, sid: 7 }],
  [
    'prototype keys',
    '{"__proto__":{"sub":"admin","exp":9},"constructor":{"prototype":{"sid":"x"}}}'
  ]
])('ignores claims with %s', (_, payload) => {
  expect(readClaims(jwt(payload))).toEqual(nothing)
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

it('accepts exactly the tokens of the Bearer syntax (RFC 6750 §2.1)', () => {
  for (const token of ['a', 'a.b-c_d~e+f/g', 'abc==', 'a'.repeat(8192)])
    expect(isAccessToken(token)).toBe(true)
  for (const token of [
    '',
    '=',
    'a=b',
    'a b',
    'a,b',
    'a\r\nb',
    'a\u0000',
    'é',
    'a'.repeat(8193),
    7,
    null,
    undefined,
    {}
  ]) {
    expect(isAccessToken(token)).toBe(false)
  }
})
