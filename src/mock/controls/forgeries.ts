// Forgeries: every kind of access token that a server must refuse, and how to make it.
import type { CryptoKey, JWK } from 'jose'
import { exportJWK, exportSPKI } from 'jose/key/export'
import { generateKeyPair } from 'jose/key/generate/keypair'
import type { TokenRefusal } from '../calls/outcomes.ts'
import { generatedKey, importSecret, type OwnKey } from '../keys/key.ts'
import { base64url, randomText } from '../lib/crypto.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { TokenDraft } from '../tokens/access-tokens.ts'

/** A kind of forged token. {@link forgeries} lists the server's answers. */
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
 * The server's answer to each kind of forged token, for tests that try all of them.
 *
 * `revoked`, `unknown-session` and `stale-version` are accepted if `revocation` is `short-lived`,
 * and `missing-kid` if `tokensWithoutKid` is `try-keys`. `public-key-as-secret` needs a server with
 * an asymmetric key.
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

/** The state of the server that a forgery is made from. */
export interface ForgeContext {
  readonly nowSeconds: number
  readonly clockToleranceSeconds: number
  /** A retired key of the server. */
  retiredKey(): OwnKey
  /** An asymmetric key of the server, if it has one. */
  readonly asymmetricKey: OwnKey | undefined
  /** Adds a token to the revoked ones. */
  revoke(jti: string): void
}

type Make = (draft: TokenDraft, context: ForgeContext) => Promise<string>
type JsonObject = Readonly<Record<string, unknown>>

const marginSeconds = 60

/** Makes a token of this kind from the draft of a valid one. */
export function forge(
  forgery: MockForgery,
  draft: TokenDraft,
  context: ForgeContext
): Promise<string> {
  return makers[forgery](draft, context)
}

/** Signs the draft with its own key. */
export async function signDraft({ key, header, claims }: TokenDraft): Promise<string> {
  return signUnchecked(header, claims, (await key.material()).signWith)
}

/** A valid signature over other claims. */
function withClaims(change: (draft: TokenDraft, context: ForgeContext) => JsonObject): Make {
  return (draft, context) =>
    signDraft({ ...draft, claims: { ...draft.claims, ...change(draft, context) } })
}

/** A valid signature over another header. */
function withHeader(header: JsonObject): Make {
  return (draft) => signDraft({ ...draft, header: { ...draft.header, ...header } })
}

/** Signed with the forger's key, which the header offers for verification. */
function withForgersKey(offer: (publicJwk: JWK) => JsonObject): Make {
  return async ({ header, claims }) => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const offering = { ...header, alg: 'ES256', ...offer(await exportJWK(publicKey)) }
    return signUnchecked(offering, claims, privateKey)
  }
}

const makers: Readonly<Record<MockForgery, Make>> = {
  expired: withClaims((_draft, { nowSeconds, clockToleranceSeconds }) => ({
    exp: nowSeconds - clockToleranceSeconds - 1,
    iat: nowSeconds - clockToleranceSeconds - marginSeconds
  })),
  'not-yet-valid': withClaims((_draft, { nowSeconds, clockToleranceSeconds }) => ({
    nbf: nowSeconds + clockToleranceSeconds + marginSeconds
  })),
  'without-expiry': withClaims(() => ({ exp: undefined })),
  'wrong-issuer': withClaims(() => ({ iss: 'https://issuer.evil.test' })),
  'wrong-audience': withClaims(() => ({ aud: 'https://api.evil.test' })),
  // A valid ID token of the same issuer is not an access token (RFC 8725 §3.11).
  'wrong-type': withHeader({ typ: 'JWT' }),
  'unknown-subject': withClaims(() => ({ sub: `unknown-${randomText(6)}` })),
  'unknown-session': withClaims(() => ({ sid: randomText(12) })),
  async revoked(draft, { revoke }) {
    revoke(draft.claims.jti)
    return signDraft(draft)
  },
  'stale-version': withClaims(() => ({ token_version: -1 })),
  'unknown-kid': withHeader({ kid: `key-${randomText(6)}` }),
  'missing-kid': withHeader({ kid: undefined }),
  'kid-injection': withHeader({ kid: "../../../dev/null' UNION SELECT 'secret" }),
  'retired-key': (draft, { retiredKey }) => {
    const key = retiredKey()
    return signDraft({ ...draft, key, header: { ...draft.header, alg: key.alg, kid: key.kid } })
  },
  'alg-none': ({ header, claims }) => signUnchecked({ ...header, alg: 'none' }, claims, undefined),
  'unknown-alg': withHeader({ alg: 'HS1' }),
  // The public key as an HMAC secret: accepted by servers that let the token choose the algorithm.
  async 'public-key-as-secret'({ header, claims }, { asymmetricKey }) {
    const publicKey = (await asymmetricKey?.material())?.verifyWith
    if (asymmetricKey === undefined || publicKey === undefined) {
      const message =
        'mint(): every key of this server is symmetric; create the server with an alg such as ES256.'
      throw new MockAuthServerError('no_public_key', message)
    }
    const pem = new TextEncoder().encode(await exportSPKI(publicKey))
    const secret = await importSecret({ kty: 'oct', k: base64url(pem) })
    return signUnchecked({ ...header, alg: 'HS256', kid: asymmetricKey.kid }, claims, secret)
  },
  'embedded-jwk': withForgersKey((jwk) => ({ jwk })),
  jku: withForgersKey(() => ({ jku: 'https://evil.test/jwks.json' })),
  x5u: withForgersKey(() => ({ x5u: 'https://evil.test/chain.pem' })),
  x5c: withForgersKey((jwk) => ({ x5c: [jwk.x] })),
  'unknown-critical': withHeader({ crit: ['urn:example:unknown'], 'urn:example:unknown': true }),
  async 'foreign-signature'(draft) {
    const other = generatedKey('', draft.key.alg)
    return signDraft({ ...draft, key: other })
  },
  'empty-signature': ({ header, claims }) => signUnchecked(header, claims, undefined),
  async 'missing-signature'(draft) {
    return (await signDraft(draft)).split('.').slice(0, 2).join('.')
  },
  async tampered(draft) {
    return tamper(await signDraft(draft), { ...draft.claims, role: 'admin' })
  }
}

/** The parameters for WebCrypto to sign with a key of each algorithm. */
const signParameters: Readonly<Record<string, { name: string; hash?: string }>> = {
  HMAC: { name: 'HMAC' },
  ECDSA: { name: 'ECDSA', hash: 'SHA-256' },
  'RSASSA-PKCS1-v1_5': { name: 'RSASSA-PKCS1-v1_5' },
  Ed25519: { name: 'Ed25519' }
}

// Builds the JWS by hand, because jose correctly refuses to sign what a server must not accept (RFC
// 7515 §3.1). Signs any header by the algorithm of the key; without a key the signature is empty.
async function signUnchecked(
  header: JsonObject,
  claims: JsonObject,
  signWith: CryptoKey | undefined
): Promise<string> {
  const input = `${encode(header)}.${encode(claims)}`
  if (signWith === undefined) return `${input}.`
  const algorithm = signParameters[signWith.algorithm.name] ?? signWith.algorithm
  const signature = await crypto.subtle.sign(algorithm, signWith, new TextEncoder().encode(input))
  return `${input}.${base64url(new Uint8Array(signature))}`
}

/** The same token with other claims under its old signature. */
function tamper(token: string, claims: JsonObject): string {
  const [header, , signature] = token.split('.')
  return `${header}.${encode(claims)}.${signature}`
}

function encode(part: JsonObject): string {
  return base64url(new TextEncoder().encode(JSON.stringify(part)))
}
