// Shared token: decides whether this tab accepts a token that another tab shares.
import { compareAge, compareUsers } from '../session/adoption.ts'
import type { ReceivedToken } from '../session/held-token.ts'
import type { TokenMessageReason } from './messages.ts'

/** `enter` signs this tab in; `replace` replaces the held token. */
export type TokenDecision = 'enter' | 'replace' | 'other-user' | 'ignore'

export interface SharedFacts {
  readonly status: 'initializing' | 'authenticated' | 'unauthenticated'
  readonly held: ReceivedToken | undefined
  /** The last token if the session ended here other than by logout. */
  readonly former: Pick<ReceivedToken, 'userId'> | undefined
  readonly received: ReceivedToken
  readonly isAlive: boolean
  readonly reason: TokenMessageReason
  /** This tab has asked for a token. */
  readonly isAsked: boolean
  /** The message is newer than the last change that this tab has seen. */
  readonly isNewer: boolean
  /** Whether both tabs mean the same sign-in. */
  readonly session: 'same' | 'other' | 'unknown'
}

export function judgeSharedToken(facts: SharedFacts): TokenDecision {
  const { held, former, received, reason, isNewer, session } = facts
  if (held === undefined) {
    // After a sign-out, only another sign-in brings this tab back, or a reply that it asked for.
    const isInvited = (reason === 'signed-in' || facts.isAsked) && isNewer
    if (facts.status !== 'initializing' && !isInvited) return 'ignore'
    // A page that shows the data of one user must not switch to another user on its own.
    if (former !== undefined && compareUsers(former, received, 'unknown') !== 'same')
      return 'other-user'
    return facts.isAlive ? 'enter' : 'ignore'
  }
  switch (compareUsers(held, received, session)) {
    case 'other':
      return 'other-user'
    case 'unknown':
      // The tokens name no user, so a sign-in may be of any user.
      return reason === 'signed-in' ? 'other-user' : 'ignore'
    case 'same': {
      const age = compareAge(received, held)
      const isLater = age === 'newer' || (age === 'unknown' && isNewer)
      return isLater && facts.isAlive ? 'replace' : 'ignore'
    }
  }
}
