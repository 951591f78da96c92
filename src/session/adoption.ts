// Adoption: decides whether a token may replace the held one, by session, user and age.
import type { ReissueRefusal } from './events.ts'
import type { HeldToken, ReceivedToken } from './held-token.ts'

/** The parts of the session that decide about a re-issued token. */
interface Holder {
  epoch(): number
  held(): HeldToken | undefined
  everHeld(accessToken: string): boolean
}

/** Facts about the answer that re-issues a token. */
interface ReissueAnswer {
  /** The time of the answer by the server's clock: its `Date` header. */
  readonly atMs: number | undefined
  /** A shared cache had stored the answer: it has an `Age`. */
  readonly isStored: boolean
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
  session: Holder,
  answer: ReissueAnswer = { atMs: undefined, isStored: false }
): ReissueRefusal | undefined {
  const held = session.held()
  if (held === undefined || carried.epoch !== session.epoch()) return 'other-session'
  if (held.claims !== undefined && candidate.claims === undefined) return 'not-a-jwt'
  if (!isSameSession(held, candidate)) return 'other-subject'
  if (hasExpired(candidate, answer.atMs)) return 'expired'
  if (session.everHeld(candidate.accessToken)) return 'not-newer'
  switch (compareAge(candidate, held)) {
    case 'newer':
      return undefined
    case 'older':
      return 'not-newer'
    case 'unknown':
      // Opaque, or issued in the same second: newer only if it answers a request with the held
      // token.
      if (carried.generation !== held.generation) return 'not-newer'
      return isIdentified(held, candidate) ? undefined : refuseForeign(candidate, held, answer)
  }
}

/**
 * If the tokens name no user and no session, and none of them is newer, an HTTP cache may replay
 * the header of an answer to the previous user:
 *
 *     user A ── GET /me ── answer with token A2, stored by a cache
 *     user B ── sign-in ── token B1 ── GET /me ── the stored answer with token A2
 */
function refuseForeign(
  candidate: ReceivedToken,
  held: HeldToken,
  { atMs = Infinity, isStored }: ReissueAnswer
): ReissueRefusal | undefined {
  const iat = held.claims?.iat
  const issuedAtMs = iat === undefined ? (held.serverNowMs ?? 0) : iat * 1000
  if (isStored || atMs < issuedAtMs) return 'from-cache'
  // A server that re-issues tokens does so again with its next answer, which has a later `iat`.
  return iat !== undefined && candidate.claims?.iat === iat ? 'not-newer' : undefined
}

/** Whether user or session of the candidate are known to be the same. */
function isIdentified(held: ReceivedToken, candidate: ReceivedToken): boolean {
  const isKnown = (one: unknown, other: unknown) => one !== undefined && one === other
  return isKnown(held.userId, candidate.userId) || isKnown(held.claims?.sid, candidate.claims?.sid)
}

/** Without `iat` and `Date`, the device's clock has to do. */
function hasExpired({ claims, receivedAt }: ReceivedToken, answeredAtMs?: number): boolean {
  const { iat, exp = Infinity } = claims ?? {}
  const nowMs = answeredAtMs ?? (iat === undefined ? receivedAt.wallMs : 0)
  return exp <= (iat ?? 0) || exp * 1000 <= nowMs
}

function isSameSession(held: ReceivedToken, candidate: ReceivedToken): boolean {
  return agree(held.userId, candidate.userId) && agree(held.claims?.sid, candidate.claims?.sid)
}

function agree(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other
}

/** Compares two tokens by the server's own clock: `iat`, then `exp`. */
export function compareAge(
  candidate: Pick<ReceivedToken, 'claims'>,
  held: Pick<ReceivedToken, 'claims'>
): 'newer' | 'older' | 'unknown' {
  return (
    compareNumericDates(candidate.claims?.iat, held.claims?.iat) ??
    compareNumericDates(candidate.claims?.exp, held.claims?.exp) ??
    'unknown'
  )
}

/**
 * Whether the token is of the same user as far as is known, and older. `ifUnknown`: what counts if
 * neither token states its age.
 */
export function isOlderToken(
  candidate: Pick<ReceivedToken, 'userId' | 'claims'>,
  known: Pick<ReceivedToken, 'userId' | 'claims'>,
  ifUnknown: boolean
): boolean {
  const isOther = compareUsers(candidate, known, 'unknown') === 'other'
  const age = compareAge(candidate, known)
  return !isOther && (age === 'older' || (age === 'unknown' && ifUnknown))
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
