// Unguessable strings from the platform's generator, which is there in every secure and insecure context.
import * as codec from 'jose/base64url'

/** Bytes for names, drawn in advance: a call to the generator takes longer than the bytes it brings. */
const reserve = new Uint8Array(1020)
let taken = reserve.length

/** That many random bytes, as base64url without padding (RFC 4648 §5). */
export function randomText(byteLength: number): string {
  return base64url(crypto.getRandomValues(new Uint8Array(byteLength)))
}

/**
 * A name that nobody else has, of 96 random bits as base64url: for a `jti` or a `sid`, which may be told. What has to
 * stay secret is drawn by itself.
 */
export function randomName(): string {
  if (taken === reserve.length) {
    crypto.getRandomValues(reserve)
    taken = 0
  }
  taken += 12
  return base64url(reserve.subarray(taken - 12, taken))
}

/** That many random bytes, as hexadecimal digits: for what people read. */
export function randomHex(byteLength: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(byteLength))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Bytes as base64url without padding. */
export function base64url(bytes: Uint8Array): string {
  return codec.encode(bytes)
}
