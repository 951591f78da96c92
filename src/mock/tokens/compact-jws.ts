// The compact serialization of a JWS, taken at its word: three parts of base64url with nothing left over (RFC 7515 §7.1).

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const partPattern = /^[A-Za-z0-9_-]*$/

/**
 * Is there exactly one way to read and to write this token? Decoders forgive padding and bits that stand for nothing;
 * then several texts are the same token, and a list of revoked ones or a cache tells them apart (RFC 4648 §3.5).
 */
export function isCompactJws(token: string): boolean {
  const parts = token.split('.')
  return parts.length === 3 && parts.every(isCanonical)
}

function isCanonical(part: string): boolean {
  if (!partPattern.test(part)) return false
  const last = alphabet.indexOf(part.at(-1) ?? 'A')
  // Six bits a character: of the last one, four or two are beyond the last whole byte, and have to be zero.
  const unused = [0, 6, 4, 2][part.length % 4] ?? 0
  return unused !== 6 && last % 2 ** unused === 0
}
