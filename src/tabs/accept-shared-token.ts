// Shared token: decides whether this tab accepts a token that another tab shares.
import { compareAge, compareUsers } from '../session/adoption.ts'
import type { ReceivedToken } from '../session/held-token.ts'

/**
 * `enter` signs this tab in; `replace` replaces the held token. `enter-anew` ends the session of
 * this tab and enters the other one, because no token names its user.
 */
export type TokenDecision = 'enter' | 'enter-anew' | 'replace' | 'other-user' | 'ignore'

export interface SharedFacts {
  readonly held: ReceivedToken | undefined
  /** The last token if the session ended here other than by logout. */
  readonly former: Pick<ReceivedToken, 'userId'> | undefined
  readonly received: ReceivedToken
  readonly isAlive: boolean
  /** The other tab has just signed in. */
  readonly isSignIn: boolean
  /** The message is newer than the last change that this tab has seen. */
  readonly isNewer: boolean
  /** Whether both tabs mean the same sign-in. */
  readonly session: 'same' | 'other' | 'unknown'
  /** Whether this tab, which holds no token, may take one of this session. */
  readonly mayEnter: boolean
}

export function judgeSharedToken(facts: SharedFacts): TokenDecision {
  const { held, former, received, isAlive, isNewer, session } = facts
  if (held === undefined) {
    if (!facts.mayEnter) return 'ignore'
    // A page that shows the data of one user must not switch to another user on its own.
    if (former !== undefined && compareUsers(former, received, 'unknown') === 'other')
      return 'other-user'
    return isAlive ? 'enter' : 'ignore'
  }
  switch (compareUsers(held, received, facts.isSignIn ? 'other' : session)) {
    case 'other': {
      const isKnown = held.userId !== undefined && received.userId !== undefined
      return isKnown || !isAlive ? 'other-user' : 'enter-anew'
    }
    case 'unknown':
      return 'ignore'
    case 'same': {
      const age = compareAge(received, held)
      const isLater = age === 'newer' || (age === 'unknown' && isNewer)
      return isLater && isAlive ? 'replace' : 'ignore'
    }
  }
}
