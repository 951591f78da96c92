// Held token: the token of the session, and a token that was just received.
import { lifetimeSeconds, readClaims, type TokenClaims } from '../lib/access-token.ts'
import type { Moment } from '../lib/time.ts'

export interface HeldToken {
  readonly accessToken: string
  /** `undefined` if the server keeps the refresh token in a cookie. */
  readonly refreshToken: string | undefined
  readonly claims: TokenClaims | undefined
  readonly receivedAt: Moment
  readonly lifetimeSeconds: number | undefined
  /** When the proactive refresh is planned; `undefined` if the lifetime is unknown. */
  readonly refreshAt: Moment | undefined
  /** Counts tokens, over all sessions of this client. */
  readonly generation: number
  /**
   * Counts sign-ins and sign-outs. Work that began in an earlier epoch must not affect a later one.
   */
  readonly epoch: number
}

/** A token that the session does not hold yet. */
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
