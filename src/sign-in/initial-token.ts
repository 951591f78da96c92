// Initial token: reads the option `initialToken`, and plans its first refresh.
import type { IssuedToken } from '../auth-api/answers/token-answer.ts'
import { readClaims } from '../lib/access-token.ts'
import type { Moment } from '../lib/time.ts'
import { remainingLifetimeSeconds } from '../lib/token-lifetime.ts'
import { planRefreshAt, type RefreshPolicy, refreshLeewaySeconds } from '../refresh/refresh-time.ts'
import type { ReceivedToken } from '../session/held-token.ts'
import type { ReadUser } from '../session/user.ts'

/** `undefined` if the token has expired: the client then starts without it. */
export function receiveInitialToken(
  issued: IssuedToken | undefined,
  receivedAt: Moment,
  readUser: ReadUser
): ReceivedToken | undefined {
  if (issued === undefined) return undefined
  const { accessToken, refreshToken, expiresInSeconds, answer } = issued
  const claims = readClaims(accessToken)
  const lifetimeSeconds = remainingLifetimeSeconds({ claims, expiresInSeconds }, receivedAt)
  if (lifetimeSeconds === 0) return undefined
  const user = readUser({ claims: claims?.payload, answer })
  const refresh = { refreshToken, refreshTokenAt: receivedAt }
  return { accessToken, ...refresh, claims, receivedAt, lifetimeSeconds, ...user }
}

/** A token that is about to expire is refreshed at once. */
export function planInitialRefresh(
  token: ReceivedToken,
  policy: RefreshPolicy,
  random: () => number
): Moment | undefined {
  const { claims, receivedAt, lifetimeSeconds } = token
  const iat = claims?.iat
  const exp = claims?.exp
  const whole = iat === undefined || exp === undefined ? undefined : exp - iat
  const isDue =
    lifetimeSeconds !== undefined &&
    whole !== undefined &&
    lifetimeSeconds <= refreshLeewaySeconds(whole, policy)
  return isDue ? receivedAt : planRefreshAt(token, true, policy, random)
}
