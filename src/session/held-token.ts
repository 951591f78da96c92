// Tokens as the session holds them, and as they are received.
import { readClaims, type TokenClaims } from '../token/claims.ts'
import { lifetimeSeconds, type Moment } from '../token/lifetime.ts'

export interface HeldToken {
  readonly accessToken: string
  /** What renews it, where the server hands that to scripts; it lives and ends with the session. */
  readonly refreshToken: string | undefined
  readonly claims: TokenClaims | undefined
  readonly receivedAt: Moment
  readonly lifetimeSeconds: number | undefined
  /** When the proactive refresh is planned; `undefined` where the lifetime is unknown. */
  readonly refreshAt: Moment | undefined
  /** Counts tokens, over all sessions of this client. */
  readonly generation: number
  /** Counts sign-ins and sign-outs: what began in an earlier epoch must not touch this one. */
  readonly epoch: number
}

/** A token that was received and not yet taken in. */
export type ReceivedToken = Omit<HeldToken, 'generation' | 'epoch' | 'refreshAt'>

export function receiveToken(
  issued: {
    readonly accessToken: string
    readonly refreshToken: string | undefined
    readonly expiresInSeconds: number | undefined
  },
  receivedAt: Moment
): ReceivedToken {
  const { accessToken, refreshToken, expiresInSeconds } = issued
  const claims = readClaims(accessToken)
  return {
    accessToken,
    refreshToken,
    claims,
    receivedAt,
    lifetimeSeconds: lifetimeSeconds(expiresInSeconds, claims)
  }
}
