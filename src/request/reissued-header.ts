// Re-issued header: reads the response header in which a server re-issues an access token.

import type { ResolvedHeader } from '../contract/resolved-contract.ts'
import { parseCredential } from '../lib/credential.ts'

/** The content of the header: no value, one credential in the format of the contract, or others. */
export type ReissuedHeader =
  | { readonly kind: 'absent' }
  | { readonly kind: 'token'; readonly accessToken: string }
  | { readonly kind: 'malformed' }

/** Reads the header strictly, because any server or proxy on the way can set it. */
export function readReissuedHeader(format: ResolvedHeader | false, value: unknown): ReissuedHeader {
  // Proxies may blank out a header instead of removing it.
  if (format === false || value === undefined || value === null || value === '') {
    return { kind: 'absent' }
  }
  const accessToken = parseCredential(format, value)
  return accessToken === undefined ? { kind: 'malformed' } : { kind: 'token', accessToken }
}
