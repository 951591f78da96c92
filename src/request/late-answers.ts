// Late answers: decides whether an answer that arrives after the session of its request may still
// reach the app.

import { compareUsers } from '../session/adoption.ts'
import type { HeldToken } from '../session/held-token.ts'
import type { Session } from '../session/session.ts'

/** Whether the answer to a request with the token `carried` is too late for the app. */
export type IsTooLate = (carried: HeldToken) => boolean

export function createIsTooLate(
  session: Pick<Session, 'epoch' | 'held' | 'getState'>,
  lateAnswers: 'same-user' | 'same-session' | 'any'
): IsTooLate {
  return (carried) => {
    if (carried.epoch === session.epoch() || lateAnswers === 'any') return false
    const held = session.held()
    const state = session.getState()
    const isOther =
      held === undefined
        ? state.status === 'unauthenticated' && state.reason === 'user-changed'
        : compareUsers(carried, held, 'unknown') !== 'same'
    return isOther || lateAnswers === 'same-session'
  }
}
