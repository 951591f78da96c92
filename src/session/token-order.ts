// Which token may replace which: the rules under which a re-issued or renewed token is newer than ours.
import type { HeldToken, ReceivedToken, Session } from './session.ts'

/** Why a re-issued token was not adopted. */
export type ReissueRefusal =
  /** The header did not hold exactly one well-formed Bearer credential. */
  | 'malformed'
  /** The final URL is unknown or not trusted: after a redirect, somebody else may have set the header. */
  | 'untrusted-origin'
  /** It came with a 401. */
  | 'refused-request'
  /** The user signed in or out since the request was sent. */
  | 'other-session'
  /** It names another subject or session. */
  | 'other-subject'
  /** It has no life left by its own claims. */
  | 'expired'
  /** It is no newer than the token that is held. */
  | 'not-newer'

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
export function isSameUser(held: ReceivedToken, candidate: ReceivedToken): boolean {
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
