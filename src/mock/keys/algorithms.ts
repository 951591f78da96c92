// Which signature algorithms there are, and which kind of key each one takes (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864).

/** What the server's own keys can sign with. */
export type MockAlgorithm = 'HS256' | 'RS256' | 'ES256' | 'EdDSA'

/** What a token may be signed with: an external issuer's keys know more than the server's own. */
export type VerifyAlgorithm =
  | MockAlgorithm
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES384'
  | 'ES512'
  | 'Ed25519'

interface KeyKind {
  readonly kty: 'oct' | 'RSA' | 'EC' | 'OKP'
  readonly crv?: string
}

const kinds: Readonly<Record<VerifyAlgorithm, KeyKind>> = Object.assign(Object.create(null), {
  HS256: { kty: 'oct' },
  RS256: { kty: 'RSA' },
  RS384: { kty: 'RSA' },
  RS512: { kty: 'RSA' },
  PS256: { kty: 'RSA' },
  PS384: { kty: 'RSA' },
  PS512: { kty: 'RSA' },
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  EdDSA: { kty: 'OKP', crv: 'Ed25519' },
  Ed25519: { kty: 'OKP', crv: 'Ed25519' }
})

/** The algorithms of the server's own keys. */
export const ownAlgorithms: readonly MockAlgorithm[] = ['HS256', 'RS256', 'ES256', 'EdDSA']

/** The algorithms of an external issuer's keys. A secret is no public key, so none of them is symmetric. */
export const issuerAlgorithms: readonly VerifyAlgorithm[] = (
  Object.keys(kinds) as VerifyAlgorithm[]
).filter((alg) => kinds[alg].kty !== 'oct')

/** The name that one of these goes by: RFC 9864 calls `Ed25519` what own keys know as `EdDSA`. */
export function nameAmong(algorithms: readonly VerifyAlgorithm[], name: unknown): unknown {
  return name === 'Ed25519' && !algorithms.includes(name) ? 'EdDSA' : name
}

export function isOneOf<Word extends string>(
  words: readonly Word[],
  value: unknown
): value is Word {
  return words.some((word) => word === value)
}

/** Is this the kind of key that the algorithm takes? */
export function fits(alg: VerifyAlgorithm, kty: unknown, crv: unknown): boolean {
  const kind = kinds[alg]
  return kind.kty === kty && (kind.crv === undefined || kind.crv === crv)
}
