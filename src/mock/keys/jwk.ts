// What is looked for in a key before it is believed: its kind, its one algorithm, its purpose and its strength.
import type { JWK } from 'jose'
import * as codec from 'jose/base64url'
import { describe, invalid, isRecord, shapeOf } from '../lib/checks.ts'
import { fits, isOneOf, nameAmong, type VerifyAlgorithm } from './algorithms.ts'

/** A key that may be used: which algorithm, and with or without its private half. */
export interface CheckedJwk<Alg extends VerifyAlgorithm> {
  readonly alg: Alg
  readonly jwk: JWK
  readonly isPrivate: boolean
}

/** A single character more than a multiple of four holds no byte. */
const base64urlPattern = /^(?!$)(?:[\w-]{4})*(?:[\w-]{2,3})?$/
const leastSecretBits = 256
const leastModulusBits = 2048
/** What only the holder of a key knows of it (RFC 7518 §6.2.2, §6.3.2; RFC 8037 §2). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth']
const publicMembers: Readonly<Record<string, readonly string[]>> = {
  oct: ['k'],
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x']
}

/**
 * The key, if it can be used with one of these algorithms. Where neither `given` nor the key names its algorithm, it is
 * the first of `algorithms` that takes such a key.
 */
export function checkJwk<Alg extends VerifyAlgorithm>(
  name: string,
  value: unknown,
  algorithms: readonly Alg[],
  { alg: given, caller }: { readonly alg?: unknown; readonly caller?: string | undefined } = {}
): CheckedJwk<Alg> {
  const insist = (isRight: boolean, member: string, expectation: string, received: string) => {
    if (!isRight) throw invalid(name + member, expectation, received, caller)
  }
  if (!isRecord(value)) throw invalid(name, 'a JSON Web Key (RFC 7517)', describe(value), caller)
  const { kty, crv, use, key_ops: operations } = value
  const own = nameAmong(algorithms, value.alg)
  const named = given === undefined ? own : nameAmong(algorithms, given)
  const alg = named === undefined ? algorithms.find((known) => fits(known, kty, crv)) : named
  if (!isOneOf(algorithms, alg)) {
    const expectation = `one of ${algorithms.join(', ')}`
    throw invalid(
      `${name}.alg`,
      expectation,
      named === undefined ? kind(value) : describe(named),
      caller
    )
  }
  // Two answers to the question which algorithm this key is for would be one too many (RFC 8725 §3.1).
  const isNamedOnce = own === undefined || own === alg
  insist(isNamedOnce, '.alg', `${alg}, the algorithm of the key`, describe(value.alg))
  insist(fits(alg, kty, crv), '', `a key for ${alg}`, kind(value))
  insist(use === undefined || use === 'sig', '.use', "'sig'", describe(use))
  const areForSignatures = operations === undefined || allowSignatures(operations)
  insist(areForSignatures, '.key_ops', "a list with 'sign' or 'verify'", describe(operations))
  const members = publicMembers[String(kty)] ?? []
  for (const member of members.filter((each) => each !== 'crv')) {
    const isText = typeof value[member] === 'string' && base64urlPattern.test(value[member])
    // Never the value itself: of a symmetric key it is the secret.
    insist(isText, `.${member}`, 'base64url (RFC 4648 §5)', shapeOf(value[member]))
  }
  if (kty === 'oct') {
    const expectation = `at least ${leastSecretBits} bits (RFC 7518 §3.2)`
    insist(bitsOf(value.k) >= leastSecretBits, '.k', expectation, `${bitsOf(value.k)} bits`)
  }
  if (kty === 'RSA') {
    const expectation = `at least ${leastModulusBits} bits (RFC 7518 §3.3)`
    const modulusBits = bitsOfNumber(value.n)
    insist(modulusBits >= leastModulusBits, '.n', expectation, `${modulusBits} bits`)
    // With an exponent of 1 the signature is the padded message itself, and anybody can write it.
    const [most = 0, ...more] = significantBytes(value.e)
    const least = more.at(-1) ?? most
    const isExponent = least % 2 === 1 && (more.length > 0 || most >= 3)
    insist(isExponent, '.e', 'an odd public exponent of 3 or more', 'another number')
  }
  const isPrivate = kty === 'oct' || typeof value.d === 'string'
  const stored = ['kty', ...members, ...(isPrivate ? privateMembers : [])]
  return { alg, jwk: pick(value, stored), isPrivate }
}

/** What everybody may know of a key; nothing of a symmetric one. */
export function publicHalf(jwk: JWK): JWK | undefined {
  return jwk.kty === 'oct' ? undefined : pick(jwk, ['kty', ...(publicMembers[jwk.kty ?? ''] ?? [])])
}

function pick(source: object, members: readonly string[]): JWK {
  const given = members.filter((member) => Object.hasOwn(source, member))
  return Object.fromEntries(given.map((member) => [member, Reflect.get(source, member)]))
}

/** The bytes of a number without its leading zeros, which say nothing of its size. */
function significantBytes(base64url: unknown): readonly number[] {
  const bytes = [...codec.decode(String(base64url))]
  const first = bytes.findIndex((byte) => byte !== 0)
  return first === -1 ? [] : bytes.slice(first)
}

function bitsOfNumber(base64url: unknown): number {
  const [most = 0, ...more] = significantBytes(base64url)
  return more.length * 8 + 32 - Math.clz32(most)
}

/** Whole bytes only: six bits a character, and what is left over is padding. */
function bitsOf(base64url: unknown): number {
  return Math.floor((String(base64url).length * 6) / 8) * 8
}

function allowSignatures(operations: unknown): boolean {
  return Array.isArray(operations) && operations.some((each) => /^(?:sign|verify)$/.test(each))
}

function kind({ kty, crv }: Readonly<Record<string, unknown>>): string {
  return crv === undefined
    ? `kty ${describe(kty)}`
    : `kty ${describe(kty)} with crv ${describe(crv)}`
}
