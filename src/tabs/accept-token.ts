// What to make of a token that a sibling tab shares: the rules under which it is this tab's too.
import type { ReceivedToken } from '../session/held-token.ts'

import { compareAge } from '../session/token-order.ts'
import type { TokenMessageReason } from './messages.ts'

/** `enter`: somebody is signed in here too now. `replace`: it renews the token that is held. */
export type TokenDecision = 'enter' | 'replace' | 'other-user' | 'ignore'

type Claimed = Pick<ReceivedToken, 'claims'>

export interface SharedFacts {
  readonly status: 'initializing' | 'authenticated' | 'unauthenticated'
  readonly held: ReceivedToken | undefined
  /** Whose session ended here without a sign-out. */
  readonly former: Claimed | undefined
  readonly received: ReceivedToken
  readonly isAlive: boolean
  readonly news: TokenMessageReason
  /** This tab has asked for it. */
  readonly isAsked: boolean
  /** It tells of something that this tab has not taken part in. */
  readonly isNews: boolean
  /** Do both tabs mean the same sign-in? */
  readonly session: 'same' | 'other' | 'unknown'
}

export function judgeSharedToken(facts: SharedFacts): TokenDecision {
  const { held, former, received, news, isNews, session } = facts
  if (held === undefined) {
    // After a sign-out only a sign-in brings anybody back.
    const isInvited = (news === 'signed-in' || facts.isAsked) && isNews
    if (facts.status !== 'initializing' && !isInvited) return 'ignore'
    // A page that shows one user's data does not become another's unasked.
    if (former !== undefined && compareUsers(former, received, 'unknown') !== 'same')
      return 'other-user'
    return facts.isAlive ? 'enter' : 'ignore'
  }
  switch (compareUsers(held, received, session)) {
    case 'other':
      return 'other-user'
    case 'unknown':
      // Nobody is named, so that a sign-in may be anybody's.
      return news === 'signed-in' ? 'other-user' : 'ignore'
    case 'same': {
      const age = compareAge(received, held)
      const isNewer = age === 'newer' || (age === 'unknown' && isNews)
      return isNewer && facts.isAlive ? 'replace' : 'ignore'
    }
  }
}

/** By the subject where both tokens name one, else by what tabs know of the sign-in. */
export function compareUsers(
  one: Claimed,
  other: Claimed,
  session: 'same' | 'other' | 'unknown'
): 'same' | 'other' | 'unknown' {
  const sub = one.claims?.sub
  const otherSub = other.claims?.sub
  if (sub === undefined || otherSub === undefined) return session
  return sub === otherSub ? 'same' : 'other'
}
