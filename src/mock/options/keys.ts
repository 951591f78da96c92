// Key options: which keys the server has, what they sign with, and which issuers it trusts.
import { issuerAlgorithms, type MockAlgorithm, ownAlgorithms } from '../keys/algorithms.ts'
import type { GivenKey, MockIssuer, MockKey, TrustedIssuer } from '../keys/given-key.ts'
import { checkJwk } from '../keys/jwk.ts'
import type { KeySettings } from '../keys/registry.ts'
import {
  describe,
  invalid,
  isRecord,
  oneOf,
  ownOptions,
  refuseTwice,
  seconds,
  shapeOf,
  text
} from '../lib/checks.ts'
import { base64url } from '../lib/random.ts'

export interface MockKeyOptions {
  /**
   * What keys that the server makes itself sign with. Default `HS256`. An asymmetric pair is made when it is first
   * needed, so the server is there at once all the same; `ready()` makes it beforehand.
   */
  readonly alg?: MockAlgorithm
  /** The first key signs, the others only verify. Default: one generated key of 256 bits. */
  readonly keys?: readonly MockKey[]
  /** Whose else access tokens are accepted. Default: nobody's. `trustIssuer` adds one later. */
  readonly issuers?: readonly MockIssuer[]
  /**
   * What becomes of an access token that names no key. Default `refuse`: a key is looked up, never guessed. `try-keys`
   * is for servers that began without `kid`: the key that signs is tried first, then those that verify.
   */
  readonly tokensWithoutKid?: 'refuse' | 'try-keys'
  /**
   * How far other clocks may be off when `exp` and `nbf` are checked, in whole seconds, 0 to 3 600 (RFC 7519 §4.1.4).
   * Default 0.
   */
  readonly clockToleranceSeconds?: number
  /**
   * How long others may keep the JWK Set, in whole seconds, 0 to 86 400: the `max-age` of its `Cache-Control`. Default
   * 300. A key has to be published that long before it signs, or some verifier does not know it yet.
   */
  readonly jwksMaxAgeSeconds?: number
}

const leastSecretBytes = 32

export const keyOptionNames: readonly (keyof MockKeyOptions)[] = [
  'alg',
  'keys',
  'issuers',
  'tokensWithoutKid',
  'clockToleranceSeconds',
  'jwksMaxAgeSeconds'
]

export function readKeySettings(options: MockKeyOptions, ownIssuer: string): KeySettings {
  const keys = readKeys(options.keys)
  const issuers = readIssuers(options.issuers, ownIssuer)
  refuseTwice(
    'the kid of each key, the issuers’ included,',
    [...keys, ...issuers.flatMap((issuer) => issuer.keys)].map((key) => key.kid)
  )
  return {
    alg: oneOf('alg', options.alg ?? 'HS256', ownAlgorithms),
    keys,
    issuers,
    tokensWithoutKid: oneOf('tokensWithoutKid', options.tokensWithoutKid ?? 'refuse', [
      'refuse',
      'try-keys'
    ]),
    clockToleranceSeconds: seconds(
      'clockToleranceSeconds',
      options.clockToleranceSeconds ?? 0,
      0,
      3600
    ),
    jwksMaxAgeSeconds: seconds('jwksMaxAgeSeconds', options.jwksMaxAgeSeconds ?? 300, 0, 86_400)
  }
}

function readKeys(keys: unknown): readonly GivenKey<MockAlgorithm>[] {
  if (keys === undefined) return []
  if (!Array.isArray(keys) || keys.length === 0) {
    throw invalid('keys', 'an array of at least one key', shapeOf(keys))
  }
  const read = keys.map((key: unknown, index) => readKey(`keys[${index}]`, key))
  refuseTwice(
    'keys[].kid',
    read.map((key) => key.kid)
  )
  const [first] = read
  if (first !== undefined && !first.isPrivate) {
    throw invalid('keys[0]', 'a key that can sign', 'a public key')
  }
  return read
}

/** One key of the server's own, wherever it comes from. */
export function readKey(name: string, given: unknown, caller?: string): GivenKey<MockAlgorithm> {
  const key = ownOptions(name, given, ['kid', 'secret', 'alg', 'jwk'], { caller })
  if (key.jwk !== undefined) {
    if (key.secret !== undefined) {
      throw invalid(name, 'either a secret or a jwk', 'both', caller)
    }
    const checked = checkJwk(`${name}.jwk`, key.jwk, ownAlgorithms, { alg: key.alg, caller })
    return { kid: text(`${name}.kid`, key.kid, caller), ...checked }
  }
  const { kid, secret, alg = 'HS256' } = key
  oneOf(`${name}.alg`, alg, ['HS256'], caller)
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : undefined
  if (bytes === undefined || bytes.length < leastSecretBytes) {
    const received = bytes === undefined ? typeof secret : `${bytes.length} bytes`
    throw invalid(`${name}.secret`, 'a string of at least 32 bytes', received, caller)
  }
  const jwk = { kty: 'oct', k: base64url(bytes) }
  return { kid: text(`${name}.kid`, kid, caller), alg: 'HS256', jwk, isPrivate: true }
}

function readIssuers(issuers: unknown, ownIssuer: string): readonly TrustedIssuer[] {
  if (issuers === undefined) return []
  if (!Array.isArray(issuers)) throw invalid('issuers', 'an array', describe(issuers))
  const read = issuers.map((issuer: unknown, index) =>
    readIssuer(`issuers[${index}]`, issuer, ownIssuer)
  )
  refuseTwice(
    'issuers[].issuer',
    read.map((issuer) => issuer.issuer)
  )
  return read
}

/** One external issuer. Its JWK Set is public by nature: whatever is secret in there has leaked. */
export function readIssuer(
  name: string,
  given: unknown,
  ownIssuer: string,
  caller?: string
): TrustedIssuer {
  const value = ownOptions(name, given, ['issuer', 'jwks', 'audience', 'typ'], { caller })
  const { jwks, audience } = value
  const issuer = text(`${name}.issuer`, value.issuer, caller)
  if (issuer === ownIssuer) {
    throw invalid(
      `${name}.issuer`,
      'an issuer other than the server itself',
      describe(issuer),
      caller
    )
  }
  if (!isRecord(jwks) || !Array.isArray(jwks.keys)) {
    throw invalid(`${name}.jwks`, 'a JWK Set (RFC 7517 §5)', describe(jwks), caller)
  }
  const keys = jwks.keys.flatMap((jwk: unknown, index): GivenKey[] => {
    const place = `${name}.jwks.keys[${index}]`
    // A set may hold keys for encryption as well; they are none of ours (RFC 7517 §5).
    if (isRecord(jwk) && jwk.use === 'enc') return []
    const checked = checkJwk(place, jwk, issuerAlgorithms, { caller })
    if (checked.isPrivate) throw invalid(place, 'a public key', 'a private one', caller)
    return [{ kid: text(`${place}.kid`, isRecord(jwk) ? jwk.kid : undefined, caller), ...checked }]
  })
  refuseTwice(
    `${name}.jwks.keys[].kid`,
    keys.map((key) => key.kid),
    caller
  )
  return {
    issuer,
    audience: audience === undefined ? undefined : text(`${name}.audience`, audience, caller),
    typ: text(`${name}.typ`, value.typ ?? 'at+jwt', caller),
    keys
  }
}
