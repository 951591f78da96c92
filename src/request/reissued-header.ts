// The header in which a server re-issues a token: read strictly, because anybody may set a header.
import { isAccessToken } from '../token/claims.ts'

/** `absent`, one well-formed Bearer credential (RFC 6750 §2.1, any case of the scheme), or `malformed`. */
export type ReissuedHeader =
  | { readonly kind: 'absent' }
  | { readonly kind: 'token'; readonly accessToken: string }
  | { readonly kind: 'malformed' }

const bearerCredential = /^bearer +(\S+)$/i

export function readReissuedHeader(value: unknown): ReissuedHeader {
  // Proxies blank out headers that they do not want; a blank one is no message.
  if (value === undefined || value === null || value === '') return { kind: 'absent' }
  const accessToken = typeof value === 'string' ? bearerCredential.exec(value)?.[1] : undefined
  return isAccessToken(accessToken) ? { kind: 'token', accessToken } : { kind: 'malformed' }
}
