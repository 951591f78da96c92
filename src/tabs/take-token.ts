// Taken token: receives the tokens that other tabs share, once storage confirms them.
import type { ClientPlatform } from '../lib/time.ts'
import { readMoment } from '../lib/time.ts'
import { lifeLeftMs } from '../lib/token-lifetime.ts'
import type { Session } from '../session/session.ts'
import type { ReadUser } from '../session/user.ts'
import { judgeSharedToken } from './accept-shared-token.ts'
import type { KnownSession, Seen } from './known-session.ts'
import { planTakenRefresh, type SharedToken, unpackToken } from './messages.ts'
import { endOf } from './record-value.ts'
import type { SessionRecord } from './session-record.ts'

export interface TakeToken {
  receive(theirs: Seen, token: SharedToken): void
  /** Takes the tokens that the record confirms by now. */
  confirm(): void
  /** Whether a token waits for its confirmation. */
  isWaiting(): boolean
}

export interface TakeTokenDeps {
  readonly session: Session
  readonly record: SessionRecord
  readonly known: KnownSession
  readonly readUser: ReadUser
  readonly platform: ClientPlatform
  /** How long storage may be slower than a message. */
  readonly handOverMs: number
  /** Whether this tab takes tokens. */
  readonly mayTake: () => boolean
  /** Whether this tab has asked the others. */
  readonly isAsking: () => boolean
  /** This tab has taken over a token that another tab got from a refresh. */
  readonly onTaken: () => void
}

type TokenMessage = readonly [theirs: Seen, token: SharedToken]

const mostUnconfirmed = 16

export function createTakeToken(options: TakeTokenDeps): TakeToken {
  const { session, record, known, readUser, platform, handOverMs } = options
  const unconfirmed = new Set<TokenMessage>()

  // Storage may be slower than the channel. A message that storage does not confirm in time is not
  // from one of our tabs.
  function receive(...message: TokenMessage): void {
    if (accept(...message) || unconfirmed.size >= mostUnconfirmed) return
    unconfirmed.add(message)
    platform.setTimer(() => {
      record.read()
      unconfirmed.delete(message)
    }, handOverMs)
  }

  /** Returns `false` if storage does not confirm the message yet. */
  function accept(theirs: Seen, token: SharedToken): boolean {
    const { counter, sessionId } = theirs
    const now = record.known()
    const seen = known.seen()
    const isSame = sessionId === now.sessionId
    if (counter > now.counter || (counter === now.counter && !isSame)) return false
    const isNewer = counter > seen.counter || sessionId !== seen.sessionId
    const isReply = options.isAsking() && token.reason === 'reply' && counter >= seen.counter
    const isLive = isSame && endOf(now, sessionId) === undefined
    // A message of a frozen or slow tab may be stale.
    if (isLive && (isNewer || isReply) && options.mayTake()) take(theirs, isNewer, token)
    return true
  }

  function take(theirs: Seen, isNewer: boolean, shared: SharedToken): void {
    const now = readMoment(platform)
    const received = unpackToken(shared, now, readUser)
    const relation = known.compare(theirs.sessionId)
    const isSignIn = shared.reason === 'signed-in'
    const decision = judgeSharedToken({
      held: session.held(),
      former: session.former(),
      received,
      isAlive: received.lifetimeSeconds === undefined || lifeLeftMs(received, now) > 0,
      isSignIn,
      isNewer,
      session: relation,
      // After a sign-out, only another sign-in brings this tab back.
      mayEnter: session.isRestoring() || isSignIn || relation === 'other'
    })
    known.catchUpTo(theirs)
    if (decision === 'other-user' || decision === 'enter-anew')
      session.end('user-changed', 'other-tab')
    if (decision === 'other-user' || decision === 'ignore') return
    const isRepeated = received.accessToken === session.held()?.accessToken
    if (session.wasHeld(received.accessToken) && !isRepeated) return
    const isReissued = shared.reason === 'reissued'
    const refreshAt = planTakenRefresh(shared, now, platform.random())
    if (isRepeated) session.amend({ ...received, refreshAt })
    else session.hold(received, refreshAt, { by: 'other-tab', isReissued })
    if (!isReissued) options.onTaken()
  }

  return {
    receive,
    confirm() {
      for (const message of unconfirmed) if (accept(...message)) unconfirmed.delete(message)
    },
    isWaiting: () => unconfirmed.size > 0
  }
}
