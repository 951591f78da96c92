// JWK check: kind, algorithm, purpose and strength of a given key.
import type { JWK } from 'jose'
import * as codec from 'jose/base64url'
import { describe, invalid, isRecord, shapeOf } from '../lib/checks.ts'
import { isOneOf, nameAmong, takesKind, type VerifyAlgorithm } from './algorithms.ts'

/** A valid key, reduced to the members that it needs. */
export interface CheckedJwk<Alg extends VerifyAlgorithm> {
  readonly alg: Alg
  readonly jwk: JWK
  readonly isPrivate: boolean
}

interface JwkCheckOptions {
  /** The algorithm that the option beside the JWK names. */
  readonly alg?: unknown
  readonly caller?: string | undefined
}

/** Base64url of whole bytes: one character more than a multiple of four encodes no byte. */
const base64urlPattern = /^(?!$)(?:[\w-]{4})*(?:[\w-]{2,3})?$/
const leastSecretBits = 256
const leastModulusBits = 2048
/** Members of the private half (RFC 7518 §6.2.2, §6.3.2; RFC 8037 §2). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth']
const publicMembers: Readonly<Record<string, readonly string[]>> = {
  oct: ['k'],
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x']
}

/**
 * Checks a JWK for use with one of these algorithms. If neither the option nor the JWK names one,
 * it is the first of `algorithms` that takes such a key.
 * @throws TypeError that names the member, and never contains key material
 */
export function checkJwk<Alg extends VerifyAlgorithm>(
  name: string,
  value: unknown,
  algorithms: readonly Alg[],
  { alg: given, caller }: JwkCheckOptions = {}
): CheckedJwk<Alg> {
  function insist(isValid: boolean, member: string, expectation: string, received: string): void {
    if (!isValid) throw invalid(name + member, expectation, received, caller)
  }

  if (!isRecord(value)) throw invalid(name, 'a JSON Web Key (RFC 7517)', describe(value), caller)
  const { kty, crv, use, key_ops: operations } = value
  const own = nameAmong(algorithms, value.alg)
  const named = given === undefined ? own : nameAmong(algorithms, given)
  const alg = named === undefined ? algorithms.find((each) => takesKind(each, kty, crv)) : named
  if (!isOneOf(algorithms, alg)) {
    const received = named === undefined ? kindOf(value) : describe(named)
    throw invalid(`${name}.alg`, `one of ${algorithms.join(', ')}`, received, caller)
  }
  // A key is for one algorithm only (RFC 8725 §3.1).
  const isConsistent = own === undefined || own === alg
  insist(isConsistent, '.alg', `${alg}, the algorithm of the key`, describe(value.alg))
  insist(takesKind(alg, kty, crv), '', `a key for ${alg}`, kindOf(value))
  insist(use === undefined || use === 'sig', '.use', "'sig'", describe(use))
  const allowsSignatures = operations === undefined || allowSignatures(operations)
  insist(allowsSignatures, '.key_ops', "a list with 'sign' or 'verify'", describe(operations))
  const members = publicMembers[String(kty)] ?? []
  for (const member of members.filter((each) => each !== 'crv')) {
    const isText = typeof value[member] === 'string' && base64urlPattern.test(value[member])
    // `shapeOf`, because the member `k` of a symmetric key is the secret.
    insist(isText, `.${member}`, 'base64url (RFC 4648 §5)', shapeOf(value[member]))
  }
  if (kty === 'oct') {
    const expectation = `at least ${leastSecretBits} bits (RFC 7518 §3.2)`
    const bits = bitsOf(value.k)
    insist(bits >= leastSecretBits, '.k', expectation, `${bits} bits`)
  }
  if (kty === 'RSA') {
    const expectation = `at least ${leastModulusBits} bits (RFC 7518 §3.3)`
    const bits = bitsOfNumber(value.n)
    insist(bits >= leastModulusBits, '.n', expectation, `${bits} bits`)
    const isExponent = isPublicExponent(value.e)
    insist(isExponent, '.e', 'an odd public exponent of 3 or more', 'another number')
  }
  const isPrivate = kty === 'oct' || typeof value.d === 'string'
  const kept = ['kty', ...members, ...(isPrivate ? privateMembers : [])]
  return { alg, jwk: pick(value, kept), isPrivate }
}

/** The public half of a key. `undefined` for a symmetric key. */
export function publicHalf(jwk: JWK): JWK | undefined {
  return jwk.kty === 'oct' ? undefined : pick(jwk, ['kty', ...(publicMembers[jwk.kty ?? ''] ?? [])])
}

function pick(source: object, members: readonly string[]): JWK {
  const given = members.filter((member) => Object.hasOwn(source, member))
  return Object.fromEntries(given.map((member) => [member, Reflect.get(source, member)]))
}

/** With exponent 1 a signature is the padded message itself and needs no private key. */
function isPublicExponent(base64url: unknown): boolean {
  const [first = 0, ...rest] = significantBytes(base64url)
  const last = rest.at(-1) ?? first
  return last % 2 === 1 && (rest.length > 0 || first >= 3)
}

/** The bytes of a number without leading zeros. */
function significantBytes(base64url: unknown): readonly number[] {
  const bytes = [...codec.decode(String(base64url))]
  const first = bytes.findIndex((byte) => byte !== 0)
  return first === -1 ? [] : bytes.slice(first)
}

function bitsOfNumber(base64url: unknown): number {
  const [first = 0, ...rest] = significantBytes(base64url)
  return rest.length * 8 + 32 - Math.clz32(first)
}

/** Bits in whole bytes: each character encodes six bits, and the remainder is padding. */
function bitsOf(base64url: unknown): number {
  return Math.floor((String(base64url).length * 6) / 8) * 8
}

function allowSignatures(operations: unknown): boolean {
  return Array.isArray(operations) && operations.some((each) => /^(?:sign|verify)$/.test(each))
}

function kindOf({ kty, crv }: Readonly<Record<string, unknown>>): string {
  return crv === undefined
    ? `kty ${describe(kty)}`
    : `kty ${describe(kty)} with crv ${describe(crv)}`
}
