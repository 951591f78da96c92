// Wycheproof vectors (C2SP/wycheproof), each presented to the server as a Bearer token.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createMockAuthServer,
  MockAuthServerError,
  type MockKey,
  type TokenRefusal,
  tokenRefusals
} from 'everbearer/mock'
import type { JWK } from 'jose'

/** Public data beside the repository. The tests are skipped if it is missing. */
const folder = join(import.meta.dirname, '../../../../shared/data/wycheproof')

export const vectorFiles = [
  'json_web_signature_test.json',
  'json_web_key_test.json',
  'json_web_crypto_test.json'
] as const
export type VectorFile = (typeof vectorFiles)[number]

export interface Vector {
  readonly file: VectorFile
  readonly group: string
  readonly keys: readonly JWK[]
  readonly tcId: number
  readonly comment: string
  readonly token: string
  readonly isValid: boolean
}

interface VectorGroup {
  readonly comment: string
  readonly public?: JWK | { readonly keys: readonly JWK[] }
  readonly private: JWK | { readonly keys: readonly JWK[] }
  readonly tests: readonly {
    readonly tcId: number
    readonly comment: string
    readonly jws?: unknown
    readonly jwe?: unknown
    readonly result: 'valid' | 'invalid'
  }[]
}

/** The vectors of a file; `undefined` if it is missing. */
export function readVectors(file: VectorFile): readonly Vector[] | undefined {
  const path = join(folder, file)
  if (!existsSync(path)) return undefined
  const { testGroups } = JSON.parse(readFileSync(path, 'utf8')) as { testGroups: VectorGroup[] }
  return testGroups.flatMap((group) => {
    const holder = group.public ?? group.private
    const keys = 'keys' in holder && Array.isArray(holder.keys) ? holder.keys : [holder as JWK]
    return group.tests.map(({ tcId, comment, jws, jwe, result }): Vector => {
      const token = jws ?? jwe
      return {
        file,
        group: group.comment,
        keys,
        tcId,
        comment,
        token: typeof token === 'string' ? token : JSON.stringify(token),
        isValid: result === 'valid'
      }
    })
  })
}

/** The result of a vector. */
export type Fate =
  | { readonly kind: 'key refused'; readonly why: string }
  | { readonly kind: 'token refused'; readonly why: TokenRefusal }
  /** The signature is valid, but the payload is not that of an access token. */
  | { readonly kind: 'signature right'; readonly why: TokenRefusal }

const ownAlgorithms: readonly unknown[] = ['HS256', 'RS256', 'ES256', 'EdDSA', undefined]

/** Gives the server the key of a vector, as an own or an issuer's key, and presents its token. */
export async function present(
  { keys, token }: Pick<Vector, 'keys' | 'token'>,
  tokensWithoutKid: 'refuse' | 'try-keys' = 'refuse'
): Promise<Fate> {
  const isOwn = ({ kty, alg }: JWK) => kty === 'oct' || ownAlgorithms.includes(alg)
  const own = keys.filter(isOwn).map((jwk): MockKey => ({ kid: jwk.kid ?? 'nameless', jwk }))
  const theirs = keys.filter((jwk) => !isOwn(jwk))
  const signer = { kid: 'signer', secret: 'the vectors only verify; this one signs' }
  try {
    const server = createMockAuthServer({
      keys: [signer, ...own],
      tokensWithoutKid,
      issuers: theirs.length === 0 ? [] : [{ issuer: 'https://they.test', jwks: { keys: theirs } }]
    })
    await server.handle({
      method: 'GET',
      url: 'http://localhost/me',
      headers: [['Authorization', `Bearer ${token}`]]
    })
    const why = tokenRefusals.find((reason) => reason === server.calls[0]?.outcome)
    if (why === undefined) throw new Error('A vector was accepted as an access token.')
    // The refusals are listed in the order of the checks: claims come after the signature.
    const order = tokenRefusals.indexOf(why) - tokenRefusals.indexOf('bad_signature')
    return order > 0 ? { kind: 'signature right', why } : { kind: 'token refused', why }
  } catch (error) {
    if (error instanceof TypeError || error instanceof MockAuthServerError) {
      return { kind: 'key refused', why: error.message }
    }
    throw error
  }
}

/** The results of a file as a table, with the reason for each deviation. */
export function tableOf(
  file: VectorFile,
  results: readonly { readonly vector: Vector; readonly fate: Fate }[]
): string {
  const groups = [...new Set(results.map(({ vector }) => vector.group))]
  const rows = groups.map((group) => {
    const own = results.filter(({ vector }) => vector.group === group)
    const count = (kind: Fate['kind']) => own.filter(({ fate }) => fate.kind === kind).length
    const different = own.filter(({ vector }) => vector.tcId in otherwise[file]).length
    const counts = [count('signature right'), count('token refused'), count('key refused')]
    return `| ${[group, own.length, ...counts, different].join(' | ')} |`
  })
  const reasons = Object.entries(otherwise[file]).map(([id, reason]) => `- ${id}: ${reason}`)
  return [
    `## ${file}`,
    '',
    '| group | vectors | signature found right | token refused | key refused | decided otherwise |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    'Decided otherwise:',
    '',
    ...reasons,
    ''
  ].join('\n')
}

/** Vectors with a result that differs from the published one, each with the reason. */
export const otherwise: Readonly<Record<VectorFile, Readonly<Record<number, string>>>> = {
  'json_web_signature_test.json': {
    346: 'the key is for PS256 and the token says PS384: a key has one algorithm here (RFC 8725 §3.1)',
    347: 'the key is for ES521, which does not exist',
    350: 'the key is for PS256 and the token says PS384: a key has one algorithm here (RFC 8725 §3.1)',
    351: 'the key is for ES521, which does not exist',
    367: 'said to be invalid, but letter for letter the same as vector 357, which is said to be valid',
    370: 'said to be invalid, but letter for letter the same as vector 357, which is said to be valid',
    372: 'a character outside of base64url, which some decoders skip: no credential of RFC 6750 §2.1 has one',
    373: 'a character outside of base64url, which some decoders skip: no credential of RFC 6750 §2.1 has one'
  },
  'json_web_key_test.json': {
    1: 'a symmetric key next to a public one: each has its own name and its one algorithm, so neither is a choice',
    7: 'the modulus comes from a faulty generator (ROCA), which is not looked for',
    14: 'HS384 is not among the algorithms of the server’s own keys',
    15: 'HS512 is not among the algorithms of the server’s own keys'
  },
  'json_web_crypto_test.json': {
    46: 'the modulus comes from a faulty generator (ROCA), which is not looked for',
    47: 'a symmetric key next to a public one: each has its own name and its one algorithm, so neither is a choice',
    50: 'an encrypted token (JWE): access tokens are only signed',
    67: 'an encrypted token (JWE): access tokens are only signed'
  }
}
