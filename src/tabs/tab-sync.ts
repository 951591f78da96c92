// Tab sync: publishes what happens to the session here, and follows what happens to it in the other
// tabs.
import type { ClientPlatform } from '../lib/time.ts'
import { readMoment } from '../lib/time.ts'
import { lifeLeftMs } from '../lib/token-lifetime.ts'
import { compareUsers } from '../session/adoption.ts'
import type { ReceivedToken } from '../session/held-token.ts'
import type { Session } from '../session/session.ts'
import type { ReadUser } from '../session/user.ts'
import { createAskTabs } from './ask-tabs.ts'
import { createKnownSession } from './known-session.ts'
import {
  createTabChannel,
  packToken,
  type TabMessage,
  type TokenMessageReason
} from './messages.ts'
import {
  type EndReason,
  emptyRecord,
  endOf,
  liveSession,
  type RecordValue
} from './record-value.ts'
import type { SessionRecord } from './session-record.ts'
import { createTakeToken } from './take-token.ts'

export interface TabSync {
  /** Publishes that this tab got a token from the server. */
  publish(reason: Exclude<TokenMessageReason, 'reply'>): void
  /** Publishes that the session has ended here, for all tabs. */
  publishEnd(reason: EndReason): void
  /** The server has answered for this value of the record. */
  catchUpTo(value: RecordValue): void
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
  /** Until this tab holds a token, it asks the server and not the other tabs. */
  askServerFirst(): void
  /** Whether this tab knows what storage knows, so that its token may be sent. */
  isCurrent(): boolean
  /** Without shared storage, the other tabs get the record in a message. */
  postUnstored(): void
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
  readonly record: SessionRecord
  readonly readUser: ReadUser
  readonly platform: ClientPlatform
  /** This tab has taken over a token that another tab got from a refresh. */
  readonly onTaken: () => void
}

/**
 * How long to wait for a message. A message that was sent before the lock was released may arrive
 * after the lock is granted. In Chromium it came up to 8 ms later, and more in a busy tab.
 */
const handOverMs = 250

export function createTabSync(options: TabSyncDeps): TabSync {
  const { mode, channelName, session, record, readUser, platform, onTaken } = options
  const isOff = mode === 'off'
  const hasChannel = platform.openChannel !== undefined
  const canAsk = mode === 'share' && hasChannel
  const channel = createTabChannel(platform, channelName, receive)
  const known = createKnownSession(session, record, isOff)
  const question = createAskTabs({
    wait: platform.wait,
    timeoutMs: handOverMs,
    send: () => channel.post({ type: 'ask' }),
    expectAnswer() {
      const { counter } = known.seen()
      const held = session.held()
      const isNew = () => known.seen().counter > counter || session.held() !== held
      return () => isNew() && !known.isBehind()
    },
    onSilence() {
      record.setTabs(1)
      // The next refresh will show what the other tabs did not say.
      known.catchUp()
      if (known.isBehind()) unexplained = record.known().counter
    }
  })
  const tokens = createTakeToken({
    ...{ session, record, known, readUser, platform, handOverMs, onTaken },
    isAsking: question.isOpen,
    mayTake: () => !asksServer
  })
  let asksServer = false
  /** The counter that no other tab explained when it was asked. */
  let unexplained: number | undefined
  let isAway = true
  let isDisposed = false

  // Another tab has changed the record, by storage or by a message.
  function follow(isLost: boolean): void {
    if (isDisposed) return
    if (isLost && isAway) known.doubt()
    known.followEnd()
    tokens.confirm()
    question.check()
    if (canAsk || !known.isBehind()) return
    // No other tab shares a token.
    if (known.other() === undefined) known.catchUp()
    else if (hasChannel) session.signal('unknown-sign-in')
  }

  function receive(message: TabMessage): void {
    if (message.type === 'ask') {
      reply()
      return
    }
    if (!record.isShared()) record.add(message.record)
    else {
      record.read()
      const end = endOf(message.record, known.seen().sessionId)
      // A write of this tab may have covered the sign-out of the other one.
      if (end && record.hasJustWritten()) record.add({ ...emptyRecord, ended: [end] })
    }
    if (message.token !== undefined && canAsk) tokens.receive(message.record, message.token)
    question.check()
  }

  function reply(): void {
    record.read()
    const held = session.held()
    if (held === undefined || !canAsk || known.isBehind()) return
    const isAlive = held.lifetimeSeconds === undefined || lifeLeftMs(held, readMoment(platform)) > 0
    if (isAlive) post('reply')
  }

  function post(reason: TokenMessageReason | undefined): void {
    const held = session.held()
    const isShared = mode === 'share' && held !== undefined && reason !== undefined
    const token = isShared ? packToken(reason, held, readMoment(platform)) : undefined
    channel.post({ type: 'record', record: record.known(), token })
  }

  function ask(): Promise<void> | undefined {
    return canAsk && unexplained !== record.known().counter ? question.ask() : undefined
  }

  function open(): void {
    if (!isAway || isOff) return
    isAway = false
    channel.open()
    record.setTabs((record.known().tabs.value ?? 0) + 1)
  }

  function close(): void {
    // Storage gets back what it has lost, for the next page.
    record.read()
    if (isAway || isOff) return
    isAway = true
    channel.close()
    record.setTabs((record.known().tabs.value ?? 1) - 1)
  }

  const hasOthers = () => !record.isShared() || (record.known().tabs.value ?? 0) > 1
  const removeHideListener = platform.onPageHide(close)
  const removeStorageListener = platform.onStorageChange(() => void record.read())
  record.onChange(follow)
  session.onSignal('ended', () => {
    asksServer = false
  })
  open()

  return {
    publish(reason) {
      const isSignIn = reason === 'signed-in' || (asksServer && reason === 'refreshed')
      asksServer = false
      if (isSignIn) known.beginAnew()
      //  this tab ──── POST ───────────────── answered with a token of the ended session
      //  another tab ───────── signed out
      record.read()
      known.followEnd()
      if (session.held() === undefined) return
      // Another tab signed in and its message has not arrived yet: the token belongs to the
      // previous session.
      if (reason === 'reissued' && known.other() !== undefined) return
      if (isOff && !isSignIn && known.seen().sessionId !== undefined) return
      const live = isSignIn ? undefined : liveSession(record.known())
      // Without shared storage each tab would choose an ID and mistake the other tabs for another
      // session.
      const isNew = isSignIn || record.isShared()
      known.catchUpTo(record.enter(live ?? (isNew ? platform.randomId() : undefined)))
      post(isSignIn ? 'signed-in' : reason)
    },
    publishEnd(reason) {
      const mine = known.seen().sessionId
      const { counter, sessionId } = record.end(mine, reason)
      known.catchUpTo({ counter, sessionId: mine ?? sessionId })
      post(undefined)
    },
    catchUpTo(value) {
      if (value.counter >= known.seen().counter) known.catchUpTo(value)
    },
    catchUp(afterAnother) {
      record.read()
      const mayBeNew = known.isBehind() || tokens.isWaiting() || (afterAnother && hasOthers())
      return mayBeNew ? ask() : undefined
    },
    findSession() {
      const isLive = liveSession(record.read()) !== undefined || !record.isShared()
      const mayBeElsewhere = known.isBehind() || (isLive && hasOthers())
      return mayBeElsewhere && !asksServer ? ask() : undefined
    },
    askServerFirst() {
      asksServer = session.getState().status === 'initializing'
    },
    isCurrent() {
      record.read()
      return !known.isBehind()
    },
    postUnstored() {
      if (!record.isShared()) post(undefined)
    },
    wake() {
      record.read()
      open()
      if (known.other() !== undefined) session.signal('unknown-sign-in')
    },
    isOtherUser(received) {
      const live = liveSession(record.read())
      const held = session.held()
      if (held !== undefined) return compareUsers(held, received, known.compare(live)) === 'other'
      const former = session.former()
      return former !== undefined && compareUsers(former, received, 'unknown') === 'other'
    },
    dispose() {
      isDisposed = true
      removeHideListener()
      removeStorageListener()
      close()
    }
  }
}
