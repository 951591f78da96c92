// Which token may replace which: the rules under which a re-issued or renewed token is newer than ours.
import type { ReissueRefusal } from './events.ts'
import type { HeldToken, ReceivedToken } from './held-token.ts'
import type { Session } from './session.ts'

/**
 * Refuses a re-issued token, or returns `undefined` where it may replace the held one.
 *
 * `carried` is the token that the request was sent with. An HTTP cache replays old headers with a 304, responses arrive
 * in any order, and a slow one may outlive a sign-out: so arrival decides nothing.
 */
export function refuseReissue(
  candidate: ReceivedToken,
  carried: HeldToken,
  session: Pick<Session, 'epoch' | 'held' | 'wasHeld'>
): ReissueRefusal | undefined {
  const held = session.held()
  if (held === undefined || carried.epoch !== session.epoch()) return 'other-session'
  if (!isSameSession(held, candidate)) return 'other-subject'
  const { iat, exp } = candidate.claims ?? {}
  if (iat !== undefined && exp !== undefined && exp <= iat) return 'expired'
  switch (compareAge(candidate, held)) {
    case 'newer':
      return undefined
    case 'older':
      return 'not-newer'
    case 'unknown':
      // Issued within the same second, or opaque: it follows ours only if our current token was what it answered.
      return carried.generation === held.generation && !session.wasHeld(candidate.accessToken)
        ? undefined
        : 'not-newer'
  }
}

/** Users differ only where both tokens name one. */
function isSameUser(held: ReceivedToken, candidate: ReceivedToken): boolean {
  return agree(held.claims?.sub, candidate.claims?.sub)
}

function isSameSession(held: ReceivedToken, candidate: ReceivedToken): boolean {
  return isSameUser(held, candidate) && agree(held.claims?.sid, candidate.claims?.sid)
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

function agree(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other
}
