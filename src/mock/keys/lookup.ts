// Key look-up: finds the keys that may have signed a token, by its `kid` (RFC 8725 §3.1, §3.10).

import { decodeProtectedHeader } from 'jose/decode/protected_header'
import type { CallFacts } from '../calls/call.ts'
import type { TokenRefusal } from '../calls/outcomes.ts'
import { isOneOf, issuerAlgorithms, ownAlgorithms } from './algorithms.ts'
import { accessTokenType } from './given-key.ts'
import type { Issuers } from './issuers.ts'
import type { Key } from './key.ts'
import type { KeyRing } from './key-ring.ts'

/** The values that a token must have, depending on its issuer. */
interface ExpectedToken {
  readonly issuer: string
  readonly audience: string
  readonly typ: string
}

/** A key that may have signed the token, and what the token must then contain. */
export interface Candidate {
  readonly key: Key
  readonly expected: ExpectedToken
  /** Whether the key, and with it the session of the token, belongs to the server itself. */
  readonly isOwn: boolean
}

export interface RefusedToken {
  readonly kind: 'refused'
  readonly reason: TokenRefusal
  readonly facts: CallFacts
}

type Lookup = { readonly kind: 'found'; readonly candidates: readonly Candidate[] } | RefusedToken

export type LookUpKeys = (token: string) => Lookup

export interface KeyLookupDeps {
  readonly ring: Pick<KeyRing, 'find' | 'findRetired' | 'signers'>
  readonly issuers: Pick<Issuers, 'find'>
  readonly issuer: string
  readonly audience: string
  readonly tokensWithoutKid: 'refuse' | 'try-keys'
}

/** Header parameters that carry or locate a key, which an attacker chooses (RFC 7515 §4.1). */
const keyParameters = ['jwk', 'jku', 'x5u', 'x5c']
const algorithms = [...ownAlgorithms, ...issuerAlgorithms]

export function createKeyLookup({
  ring,
  issuers,
  issuer,
  audience,
  tokensWithoutKid
}: KeyLookupDeps): LookUpKeys {
  const expected: ExpectedToken = { issuer, audience, typ: accessTokenType }

  function find(kid: string): Candidate | undefined {
    const key = ring.find(kid)
    if (key !== undefined) return { key, expected, isOwn: true }
    const foreign = issuers.find(kid)
    if (foreign === undefined) return undefined
    // The key determines the issuer, so that no issuer can sign for another.
    const { issuer, typ } = foreign
    const ofIssuer = { issuer, audience: foreign.audience ?? audience, typ }
    return { key: foreign, expected: ofIssuer, isOwn: false }
  }

  function lookUpWithoutKid(alg: string): Lookup {
    if (tokensWithoutKid === 'refuse') return refused('missing_kid')
    const keys = ring.signers().filter((key) => key.alg === alg)
    if (keys.length === 0) return refused('alg_not_allowed')
    return { kind: 'found', candidates: keys.map((key) => ({ key, expected, isOwn: true })) }
  }

  return (token) => {
    const header = readHeader(token)
    if (header === undefined) return refused('malformed_token')
    const { alg, kid } = header
    if (!isOneOf(algorithms, alg)) return refused('alg_not_allowed')
    if (keyParameters.some((name) => Object.hasOwn(header, name))) return refused('key_in_header')
    if (kid === undefined) return lookUpWithoutKid(alg)
    if (typeof kid !== 'string') return refused('missing_kid')
    const candidate = find(kid)
    if (candidate === undefined) {
      const isRetired = ring.findRetired(kid) !== undefined
      return refused(isRetired ? 'retired_key' : 'unknown_kid', { kid })
    }
    // The key determines the algorithm. If the token did, a public key could serve as HMAC secret.
    if (candidate.key.alg !== alg) return refused('alg_not_allowed', { kid })
    return { kind: 'found', candidates: [candidate] }
  }
}

export function refused(reason: TokenRefusal, facts: CallFacts = {}): RefusedToken {
  return { kind: 'refused', reason, facts }
}

function readHeader(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return decodeProtectedHeader(token)
  } catch {
    return undefined
  }
}
