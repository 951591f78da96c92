// A JWS put together by hand: jose rightly will not sign what no server may accept (RFC 7515 §3.1).
import type { CryptoKey } from 'jose'
import { isJwk, type UsableKey } from './key-material.ts'
import { base64url } from './random.ts'

type Parts = Readonly<Record<string, unknown>>

const hmac = { name: 'HMAC', hash: 'SHA-256' }
/** How WebCrypto is asked to sign with a key of this kind. */
const parameters: Readonly<Record<string, { name: string; hash?: string }>> = {
  HMAC: hmac,
  ECDSA: { name: 'ECDSA', hash: 'SHA-256' },
  'RSASSA-PKCS1-v1_5': { name: 'RSASSA-PKCS1-v1_5' },
  Ed25519: { name: 'Ed25519' }
}

/** Signs whatever the header says, as the key's own algorithm has it; without a key the signature is empty. */
export async function signByHand(
  header: Parts,
  claims: Parts,
  signWith: UsableKey | undefined
): Promise<string> {
  const input = `${encode(header)}.${encode(claims)}`
  if (signWith === undefined) return `${input}.`
  const key = await signingKey(signWith)
  const algorithm = parameters[key.algorithm.name] ?? key.algorithm
  const signature = await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(input))
  return `${input}.${base64url(new Uint8Array(signature))}`
}

/** The same token with other claims, under the signature of the old ones. */
export function tamper(token: string, claims: Parts): string {
  const [header, , signature] = token.split('.')
  return `${header}.${encode(claims)}.${signature}`
}

async function signingKey(key: UsableKey): Promise<CryptoKey> {
  return isJwk(key) ? crypto.subtle.importKey('jwk', { ...key }, hmac, false, ['sign']) : key
}

function encode(part: Parts): string {
  return base64url(new TextEncoder().encode(JSON.stringify(part)))
}
