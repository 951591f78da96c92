// Every kind of token that must be refused, what makes it so, and under which name.
import type { JWK } from 'jose'
import { exportJWK, exportSPKI } from 'jose/key/export'
import { generateKeyPair } from 'jose/key/generate/keypair'
import type { TokenRefusal } from '../calls/outcomes.ts'
import { generatedKey, importSecret, type OwnKey } from '../keys/key.ts'
import { base64url, randomText } from '../lib/crypto.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { TokenDraft } from '../tokens/access-tokens.ts'
import { signUnchecked, tamper } from './raw-jws.ts'

/** A kind of forged token; {@link forgeries} says what the server answers to each. */
export type MockForgery =
  | 'expired'
  | 'not-yet-valid'
  | 'without-expiry'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'wrong-type'
  | 'unknown-subject'
  | 'unknown-session'
  | 'revoked'
  | 'stale-version'
  | 'unknown-kid'
  | 'missing-kid'
  | 'kid-injection'
  | 'retired-key'
  | 'alg-none'
  | 'unknown-alg'
  | 'public-key-as-secret'
  | 'embedded-jwk'
  | 'jku'
  | 'x5u'
  | 'x5c'
  | 'unknown-critical'
  | 'foreign-signature'
  | 'empty-signature'
  | 'missing-signature'
  | 'tampered'

/**
 * What the server says to each kind of forged token, for tests that go through them all. `revoked`, `unknown-session`
 * and `stale-version` are accepted where `revocation` is `short-lived`, `missing-kid` where `tokensWithoutKid` is
 * `try-keys`; `public-key-as-secret` takes a server whose key is not symmetric.
 */
export const forgeries: Readonly<Record<MockForgery, TokenRefusal>> = Object.freeze({
  expired: 'token_expired',
  'not-yet-valid': 'token_not_yet_valid',
  'without-expiry': 'malformed_claims',
  'wrong-issuer': 'wrong_issuer',
  'wrong-audience': 'wrong_audience',
  'wrong-type': 'wrong_type',
  'unknown-subject': 'unknown_subject',
  'unknown-session': 'token_revoked',
  revoked: 'token_revoked',
  'stale-version': 'stale_version',
  'unknown-kid': 'unknown_kid',
  'missing-kid': 'missing_kid',
  'kid-injection': 'unknown_kid',
  'retired-key': 'retired_key',
  'alg-none': 'alg_not_allowed',
  'unknown-alg': 'alg_not_allowed',
  'public-key-as-secret': 'alg_not_allowed',
  'embedded-jwk': 'key_in_header',
  jku: 'key_in_header',
  x5u: 'key_in_header',
  x5c: 'key_in_header',
  'unknown-critical': 'malformed_token',
  'foreign-signature': 'bad_signature',
  'empty-signature': 'bad_signature',
  'missing-signature': 'malformed_token',
  tampered: 'bad_signature'
})

/** What a forger has at hand. */
export interface Forge {
  readonly nowSeconds: number
  readonly clockToleranceSeconds: number
  /** A key of the server's that is gone. */
  retiredKey(): OwnKey
  /** A key of the server's that is not symmetric, if it has one. */
  readonly asymmetric: OwnKey | undefined
  /** Puts a token on the list of revoked ones. */
  revoke(jti: string): void
}

type Make = (draft: TokenDraft, forge: Forge) => Promise<string>

const farSeconds = 60

/** The draft with other claims or another header, signed as it should be. */
const honestly = async ({ key, header, claims }: TokenDraft): Promise<string> =>
  signUnchecked(header, claims, (await key.material()).signWith)
const withClaims =
  (change: (draft: TokenDraft, forge: Forge) => Readonly<Record<string, unknown>>): Make =>
  (draft, forge) =>
    honestly({ ...draft, claims: { ...draft.claims, ...change(draft, forge) } })
const withHeader =
  (header: Readonly<Record<string, unknown>>): Make =>
  (draft) =>
    honestly({ ...draft, header: { ...draft.header, ...header } })

/** Signed with a key of the forger's own, which the header offers in some way. */
const offering =
  (offer: (publicJwk: JWK) => Readonly<Record<string, unknown>>): Make =>
  async ({ header, claims }) => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const own = { ...header, alg: 'ES256', ...offer(await exportJWK(publicKey)) }
    return signUnchecked(own, claims, privateKey)
  }

export const makers: Readonly<Record<MockForgery, Make>> = {
  expired: withClaims((_draft, { nowSeconds, clockToleranceSeconds }) => ({
    exp: nowSeconds - clockToleranceSeconds - 1,
    iat: nowSeconds - clockToleranceSeconds - farSeconds
  })),
  'not-yet-valid': withClaims((_draft, { nowSeconds, clockToleranceSeconds }) => ({
    nbf: nowSeconds + clockToleranceSeconds + farSeconds
  })),
  'without-expiry': withClaims(() => ({ exp: undefined })),
  'wrong-issuer': withClaims(() => ({ iss: 'https://issuer.evil.test' })),
  'wrong-audience': withClaims(() => ({ aud: 'https://api.evil.test' })),
  // An ID token of the same issuer: signed with the same key, and yet no access token (RFC 8725 §3.11).
  'wrong-type': withHeader({ typ: 'JWT' }),
  'unknown-subject': withClaims(() => ({ sub: `nobody-${randomText(6)}` })),
  'unknown-session': withClaims(() => ({ sid: randomText(12) })),
  async revoked(draft, { revoke }) {
    revoke(draft.claims.jti)
    return honestly(draft)
  },
  'stale-version': withClaims(() => ({ token_version: -1 })),
  'unknown-kid': withHeader({ kid: `key-${randomText(6)}` }),
  'missing-kid': withHeader({ kid: undefined }),
  'kid-injection': withHeader({ kid: "../../../dev/null' UNION SELECT 'secret" }),
  'retired-key': (draft, { retiredKey }) => {
    const key = retiredKey()
    return honestly({ ...draft, key, header: { ...draft.header, alg: key.alg, kid: key.kid } })
  },
  'alg-none': ({ header, claims }) => signUnchecked({ ...header, alg: 'none' }, claims, undefined),
  'unknown-alg': withHeader({ alg: 'HS1' }),
  // The server's public key as the secret of an HMAC: fools whoever lets the token choose the algorithm.
  async 'public-key-as-secret'({ header, claims }, { asymmetric }) {
    const publicKey = (await asymmetric?.material())?.verifyWith
    if (asymmetric === undefined || publicKey === undefined) {
      const message = 'All keys of this server are symmetric; create it with an alg such as ES256.'
      throw new MockAuthServerError('no_public_key', message)
    }
    const pem = new TextEncoder().encode(await exportSPKI(publicKey))
    const secret = await importSecret({ kty: 'oct', k: base64url(pem) })
    return signUnchecked({ ...header, alg: 'HS256', kid: asymmetric.kid }, claims, secret)
  },
  'embedded-jwk': offering((jwk) => ({ jwk })),
  jku: offering(() => ({ jku: 'https://evil.test/jwks.json' })),
  x5u: offering(() => ({ x5u: 'https://evil.test/chain.pem' })),
  x5c: offering((jwk) => ({ x5c: [jwk.x] })),
  'unknown-critical': withHeader({ crit: ['urn:example:unknown'], 'urn:example:unknown': true }),
  async 'foreign-signature'(draft) {
    const other = generatedKey('', draft.key.alg)
    return honestly({ ...draft, key: other })
  },
  'empty-signature': ({ header, claims }) => signUnchecked(header, claims, undefined),
  async 'missing-signature'(draft) {
    return (await honestly(draft)).split('.').slice(0, 2).join('.')
  },
  async tampered(draft) {
    return tamper(await honestly(draft), { ...draft.claims, role: 'admin' })
  }
}
