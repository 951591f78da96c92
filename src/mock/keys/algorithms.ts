// Signature algorithms and their kinds of keys (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864).

/** Algorithms of own keys, the keys of the server itself. */
export type MockAlgorithm = 'HS256' | 'RS256' | 'ES256' | 'EdDSA'

/** Algorithms of accepted tokens. External issuers may use more of them than the server. */
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

export const ownAlgorithms: readonly MockAlgorithm[] = ['HS256', 'RS256', 'ES256', 'EdDSA']

/** Algorithms of the keys of external issuers: asymmetric, because their keys are public. */
export const issuerAlgorithms: readonly VerifyAlgorithm[] = (
  Object.keys(kinds) as VerifyAlgorithm[]
).filter((alg) => kinds[alg].kty !== 'oct')

/** Translates `Ed25519` (RFC 9864) into its older name `EdDSA` if only that is in the list. */
export function nameAmong(algorithms: readonly VerifyAlgorithm[], name: unknown): unknown {
  return name === 'Ed25519' && !algorithms.includes(name) ? 'EdDSA' : name
}

export function isOneOf<Word extends string>(
  words: readonly Word[],
  value: unknown
): value is Word {
  return words.some((word) => word === value)
}

/** Whether the algorithm takes keys of this `kty` and `crv`. */
export function takesKind(alg: VerifyAlgorithm, kty: unknown, crv: unknown): boolean {
  const kind = kinds[alg]
  return kind.kty === kty && (kind.crv === undefined || kind.crv === crv)
}
