// Adoption: decides whether a token may replace the held one, by session, user and age.
import type { ReissueRefusal } from './events.ts'
import type { HeldToken, ReceivedToken } from './held-token.ts'

/** The parts of the session that decide about a re-issued token. */
interface Holder {
  epoch(): number
  held(): HeldToken | undefined
  wasHeld(accessToken: string): boolean
}

/**
 * Why a re-issued token must not be adopted; `undefined` if it may replace the held one.
 *
 * `carried` is the token that the request was sent with. The order of arrival does not matter:
 * responses overtake each other, and an HTTP cache replays old headers with a 304. A slow response
 * may also arrive after a sign-out.
 */
export function refuseReissue(
  candidate: ReceivedToken,
  carried: HeldToken,
  session: Holder
): ReissueRefusal | undefined {
  const held = session.held()
  if (held === undefined || carried.epoch !== session.epoch()) return 'other-session'
  if (!isSameSession(held, candidate)) return 'other-subject'
  const iat = candidate.claims?.iat
  const exp = candidate.claims?.exp
  if (iat !== undefined && exp !== undefined && exp <= iat) return 'expired'
  switch (compareAge(candidate, held)) {
    case 'newer':
      return undefined
    case 'older':
      return 'not-newer'
    case 'unknown':
      // Opaque, or issued in the same second: newer only if it answers a request with the held
      // token.
      return carried.generation === held.generation && !session.wasHeld(candidate.accessToken)
        ? undefined
        : 'not-newer'
  }
}

function isSameSession(held: ReceivedToken, candidate: ReceivedToken): boolean {
  return agree(held.userId, candidate.userId) && agree(held.claims?.sid, candidate.claims?.sid)
}

function agree(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other
}

/** Compares two tokens by the server's own clock: `iat`, then `exp`. */
export function compareAge(
  candidate: ReceivedToken,
  held: ReceivedToken
): 'newer' | 'older' | 'unknown' {
  return (
    compareNumericDates(candidate.claims?.iat, held.claims?.iat) ??
    compareNumericDates(candidate.claims?.exp, held.claims?.exp) ??
    'unknown'
  )
}

function compareNumericDates(
  candidate: number | undefined,
  held: number | undefined
): 'newer' | 'older' | undefined {
  if (candidate === undefined || held === undefined || candidate === held) return undefined
  return candidate > held ? 'newer' : 'older'
}

/** Compares by the user ID if both are known. Otherwise returns `fallback`. */
export function compareUsers(
  { userId }: Pick<HeldToken, 'userId'>,
  other: Pick<HeldToken, 'userId'>,
  fallback: 'same' | 'other' | 'unknown'
): 'same' | 'other' | 'unknown' {
  if (userId === undefined || other.userId === undefined) return fallback
  return userId === other.userId ? 'same' : 'other'
}
