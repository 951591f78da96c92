// Random strings and SHA-256, both as base64url, from the platform's crypto.
import * as codec from 'jose/base64url'

/** Bytes for `randomName`, drawn in advance: each call to the generator is expensive. */
const reserve = new Uint8Array(1020)
let taken = reserve.length

/** That many random bytes, as base64url without padding (RFC 4648 §5). Use it for secrets. */
export function randomText(byteLength: number): string {
  return base64url(crypto.getRandomValues(new Uint8Array(byteLength)))
}

/** A unique name of 96 random bits, as base64url: for a `jti` or a `sid`, which are not secret. */
export function randomName(): string {
  if (taken === reserve.length) {
    crypto.getRandomValues(reserve)
    taken = 0
  }
  taken += 12
  return base64url(reserve.subarray(taken - 12, taken))
}

/** That many random bytes, as hexadecimal digits: for names that people read. */
export function randomHex(byteLength: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(byteLength))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Encodes bytes as base64url without padding. */
export function base64url(bytes: Uint8Array): string {
  return codec.encode(bytes)
}

/** The part of Node's crypto module that is used; older versions of Node lack `hash`. */
interface HashingModule {
  readonly hash?: (algorithm: string, text: string, encoding: 'base64url') => string
}

interface HashingProcess {
  readonly getBuiltinModule?: (id: 'node:crypto') => HashingModule | undefined
}

/** Node's synchronous hash, or `missing`. Looked up at run time: browsers cannot import it. */
let syncHash: HashingModule['hash'] | 'missing' | undefined

/**
 * The SHA-256 of a text, synchronously if the platform can. WebCrypto queues each call on a thread
 * pool, which costs ten times as much as hashing a short text.
 */
export function sha256(text: string): string | Promise<string> {
  syncHash ??= findSyncHash() ?? 'missing'
  return syncHash === 'missing' ? sha256ByWebCrypto(text) : syncHash('sha256', text, 'base64url')
}

export async function sha256ByWebCrypto(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return base64url(new Uint8Array(digest))
}

function findSyncHash(): HashingModule['hash'] {
  const { process } = globalThis as { process?: HashingProcess }
  return process?.getBuiltinModule?.('node:crypto')?.hash
}
