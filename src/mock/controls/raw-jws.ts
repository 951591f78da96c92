// A JWS put together by hand: jose rightly will not sign what no server may accept (RFC 7515 §3.1).
import type { CryptoKey } from 'jose'
import { base64url } from '../lib/crypto.ts'

type Parts = Readonly<Record<string, unknown>>

/** How WebCrypto is asked to sign with a key of this kind. */
const parameters: Readonly<Record<string, { name: string; hash?: string }>> = {
  HMAC: { name: 'HMAC' },
  ECDSA: { name: 'ECDSA', hash: 'SHA-256' },
  'RSASSA-PKCS1-v1_5': { name: 'RSASSA-PKCS1-v1_5' },
  Ed25519: { name: 'Ed25519' }
}

/** Signs whatever the header says, as the key's own algorithm has it; without a key the signature is empty. */
export async function signUnchecked(
  header: Parts,
  claims: Parts,
  signWith: CryptoKey | undefined
): Promise<string> {
  const input = `${encode(header)}.${encode(claims)}`
  if (signWith === undefined) return `${input}.`
  const algorithm = parameters[signWith.algorithm.name] ?? signWith.algorithm
  const signature = await crypto.subtle.sign(algorithm, signWith, new TextEncoder().encode(input))
  return `${input}.${base64url(new Uint8Array(signature))}`
}

/** The same token with other claims, under the signature of the old ones. */
export function tamper(token: string, claims: Parts): string {
  const [header, , signature] = token.split('.')
  return `${header}.${encode(claims)}.${signature}`
}

function encode(part: Parts): string {
  return base64url(new TextEncoder().encode(JSON.stringify(part)))
}
