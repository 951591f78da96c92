// Refresh tokens: opaque, unguessable, and known to the server by their fingerprint alone.

import { base64url, randomText, sha256 } from '../lib/crypto.ts'

/** A refresh token on its way out, and what is kept of it. */
interface NewRefreshToken {
  readonly token: string
  /** Its SHA-256. */
  readonly fingerprint: string
}

export interface RefreshTokens {
  /** The first token of a family. */
  create(): Promise<NewRefreshToken>
  /**
   * The fingerprint of a presented token, and the token that replaces it. Answers come in the order of the questions,
   * so that whoever arrives first decides first.
   */
  read(token: string): Promise<{ fingerprint: string; successor: NewRefreshToken }>
}

/**
 * A spent token has to be answered with the same successor again while its grace lasts, yet nothing that is kept may be
 * of use to a thief. So the successor is not remembered: it follows from the spent token, by a key that never leaves (but
 * for `persist`).
 */
export function createRefreshTokens(
  secret: Uint8Array<ArrayBuffer> = crypto.getRandomValues(new Uint8Array(32))
): RefreshTokens {
  const encoder = new TextEncoder()
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  let derivation: Promise<CryptoKey> | undefined
  let turn: Promise<unknown> = Promise.resolve()

  const named = async (value: string): Promise<NewRefreshToken> => {
    const token = `rt_${value}`
    return { token, fingerprint: await sha256(token) }
  }

  const successorOf = async (token: string): Promise<NewRefreshToken> => {
    derivation ??= crypto.subtle.importKey('raw', secret, hmac, false, ['sign'])
    const mac = await crypto.subtle.sign(hmac, await derivation, encoder.encode(token))
    return named(base64url(new Uint8Array(mac)))
  }

  const inTurn = <Value>(work: Promise<Value>): Promise<Value> => {
    const mine = turn.then(() => work)
    turn = mine.catch(() => undefined)
    return mine
  }

  return {
    create: () => named(randomText(32)),
    async read(token) {
      const [fingerprint, successor] = await inTurn(
        Promise.all([sha256(token), successorOf(token)])
      )
      return { fingerprint, successor }
    }
  }
}
