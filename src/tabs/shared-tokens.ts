// Shared tokens: takes a token that another tab shares, once storage confirms its message, if it
// belongs to the user of this tab.
import { type ClientPlatform, type Moment, readMoment } from '../lib/time.ts'
import { lifeLeftMs } from '../lib/token-lifetime.ts'
import { compareAge, compareUsers } from '../session/adoption.ts'
import type { ReceivedToken } from '../session/held-token.ts'
import type { Session } from '../session/session.ts'
import type { ReadUser } from '../session/user.ts'
import type { KnownSession, Seen } from './known-session.ts'
import { planTakenRefresh, receiptOf, type SharedToken, unpackToken } from './messages.ts'
import { endOf } from './record-value.ts'
import type { SessionRecord } from './session-record.ts'
import type { Watch } from './watch.ts'

export interface SharedTokens {
  /** A message brought the token. `theirs`: the session of the tab that shares it. */
  receive(theirs: Seen, token: SharedToken): void
  /** The last wait for storage to confirm a message. */
  confirmation(): Promise<unknown> | undefined
}

export interface SharedTokensDeps {
  readonly session: Session
  readonly record: SessionRecord
  readonly readUser: ReadUser
  readonly platform: ClientPlatform
  readonly watch: Watch
  /** This tab has taken over a token that another tab got from a refresh. */
  readonly onTaken: () => void
}

interface SharedFacts {
  /** The message is newer than the last change that this tab has seen. */
  readonly isNewer: boolean
  /** Whether both tabs mean the same sign-in. */
  readonly relation: 'same' | 'other' | 'unknown'
}

/** How long a message may take. In Chromium it comes up to 8 ms late, or later in a busy tab. */
export const handOverMs = 250

export function createSharedTokens(
  { session, record, readUser, platform, watch, onTaken }: SharedTokensDeps,
  known: KnownSession,
  mayTake: () => boolean
): SharedTokens {
  let confirmation: Promise<unknown> | undefined

  /** Returns `false` if storage does not confirm the message yet. */
  function acceptIfConfirmed({ counter, sessionId }: Seen, token: SharedToken): boolean {
    const now = record.known()
    const isSame = sessionId === now.sessionId
    if (counter > now.counter || (counter === now.counter && !isSame)) return false
    const isNewer = counter > known.seen().counter || sessionId !== known.seen().sessionId
    const isLive = isSame && endOf(now, sessionId) === undefined
    // A message of a frozen or slow tab may be stale.
    const isStale = !isNewer && counter < known.seen().counter
    if (!isLive || !mayTake()) return true
    if (!isStale) take({ counter, sessionId }, isNewer, token)
    keepRefreshToken(sessionId, token)
    return true
  }

  //  this tab ── API request ─── re-issued access token ── ignores the older access token
  //  another  ───── refresh ──── rotated refresh token ─── message ─▲ (takes the refresh token)
  /** A server with reuse detection ends the session of a tab that presents a spent token. */
  function keepRefreshToken(sessionId: string | undefined, shared: SharedToken): void {
    const held = session.held()
    if (held === undefined || known.compare(sessionId) !== 'same') return
    const received = unpackToken(shared, readMoment(platform), readUser)
    if (compareUsers(held, received, 'same') !== 'same') return
    const { refreshToken, refreshTokenAt } = received
    const { refreshAt } = held
    if (isLaterRefreshToken(received, held)) {
      session.amend({ refreshToken, refreshTokenAt, refreshAt })
    }
  }

  function take(theirs: Seen, isNewer: boolean, shared: SharedToken): void {
    const now = readMoment(platform)
    const receivedAt = receiptOf(shared, shared.ageMs, now)
    // With a refresh token, a new page can get another access token.
    const isOfUse = session.held() === undefined && shared.refreshToken !== undefined
    if (!isAlive({ ...shared, receivedAt }, now) && !isOfUse) {
      // This page has slept: only the server knows whether another session still lives.
      if (known.other() === undefined) known.catchUpTo(theirs)
      else session.signal('unknown-sign-in')
      return
    }
    const compared = known.compare(theirs.sessionId)
    const isEntry = shared.reason === 'signed-in' || theirs.sessionId === known.other()
    const relation = compared === 'unknown' && isEntry ? 'other' : compared
    known.catchUpTo(theirs)
    if (hold(shared, now, { isNewer, relation }) && shared.reason !== 'reissued') onTaken()
  }

  /** Returns whether the session has taken the token. One of another user ends it. */
  function hold(shared: SharedToken, now: Moment, facts: SharedFacts): boolean {
    const received = unpackToken(shared, now, readUser)
    const decision = judge(session, received, facts)
    const mayHold = decision === 'take' || decision === 'enter-anew'
    if (decision === 'other-user' || decision === 'enter-anew')
      session.end('user-changed', 'other-tab')
    const isRepeated = received.accessToken === session.held()?.accessToken
    if (!mayHold || (session.wasHeld(received.accessToken) && !isRepeated)) return false
    const isKept = shared.reason === 'kept'
    const isReissued = shared.reason === 'reissued' || isKept
    const refreshAt = planTakenRefresh(shared, now, platform.random())
    // A token that is kept is not newer, so a request that it was refused to refreshes again.
    const last = decision === 'take' ? session.held() : undefined
    const { refreshToken, refreshTokenAt } =
      last === undefined || isLaterRefreshToken(received, last) ? received : last
    const changes = isKept ? {} : received
    const token = { ...received, refreshToken, refreshTokenAt }
    if (isRepeated) session.amend({ ...changes, refreshToken, refreshTokenAt, refreshAt })
    else session.hold(token, refreshAt, { by: 'other-tab', isReissued })
    return true
  }

  return {
    receive(theirs, token) {
      // Storage may be slower than the channel. A message that storage does not confirm in time is
      // not from one of our tabs.
      const accept = () => acceptIfConfirmed(theirs, token)
      if (mayTake() && !accept()) confirmation = watch.until(accept, handOverMs)
    },
    confirmation: () => confirmation
  }
}

export function isAlive(
  token: Pick<ReceivedToken, 'lifetimeSeconds' | 'receivedAt'>,
  now: Moment
): boolean {
  return token.lifetimeSeconds === undefined || lifeLeftMs(token, now) > 0
}

function isLaterRefreshToken(one: ReceivedToken, other: ReceivedToken): boolean {
  if (one.refreshToken === undefined || one.refreshToken === other.refreshToken) return false
  const { wallMs, monotonicMs } = other.refreshTokenAt
  // One clock may have been set back, and the other one may have stopped during sleep.
  return one.refreshTokenAt.wallMs > wallMs || one.refreshTokenAt.monotonicMs > monotonicMs
}

/**
 * `take` replaces the held token, or signs this tab in. `enter-anew` ends the session of this tab
 * and enters the other one, because no token names its user.
 */
function judge(
  session: Session,
  received: ReceivedToken,
  { isNewer, relation }: SharedFacts
): 'take' | 'enter-anew' | 'other-user' | 'ignore' {
  const held = session.held()
  const former = session.former()
  if (held === undefined) {
    // After a sign-out, only another sign-in brings this tab back.
    if (!session.mayJoin() && relation !== 'other') return 'ignore'
    // A page that shows the data of one user must not switch to another user on its own.
    const isOther = former && compareUsers(former, received, 'unknown') === 'other'
    return isOther ? 'other-user' : 'take'
  }
  switch (compareUsers(held, received, relation)) {
    case 'other': {
      const isKnown = held.userId !== undefined && received.userId !== undefined
      return isKnown ? 'other-user' : 'enter-anew'
    }
    case 'unknown':
      return 'ignore'
    case 'same': {
      const age = compareAge(received, held)
      return age === 'newer' || (age === 'unknown' && isNewer) ? 'take' : 'ignore'
    }
  }
}
