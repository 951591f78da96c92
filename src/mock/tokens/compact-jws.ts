// Compact JWS syntax: three parts of canonical base64url, without padding (RFC 7515 §7.1).

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const partPattern = /^[A-Za-z0-9_-]*$/

/**
 * Whether the text is the only spelling of its token. Decoders ignore padding and unused bits, so
 * that one token has several spellings. A cache or a list of revoked tokens would miss the others
 * (RFC 4648 §3.5).
 */
export function isCompactJws(token: string): boolean {
  const parts = token.split('.')
  return parts.length === 3 && parts.every(isCanonical)
}

function isCanonical(part: string): boolean {
  if (!partPattern.test(part)) return false
  const last = alphabet.indexOf(part.at(-1) ?? 'A')
  // A character encodes six bits. The last one has four or two unused bits, which must be zero.
  const unused = [0, 6, 4, 2][part.length % 4] ?? 0
  return unused !== 6 && last % 2 ** unused === 0
}
