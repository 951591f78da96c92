// Tab sync: publishes what happens to the session here, and follows what happens to it in the other
// tabs.

import type { Platform } from '../lib/platform.ts'
import { readMoment } from '../lib/time.ts'
import { lifeLeftMs } from '../lib/token-lifetime.ts'
import { compareUsers } from '../session/adoption.ts'
import type { ReceivedToken } from '../session/held-token.ts'
import type { Session } from '../session/session.ts'
import type { ReadUser } from '../session/user.ts'
import { judgeSharedToken } from './accept-shared-token.ts'
import { createAskTabs } from './ask-tabs.ts'
import {
  createTabChannel,
  type EndReason,
  packToken,
  planTakenRefresh,
  type SharedToken,
  type TabMessage,
  type TokenMessageReason,
  unpackToken
} from './messages.ts'
import type { SessionVersion, SessionVersions } from './session-version.ts'
import type { TabCount } from './tab-count.ts'

export interface TabSync {
  /** Publishes that this tab got a token from the server. */
  publish(reason: Exclude<TokenMessageReason, 'reply'>): void
  /** Publishes that the session has ended here, for all tabs. */
  publishEnd(reason: EndReason): void
  /** Counts the refreshes of other tabs that this tab took a token over from. */
  refreshesElsewhere(): number
  /**
   * Resolves when this tab knows what the others know, or after `handOverMs`; `undefined` if it
   * knows already. Called before a refresh is sent: another tab may have shared a token that has
   * not arrived yet. After another tab held the lock, storage may be stale too: both storage and
   * channel can be slower than the lock. This was seen in Chromium with twenty tabs on a busy
   * machine.
   */
  catchUp(afterAnother: boolean): Promise<void> | undefined
  /** Like `catchUp`, in a tab that holds no token: another tab may have one. */
  findSession(): Promise<void> | undefined
  /** Whether this tab knows what storage knows. */
  isCurrent(): boolean
  /** The page may have slept or come back: storage knows what it missed. */
  wake(): void
  /** Whether a token from the server may be of another user than the session. */
  isOtherUser(received: ReceivedToken): boolean
  dispose(): void
}

export interface TabSyncDeps {
  readonly mode: 'share' | 'signal' | 'off'
  readonly channelName: string
  readonly session: Session
  readonly versions: SessionVersions
  readonly count: TabCount
  readonly readUser: ReadUser
  readonly platform: Platform
}

/**
 * How long to wait for a message. A message that was sent before the lock was released may arrive
 * after the lock is granted. In Chromium it came up to 8 ms later, and more in a busy tab.
 */
const handOverMs = 250

/** How often, and for how long, storage is asked whether it confirms a message. */
const confirmationEveryMs = 20
const confirmationChecks = 10
const mostUnconfirmed = 16

export function createTabSync(options: TabSyncDeps): TabSync {
  const { mode, channelName, session, versions, count, readUser, platform } = options
  const channel = createTabChannel(platform, channelName, receive)
  const question = createAskTabs(platform, handOverMs)
  const isOff = mode === 'off'
  let refreshesElsewhere = 0
  let unconfirmed = 0

  function receive(message: TabMessage, checks = confirmationChecks): void {
    if (message.type === 'ask') {
      reply()
      return
    }
    const { sessionVersion } = message
    const isReply = question.isOpen() && message.type === 'token' && message.reason === 'reply'
    const behindBy = sessionVersion.generation - versions.seen().generation
    // A message of a frozen or slow tab may be stale.
    if (behindBy < (isReply || message.type === 'ended' ? 0 : 1)) return
    if (!versions.confirms(sessionVersion)) {
      checkAgain(message, checks)
      return
    }
    if (message.type === 'ended') followEnd(sessionVersion, message.reason)
    else if (message.token === undefined || mode !== 'share')
      followSignal(sessionVersion, message.reason)
    else take(sessionVersion, message.reason, message.token)
    question.check()
  }

  // Storage may be slower than the channel. A message that storage does not confirm in time is not
  // from one of our tabs.
  function checkAgain(message: TabMessage, checks: number): void {
    if (checks === 0 || unconfirmed >= mostUnconfirmed) return
    unconfirmed += 1
    platform.setTimer(() => {
      unconfirmed -= 1
      receive(message, checks - 1)
    }, confirmationEveryMs)
  }

  function reply(): void {
    const held = session.held()
    if (held === undefined || mode !== 'share' || versions.isBehind()) return
    const isAlive = held.lifetimeSeconds === undefined || lifeLeftMs(held, readMoment(platform)) > 0
    if (isAlive) post('reply', versions.seen())
  }

  function post(reason: TokenMessageReason, sessionVersion: SessionVersion): void {
    const held = session.held()
    if (held === undefined || isOff) return
    const token = packToken(held, readMoment(platform))
    const shared = mode === 'share' ? token : undefined
    channel.post({ type: 'token', sessionVersion, reason, token: shared })
  }

  function followEnd(sessionVersion: SessionVersion, reason: EndReason): void {
    versions.follow(sessionVersion)
    if (session.getState().status === 'authenticated') session.end(reason, 'other-tab')
  }

  function followSignal(sessionVersion: SessionVersion, reason: TokenMessageReason): void {
    // After a sign-in this tab stays behind until a refresh has shown which user it is.
    if (reason === 'signed-in') session.signal('unknown-sign-in')
    else versions.follow(sessionVersion)
  }

  function take(
    sessionVersion: SessionVersion,
    reason: TokenMessageReason,
    shared: SharedToken
  ): void {
    const now = readMoment(platform)
    const received = unpackToken(shared, now, readUser)
    const decision = judgeSharedToken({
      status: session.isRestoring() ? 'initializing' : session.getState().status,
      held: session.held(),
      former: session.former(),
      received,
      isAlive: received.lifetimeSeconds === undefined || lifeLeftMs(received, now) > 0,
      reason,
      isAsked: question.isOpen(),
      isNewer: sessionVersion.generation > versions.seen().generation,
      session: versions.compare(sessionVersion)
    })
    versions.follow(sessionVersion)
    if (decision === 'other-user') session.end('user-changed', 'other-tab')
    const isAccepted = decision === 'enter' || decision === 'replace'
    const isRepeated = received.accessToken === session.held()?.accessToken
    if (!isAccepted || (session.wasHeld(received.accessToken) && !isRepeated)) return
    const isReissued = reason === 'reissued'
    if (!isReissued) refreshesElsewhere += 1
    const refreshAt = planTakenRefresh(shared, now, platform.random())
    if (isRepeated) session.amend({ ...received, refreshAt })
    else session.hold(received, refreshAt, { by: 'other-tab', isReissued })
  }

  function ask(): Promise<void> | undefined {
    if (mode !== 'share' || platform.openChannel === undefined) return undefined
    const before = versions.seen().generation
    const heldBefore = session.held()
    return question.ask({
      send: () => channel.post({ type: 'ask' }),
      isAnswered: () =>
        !versions.isBehind() &&
        (versions.seen().generation > before || session.held() !== heldBefore),
      onSilence() {
        count.reset()
        // The next refresh will show what the other tabs did not say.
        versions.follow({ ...versions.seen(), generation: versions.stored().generation })
      }
    })
  }

  function open(): void {
    if (isOff) return
    channel.open()
    count.enter()
  }

  function close(): void {
    if (isOff) return
    channel.close()
    count.leave()
  }

  const removeHideListener = platform.onPageHide(close)
  open()

  return {
    publish(reason) {
      if (isOff) return
      const isSignIn = reason === 'signed-in'
      const stored = versions.stored()
      //  this tab ──── POST ───────────────── answered with a token of the ended session
      //  another tab ───────── signed out
      if (!isSignIn && versions.isBehind() && stored.sessionId === null) {
        followEnd(stored, 'signed-out')
        return
      }
      // Another tab signed in and its message has not arrived yet: the token belongs to the
      // previous session.
      const isOvertaken = versions.isBehind() && versions.compare(stored) === 'other'
      if (reason === 'reissued' && isOvertaken) return
      const id = isSignIn ? platform.randomId() : versions.currentSessionId()
      post(reason, versions.advance(id))
    },
    publishEnd(reason) {
      if (isOff) return
      channel.post({ type: 'ended', sessionVersion: versions.advance(null), reason })
    },
    refreshesElsewhere: () => refreshesElsewhere,
    catchUp(afterAnother) {
      const stored = versions.stored()
      if (versions.isBehind() && stored.sessionId === null) followEnd(stored, 'signed-out')
      return versions.isBehind() || (afterAnother && count.hasOthers()) ? ask() : undefined
    },
    isCurrent: () => isOff || !versions.isBehind(),
    findSession: () =>
      versions.isBehind() || (versions.mayBeSignedIn() && count.hasOthers()) ? ask() : undefined,
    wake() {
      open()
      if (isOff || !versions.isBehind()) return
      const stored = versions.stored()
      const isSignedIn = session.getState().status === 'authenticated'
      if (stored.sessionId === null) followEnd(stored, 'signed-out')
      else if (versions.compare(stored) === 'other') session.signal('unknown-sign-in')
      else if (typeof stored.sessionId === 'string' && !isSignedIn)
        session.signal('unknown-sign-in')
    },
    isOtherUser(received) {
      const held = session.held()
      const former = session.former()
      const known = versions.compare(versions.stored())
      if (held !== undefined) return compareUsers(held, received, known) === 'other'
      return former !== undefined && compareUsers(former, received, 'unknown') !== 'same'
    },
    dispose() {
      removeHideListener()
      question.close()
      close()
    }
  }
}
