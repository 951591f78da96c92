// Key options: own keys, signing algorithm, trusted issuers, missing `kid`, clock skew and caching.
import { issuerAlgorithms, type MockAlgorithm, ownAlgorithms } from '../keys/algorithms.ts'
import {
  accessTokenType,
  type GivenKey,
  type MockIssuer,
  type MockKey,
  type TrustedIssuer
} from '../keys/given-key.ts'
import { checkJwk } from '../keys/jwk.ts'
import {
  describe,
  invalid,
  isRecord,
  list,
  oneOf,
  ownOptions,
  refuseDuplicates,
  seconds,
  shapeOf,
  text
} from '../lib/checks.ts'
import { base64url } from '../lib/crypto.ts'
import type { OptionTable, SettingsOf } from '../lib/option-table.ts'

export interface MockKeyOptions {
  /**
   * Algorithm of the keys that the server generates: `HS256`, `RS256`, `ES256` or `EdDSA`. An
   * asymmetric pair is generated when it is first needed; `ready()` generates it in advance.
   * Default `HS256`.
   */
  readonly alg?: MockAlgorithm
  /**
   * Own keys, at least one. The first key signs, the others only verify. Each `kid` must be unique,
   * including those of `issuers`. Default: one generated key.
   *
   * @example
   * keys: [{ kid: 'current', secret: 'a secret of at least 32 bytes, for tests' }]
   */
  readonly keys?: readonly MockKey[]
  /**
   * External issuers. The server accepts their access tokens. `trustIssuer` adds one at run time.
   * Default: none.
   */
  readonly issuers?: readonly MockIssuer[]
  /**
   * How to treat an access token without a `kid`:
   *
   * - `refuse`: reject it
   * - `try-keys`: verify it with the signing key, then with each verifying key. For servers that
   *   started without `kid`.
   *
   * Default `refuse`.
   */
  readonly tokensWithoutKid?: 'refuse' | 'try-keys'
  /**
   * Clock skew that is tolerated when `exp` and `nbf` are checked (RFC 7519 §4.1.4), in whole
   * seconds from 0 to 3 600. Default 0.
   */
  readonly clockToleranceSeconds?: number
  /**
   * How long others may cache the JWK Set: the `max-age` of its `Cache-Control`, in whole seconds
   * from 0 to 86 400. Publish a key at least this long before it signs; otherwise some verifiers do
   * not know it yet. Default 300.
   */
  readonly jwksMaxAgeSeconds?: number
}

export type KeySettings = SettingsOf<
  MockKeyOptions,
  {
    readonly keys: readonly GivenKey<MockAlgorithm>[]
    readonly issuers: readonly TrustedIssuer[]
  }
>

/** As many bytes as the output of HS256 has (RFC 7518 §3.2). */
const leastSecretBytes = 32

export const keyOptions: OptionTable<KeySettings> = {
  alg: (name, value = 'HS256') => oneOf(name, value, ownAlgorithms),
  keys: (name, value) => (value === undefined ? [] : readKeys(name, value)),
  issuers: (name, value = []) => readIssuers(name, value),
  tokensWithoutKid: (name, value = 'refuse') => oneOf(name, value, ['refuse', 'try-keys']),
  clockToleranceSeconds: (name, value = 0) => seconds(name, value, 0, 3600),
  jwksMaxAgeSeconds: (name, value = 300) => seconds(name, value, 0, 86_400)
}

/** @throws TypeError if a `kid` is used twice, or if a trusted issuer is the server itself */
export function checkKeys({ keys, issuers }: KeySettings, ownIssuer: string): void {
  for (const [index, issuer] of issuers.entries()) {
    refuseOwnIssuer(`issuers[${index}]`, issuer, ownIssuer)
  }
  const all = [...keys, ...issuers.flatMap((issuer) => issuer.keys)]
  refuseDuplicates(
    'kid of keys and issuers',
    all.map((key) => key.kid)
  )
}

function readKeys(name: string, value: unknown): readonly GivenKey<MockAlgorithm>[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalid(name, 'an array of at least one key', shapeOf(value))
  }
  const keys = list(name, value, (each, key) => readKey(each, key))
  refuseDuplicates(
    `${name}[].kid`,
    keys.map((key) => key.kid)
  )
  if (keys[0]?.isPrivate === false)
    throw invalid(`${name}[0]`, 'a key that can sign', 'a public key')
  return keys
}

function readIssuers(name: string, value: unknown): readonly TrustedIssuer[] {
  const issuers = list(name, value, (each, issuer) => readIssuer(each, issuer))
  refuseDuplicates(
    `${name}[].issuer`,
    issuers.map(({ issuer }) => issuer)
  )
  return issuers
}

/** Reads an own key. */
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
    const received = bytes === undefined ? shapeOf(secret) : `${bytes.length} bytes`
    throw invalid(`${name}.secret`, 'a string of at least 32 bytes', received, caller)
  }
  const jwk = { kty: 'oct', k: base64url(bytes) }
  return { kid: text(`${name}.kid`, kid, caller), alg: 'HS256', jwk, isPrivate: true }
}

/** Reads an external issuer. A private key in its public JWK Set has leaked, and is refused. */
export function readIssuer(name: string, given: unknown, caller?: string): TrustedIssuer {
  const value = ownOptions(name, given, ['issuer', 'jwks', 'audience', 'typ'], { caller })
  const { jwks, audience, typ = accessTokenType } = value
  const issuer = text(`${name}.issuer`, value.issuer, caller)
  if (!isRecord(jwks) || !Array.isArray(jwks.keys)) {
    throw invalid(`${name}.jwks`, 'a JWK Set (RFC 7517 §5)', describe(jwks), caller)
  }
  const keys = jwks.keys.flatMap((jwk: unknown, index): GivenKey[] => {
    const place = `${name}.jwks.keys[${index}]`
    // A JWK Set may also hold keys for encryption (RFC 7517 §5).
    if (isRecord(jwk) && jwk.use === 'enc') return []
    const checked = checkJwk(place, jwk, issuerAlgorithms, { caller })
    if (checked.isPrivate) throw invalid(place, 'a public key', 'a private key', caller)
    return [{ kid: text(`${place}.kid`, isRecord(jwk) ? jwk.kid : undefined, caller), ...checked }]
  })
  refuseDuplicates(
    `${name}.jwks.keys[].kid`,
    keys.map((key) => key.kid),
    caller
  )
  return {
    issuer,
    audience: audience === undefined ? undefined : text(`${name}.audience`, audience, caller),
    typ: text(`${name}.typ`, typ, caller),
    keys
  }
}

/** @throws TypeError if the issuer is the server itself: its own keys belong into `keys` */
export function refuseOwnIssuer(
  name: string,
  { issuer }: TrustedIssuer,
  ownIssuer: string,
  caller?: string
): void {
  if (issuer !== ownIssuer) return
  const expectation = 'an issuer other than the server itself'
  throw invalid(`${name}.issuer`, expectation, describe(issuer), caller)
}
