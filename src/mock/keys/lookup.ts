// From a token's header to the keys that may have signed it: one, by its `kid` (RFC 8725 §3.1, §3.10).

import { decodeProtectedHeader } from 'jose/decode/protected_header'
import type { CallFacts } from '../calls/call.ts'
import type { TokenRefusal } from '../calls/outcomes.ts'
import { isOneOf, issuerAlgorithms, ownAlgorithms } from './algorithms.ts'
import type { Key } from './key.ts'

/** What an issuer's tokens must say. */
export interface Expectation {
  readonly issuer: string
  readonly audience: string
  readonly typ: string
}

/** A key that may have signed, and what its tokens must say. */
export interface Candidate {
  readonly key: Key
  readonly expected: Expectation
  /** Is the key the server's own, and so the session as well? */
  readonly isOwn: boolean
}

export type Lookup =
  | { readonly kind: 'found'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'refused'; readonly reason: TokenRefusal; readonly facts: CallFacts }

/** Where keys are found. */
export interface KeyLookup {
  find(kid: string): Candidate | undefined
  /** Was there such a key once? */
  wasRetired(kid: string): boolean
  /** What is tried where a token names no key; nothing where such tokens are refused. */
  withoutKid(): readonly Candidate[]
}

/** Ways to send a key along, or to have one fetched (RFC 7515 §4.1.2 to §4.1.6): who signs would choose who checks. */
const keyBringers = ['jwk', 'jku', 'x5u', 'x5c']
const algorithms = [...ownAlgorithms, ...issuerAlgorithms]

/** Looked up, never tried one after the other: a token that names no key of ours has none of our signatures. */
export function lookUpKey(token: string, lookup: KeyLookup): Lookup {
  const header = readHeader(token)
  if (header === undefined) return refused('malformed_token')
  const { alg, kid } = header
  if (!isOneOf(algorithms, alg)) return refused('alg_not_allowed')
  if (keyBringers.some((name) => Object.hasOwn(header, name))) return refused('key_in_header')
  if (typeof kid !== 'string') {
    const all = kid === undefined ? lookup.withoutKid() : []
    const candidates = all.filter((candidate) => candidate.key.alg === alg)
    if (all.length === 0) return refused('missing_kid')
    return candidates.length === 0 ? refused('alg_not_allowed') : { kind: 'found', candidates }
  }
  const candidate = lookup.find(kid)
  if (candidate === undefined) {
    return refused(lookup.wasRetired(kid) ? 'retired_key' : 'unknown_kid', { kid })
  }
  // The key knows what it is for. Were the token believed, a public key would do as an HMAC secret.
  if (candidate.key.alg !== alg) return refused('alg_not_allowed', { kid })
  return { kind: 'found', candidates: [candidate] }
}

function readHeader(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return decodeProtectedHeader(token)
  } catch {
    return undefined
  }
}

function refused(reason: TokenRefusal, facts: CallFacts = {}): Lookup {
  return { kind: 'refused', reason, facts }
}
