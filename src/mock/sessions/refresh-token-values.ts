// Refresh tokens: opaque random values, of which the server stores only fingerprints.

import { base64url, randomText, sha256 } from '../lib/crypto.ts'

/** A new refresh token for the client, and the fingerprint that the server stores. */
interface NewRefreshToken {
  readonly token: string
  /** SHA-256 of the token. */
  readonly fingerprint: string
}

interface RefreshTokens {
  /** Creates the first token of a session. */
  create(): Promise<NewRefreshToken>
  /**
   * Computes the fingerprint of a presented token, and the token that replaces it. Results arrive
   * in the order of the calls, so the request that arrived first is decided first.
   */
  read(token: string): Promise<{ fingerprint: string; successor: NewRefreshToken }>
}

/**
 * During the grace period a repeated refresh must return the same successor, but the server must
 * not store usable tokens. So the successor is derived: it is an HMAC of the spent token with a
 * secret that leaves the server only through `persist`.
 */
export function createRefreshTokens(secret: ArrayBuffer): RefreshTokens {
  const encoder = new TextEncoder()
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  let derivationKey: Promise<CryptoKey> | undefined
  let previous: Promise<unknown> = Promise.resolve()

  async function withFingerprint(value: string): Promise<NewRefreshToken> {
    const token = `rt_${value}`
    return { token, fingerprint: await sha256(token) }
  }

  async function successorOf(token: string): Promise<NewRefreshToken> {
    derivationKey ??= crypto.subtle.importKey('raw', secret, hmac, false, ['sign'])
    const mac = await crypto.subtle.sign(hmac, await derivationKey, encoder.encode(token))
    return withFingerprint(base64url(new Uint8Array(mac)))
  }

  function inOrder<Value>(work: Promise<Value>): Promise<Value> {
    const result = previous.then(() => work)
    previous = result.catch(() => undefined)
    return result
  }

  return {
    create: () => withFingerprint(randomText(32)),
    async read(token) {
      const [fingerprint, successor] = await inOrder(
        Promise.all([sha256(token), successorOf(token)])
      )
      return { fingerprint, successor }
    }
  }
}
