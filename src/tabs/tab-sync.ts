// The tabs of this browser as one session: each tells the others what came to pass, and takes over what is newer.

import type { Platform } from '../lib/platform.ts'
import type { Emitter } from '../session/events.ts'
import type { ReceivedToken } from '../session/held-token.ts'
import { type Session, toTokenFacts } from '../session/session.ts'
import { lifeLeftMs, readMoment } from '../token/lifetime.ts'
import { compareUsers, judgeSharedToken } from './accept-token.ts'
import { createAskTabs } from './ask-tabs.ts'
import {
  createTabChannel,
  type EndReason,
  type TabMessage,
  type TokenMessageReason
} from './messages.ts'
import type { SessionVersion, SessionVersions } from './session-version.ts'
import { packToken, planTakenRefresh, type SharedToken, unpackToken } from './shared-token.ts'
import type { TabCount } from './tab-count.ts'

export interface TabSync {
  /** Tells of a token that this tab has from the server. */
  tell(news: TokenMessageReason): void
  /** Tells that the session has ended here, for all. */
  tellEnd(reason: EndReason): void
  /** Counts the tokens that were taken over in place of a refresh. */
  refreshes(): number
  /**
   * Resolves when this tab knows what the others know: before a refresh goes out, somebody else's token may be on its way.
   * Takes `handOverMs` at most; `undefined` where there is nothing to wait for. After another tab had the lock there is:
   * storage and channel may both be slower than the lock (seen in Chromium, with twenty tabs on a busy machine).
   */
  catchUp(afterAnother: boolean): Promise<void> | undefined
  /** As `catchUp`, in a tab that holds no token: somebody may have one for it. */
  findSession(): Promise<void> | undefined
  /** The page may have slept, or come back: what happened meanwhile is in storage. */
  wake(): void
  /** May this token, fresh from the server, be another user's? */
  isOtherUser(received: ReceivedToken): boolean
  dispose(): void
}

export interface TabSyncDeps {
  readonly mode: 'share' | 'signal' | 'off'
  readonly name: string
  readonly session: Session
  readonly versions: SessionVersions
  readonly presence: TabCount
  readonly platform: Platform
  readonly emitter: Emitter
  /** The session has ended, or become another user's, next door. */
  readonly onEnded: (reason: EndReason | 'user-changed') => void
  /** A token was taken over, in place of a refresh or a sign-in here. */
  readonly onTaken: (how: 'entered' | 'refreshed') => void
  /** Somebody may have signed in next door, and only the server knows who. */
  readonly onUnclear: () => void
}

/**
 * A message that was sent before a lock was given back may arrive after the lock is granted (up to 8 ms measured in
 * Chromium, more where a tab is busy). Longer than this nobody waits for one.
 */
const handOverMs = 250

/** How often, and for how long, storage is asked whether it bears a message out. */
const confirmationEveryMs = 20
const confirmationChecks = 10
const mostUnconfirmed = 16

export function createTabSync(options: TabSyncDeps): TabSync {
  const { session, versions, presence, platform, emitter, mode } = options
  const channel = createTabChannel(platform, options.name, receive)
  const isOff = mode === 'off'
  let refreshes = 0
  let unconfirmed = 0
  const question = createAskTabs(platform, handOverMs)

  function receive(message: TabMessage, checks = confirmationChecks): void {
    if (message.type === 'ask') {
      answer()
      return
    }
    const isAnswer = question.isOpen() && message.type === 'token' && message.news === 'handed'
    const behindBy = message.stamp.generation - versions.seen().generation
    // What a frozen or slow tab tells late is overtaken by what has happened since.
    if (behindBy < (isAnswer || message.type === 'ended' ? 0 : 1)) return
    if (!versions.confirms(message.stamp)) {
      checkAgain(message, checks)
      return
    }
    if (message.type === 'ended') followEnd(message.stamp, message.reason)
    else if (message.token === undefined || mode !== 'share')
      followSignal(message.stamp, message.news)
    else take(message.stamp, message.news, message.token)
    question.look()
  }

  // Storage may be slower than the channel. What it does not bear out in time, nobody of ours has said.
  function checkAgain(message: TabMessage, checks: number): void {
    if (checks === 0 || unconfirmed >= mostUnconfirmed) return
    unconfirmed += 1
    platform.setTimer(() => {
      unconfirmed -= 1
      receive(message, checks - 1)
    }, confirmationEveryMs)
  }

  function answer(): void {
    const held = session.held()
    if (held === undefined || mode !== 'share' || versions.isBehind()) return
    // Nobody knows how long one of unknown life still serves.
    if (lifeLeftMs(held, readMoment(platform)) > 0) post('handed', versions.seen())
  }

  function post(news: TokenMessageReason, stamp: SessionVersion): void {
    const held = session.held()
    if (held === undefined || isOff) return
    const token = packToken(held, readMoment(platform))
    channel.post({ type: 'token', stamp, news, token: mode === 'share' ? token : undefined })
  }

  function followEnd(stamp: SessionVersion, reason: EndReason): void {
    versions.follow(stamp)
    if (session.getState().status === 'authenticated') options.onEnded(reason)
  }

  // It stays behind until the server has told it what the others know.
  function followSignal(stamp: SessionVersion, news: TokenMessageReason): void {
    if (news === 'signed-in') options.onUnclear()
    else versions.follow(stamp)
  }

  function take(stamp: SessionVersion, news: TokenMessageReason, shared: SharedToken): void {
    const now = readMoment(platform)
    const received = unpackToken(shared, now)
    const held = session.held()
    const takeover = judgeSharedToken({
      status: session.getState().status,
      held,
      former: session.former(),
      received,
      isAlive: received.lifetimeSeconds === undefined || lifeLeftMs(received, now) > 0,
      news,
      isAsked: question.isOpen(),
      isNews: stamp.generation > versions.seen().generation,
      session: versions.compare(stamp)
    })
    versions.follow(stamp)
    if (takeover === 'ignore') return
    if (takeover === 'other-user') options.onEnded('user-changed')
    if (takeover === 'other-user' || session.wasHeld(received.accessToken)) return
    const refreshAt = planTakenRefresh(shared, now, platform.random())
    const isSignIn = session.getState().status === 'unauthenticated'
    const token = session.hold(received, refreshAt, isSignIn ? 'new-epoch' : 'same-epoch')
    const facts = toTokenFacts(token)
    if (news !== 'reissued') refreshes += 1
    if (takeover === 'enter') emitter.emit('signed-in', { via: 'other-tab', token: facts })
    else if (news !== 'reissued') emitter.emit('refreshed', { reason: 'other-tab', token: facts })
    else emitter.emit('reissued', { token: facts, previousKid: held?.claims?.kid })
    options.onTaken(isSignIn ? 'entered' : 'refreshed')
  }

  function ask(): Promise<void> | undefined {
    if (mode !== 'share' || platform.openChannel === undefined) return undefined
    const before = versions.seen().generation
    const heldBefore = session.held()
    const isAnswered = () =>
      !versions.isBehind() && (versions.seen().generation > before || session.held() !== heldBefore)
    return question.ask({
      send: () => channel.post({ type: 'ask' }),
      isAnswered,
      onSilence() {
        presence.isAlone()
        // What nobody tells of is left to the server.
        versions.follow({ ...versions.seen(), generation: versions.stored().generation })
      }
    })
  }

  function open(): void {
    if (isOff) return
    channel.open()
    presence.enter()
  }

  function close(): void {
    if (isOff) return
    channel.close()
    presence.leave()
  }

  const removeHideListener = platform.onPageHide(close)
  open()

  return {
    tell(news) {
      if (isOff) return
      const isSignIn = news === 'signed-in'
      const stored = versions.stored()
      // Somebody signed out while this tab was busy: a token that it got meanwhile is of the session that has ended.
      if (!isSignIn && versions.isBehind() && stored.sessionId === null) {
        followEnd(stored, 'signed-out')
        return
      }
      // Somebody signed in next door, and the news are on their way: what was re-issued is of the session before.
      const isOvertaken = versions.isBehind() && versions.compare(stored) === 'other'
      if (news === 'reissued' && isOvertaken) return
      const id = isSignIn ? platform.randomId() : versions.currentSessionId()
      post(news, versions.advance(id))
    },
    tellEnd(reason) {
      if (!isOff) channel.post({ type: 'ended', stamp: versions.advance(null), reason })
    },
    refreshes: () => refreshes,
    catchUp(afterAnother) {
      const stored = versions.stored()
      if (versions.isBehind() && stored.sessionId === null) followEnd(stored, 'signed-out')
      return versions.isBehind() || (afterAnother && presence.hasOthers()) ? ask() : undefined
    },
    findSession: () =>
      versions.isBehind() || (versions.mayBeSignedIn() && presence.hasOthers()) ? ask() : undefined,
    wake() {
      open()
      if (isOff || !versions.isBehind()) return
      const { sessionId } = versions.stored()
      const isSignedIn = session.getState().status === 'authenticated'
      if (sessionId === null) followEnd(versions.stored(), 'signed-out')
      else if (versions.compare(versions.stored()) === 'other') options.onUnclear()
      else if (typeof sessionId === 'string' && !isSignedIn) options.onUnclear()
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
