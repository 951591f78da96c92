// Held token: the token of the session, and a token that was just received.
import { readClaims, type TokenClaims } from '../lib/access-token.ts'
import type { Platform } from '../lib/platform.ts'
import { type Moment, readMoment } from '../lib/time.ts'
import { type LifetimeFacts, measureLifetime } from '../lib/token-lifetime.ts'
import type { ReadUser, TokenUser } from './user.ts'

export interface HeldToken extends TokenUser {
  readonly accessToken: string
  /** `undefined` if the server keeps the refresh token in a cookie. */
  readonly refreshToken: string | undefined
  /** When the server issued the refresh token. A re-issued access token leaves it as it is. */
  readonly refreshTokenAt: Moment
  readonly claims: TokenClaims | undefined
  readonly receivedAt: Moment
  /** The time of its answer by the server's clock, if that is known. */
  readonly serverNowMs?: number | undefined
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

/** A token as an answer or a header holds it. All members are own: prototypes may be polluted. */
interface BareToken {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  readonly expiresInSeconds: number | undefined
  /** The time of the answer by the server's clock: its `Date` header. */
  readonly serverNowMs: number | undefined
  /** The body of the answer without the tokens. */
  readonly answer: unknown
}

/** Reads a token that the server has just issued. */
export type ReceiveToken = (
  token: BareToken,
  cause: Pick<LifetimeFacts, 'isSignIn' | 'previous'>
) => ReceivedToken

export interface ReceiveTokenDeps {
  readonly platform: Pick<Platform, 'now' | 'monotonicNow'>
  readonly readUser: ReadUser
  /** Called if the answer states another lifetime than the token has. */
  readonly onContradiction: (() => void) | undefined
}

export function createReceiveToken(deps: ReceiveTokenDeps): ReceiveToken {
  const { platform, readUser, onContradiction } = deps
  return ({ accessToken, refreshToken, expiresInSeconds, serverNowMs, answer }, cause) => {
    const claims = readClaims(accessToken)
    const receivedAt = readMoment(platform)
    const { seconds, isContradicted } = measureLifetime({
      claims,
      receivedAt,
      expiresInSeconds,
      serverNowMs,
      ...cause
    })
    if (isContradicted) onContradiction?.()
    const { userId, profile } = readUser({ claims: claims?.payload, answer })
    return {
      accessToken,
      refreshToken,
      refreshTokenAt: receivedAt,
      claims,
      receivedAt,
      serverNowMs,
      lifetimeSeconds: seconds,
      userId,
      profile
    }
  }
}
