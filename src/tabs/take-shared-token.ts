// Shared token: takes a token that another tab shares, if it belongs to the user of this tab.
import { type ClientPlatform, type Moment, readMoment } from '../lib/time.ts'
import { lifeLeftMs } from '../lib/token-lifetime.ts'
import { compareAge, compareUsers } from '../session/adoption.ts'
import type { ReceivedToken } from '../session/held-token.ts'
import type { Session } from '../session/session.ts'
import type { ReadUser } from '../session/user.ts'
import { planTakenRefresh, type SharedToken, unpackToken } from './messages.ts'

export interface SharedTokenDeps {
  readonly session: Session
  readonly readUser: ReadUser
  readonly platform: ClientPlatform
}

interface SharedFacts {
  /** The message is newer than the last change that this tab has seen. */
  readonly isNewer: boolean
  /** Whether both tabs mean the same sign-in. */
  readonly relation: 'same' | 'other' | 'unknown'
}

/** Returns whether the live token was taken. A token of another user ends the session. */
export function takeSharedToken(
  { session, readUser, platform }: SharedTokenDeps,
  shared: SharedToken,
  facts: SharedFacts
): boolean {
  const now = readMoment(platform)
  const received = unpackToken(shared, now, readUser)
  const decision = judge(session, received, facts)
  const mayHold = decision === 'take' || decision === 'enter-anew'
  if (decision === 'other-user' || decision === 'enter-anew')
    session.end('user-changed', 'other-tab')
  const isRepeated = received.accessToken === session.held()?.accessToken
  if (!mayHold) return false
  if (session.wasHeld(received.accessToken) && !isRepeated) return false
  const isReissued = shared.reason === 'reissued'
  const refreshAt = planTakenRefresh(shared, now, platform.random())
  if (isRepeated) session.amend({ ...received, refreshAt })
  else session.hold(received, refreshAt, { by: 'other-tab', isReissued })
  return true
}

export function isAlive(
  token: Pick<ReceivedToken, 'lifetimeSeconds' | 'receivedAt'>,
  now: Moment
): boolean {
  return token.lifetimeSeconds === undefined || lifeLeftMs(token, now) > 0
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
    if (!session.isRestoring() && relation !== 'other') return 'ignore'
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
