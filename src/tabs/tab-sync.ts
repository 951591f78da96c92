// Tab sync: publishes what happens to the session here, and follows what happens to it in the other
// tabs.
import type { ClientPlatform } from '../lib/time.ts'
import { readMoment } from '../lib/time.ts'
import { lifeLeftMs } from '../lib/token-lifetime.ts'
import { compareUsers } from '../session/adoption.ts'
import type { HeldToken, ReceivedToken } from '../session/held-token.ts'
import type { Session } from '../session/session.ts'
import type { ReadUser } from '../session/user.ts'
import { judgeSharedToken } from './accept-shared-token.ts'
import {
  createTabChannel,
  packToken,
  planTakenRefresh,
  type SharedToken,
  type TabMessage,
  type TokenMessageReason,
  unpackToken
} from './messages.ts'
import {
  type EndReason,
  emptyRecord,
  endOf,
  liveSession,
  type RecordValue
} from './record-value.ts'
import type { SessionRecord } from './session-record.ts'

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
  readonly onTaken: (token: HeldToken | undefined) => void
}

/** The session of this tab, and the last change of it that this tab has caught up with. */
type Seen = Pick<RecordValue, 'counter' | 'sessionId'>

type TokenMessage = { readonly record: RecordValue; readonly token: SharedToken }

/**
 * How long to wait for a message. A message that was sent before the lock was released may arrive
 * after the lock is granted. In Chromium it came up to 8 ms later, and more in a busy tab.
 */
const handOverMs = 250
const mostUnconfirmed = 16

export function createTabSync(options: TabSyncDeps): TabSync {
  const { mode, channelName, session, record, readUser, platform, onTaken } = options
  const channel = createTabChannel(platform, channelName, receive)
  const isOff = mode === 'off'
  const hasChannel = platform.openChannel !== undefined
  const canAsk = mode === 'share' && hasChannel
  const unconfirmed = new Set<TokenMessage>()
  // A new page has no session, so there is nothing to catch up with.
  let seen: Seen = { counter: record.known().counter, sessionId: liveSession(record.known()) }
  let question: { readonly asked: Promise<void>; readonly check: () => void } | undefined
  /** The value that no other tab explained when it was asked. */
  let unexplained: number | undefined
  let asksServer = false
  let isAway = true
  /** Storage was cleared while the page was away: only the server knows whether its token counts. */
  let isUnverified = false
  let isDisposed = false
  const isSignedIn = () => session.getState().status === 'authenticated'

  /** The live session if it is not the one of this tab. */
  function otherSession(): string | undefined {
    const live = liveSession(record.known())
    const isKnown = seen.sessionId !== undefined || !isSignedIn()
    return isKnown && live !== seen.sessionId && !isOff ? live : undefined
  }

  function isBehind(): boolean {
    if (isUnverified || isOff) return isUnverified
    return record.known().counter > seen.counter || otherSession() !== undefined
  }

  function catchUpTo({ counter, sessionId }: Seen): void {
    seen = { counter, sessionId }
    isUnverified = false
  }

  function catchUp(): void {
    if (!isUnverified) seen = { counter: record.known().counter, sessionId: seen.sessionId }
  }

  // Another tab has changed the record, by storage or by a message.
  function follow(isLost: boolean): void {
    if (isDisposed) return
    isUnverified ||= isAway && isLost
    const now = record.known()
    const isNews = now.counter > seen.counter
    const end = endOf(now, seen.sessionId ?? (isNews ? now.sessionId : undefined))
    // After a sign-out and another sign-in, this tab stays behind until it knows the new user.
    if (end !== undefined && isSignedIn() && otherSession() === undefined) {
      catchUpTo({ counter: now.counter, sessionId: end.id })
      session.end(end.reason, 'other-tab')
    }
    for (const message of unconfirmed) if (accept(message)) unconfirmed.delete(message)
    if (canAsk || isOff || !isBehind()) return
    // No other tab shares a token.
    if (otherSession() === undefined) catchUp()
    else if (hasChannel) session.signal('unknown-sign-in')
  }

  function receive(message: TabMessage): void {
    if (message.type === 'ask') {
      reply()
      return
    }
    const { token } = message
    if (!record.isShared()) record.add(message.record)
    else {
      record.read()
      const end = endOf(message.record, seen.sessionId)
      // A write of this tab may have covered the sign-out of the other one.
      if (end && record.hasJustWritten()) record.add({ ...emptyRecord, ended: [end] })
    }
    if (token !== undefined && mode === 'share') {
      const isDone = accept({ record: message.record, token })
      if (!isDone) awaitConfirmation({ record: message.record, token })
    }
    question?.check()
  }

  // Storage may be slower than the channel. A message that storage does not confirm in time is not
  // from one of our tabs.
  function awaitConfirmation(message: TokenMessage): void {
    if (unconfirmed.size >= mostUnconfirmed) return
    unconfirmed.add(message)
    platform.setTimer(() => {
      record.read()
      if (unconfirmed.delete(message)) accept(message)
    }, handOverMs)
  }

  /** Returns `false` if storage does not confirm the message yet. */
  function accept({ record: { counter, sessionId }, token }: TokenMessage): boolean {
    const now = record.known()
    const isSame = sessionId === now.sessionId
    if (counter > now.counter || (counter === now.counter && !isSame)) return false
    const isNewer = counter > seen.counter || sessionId !== seen.sessionId
    const isReply = question !== undefined && token.reason === 'reply' && counter >= seen.counter
    // A message of a frozen or slow tab may be stale.
    if (isSame && endOf(now, sessionId) === undefined && (isNewer || isReply))
      take({ counter, sessionId }, isNewer, token)
    question?.check()
    return true
  }

  function take(theirs: Seen, isNewer: boolean, shared: SharedToken): void {
    const isInitial = session.getState().status === 'initializing'
    if (isInitial && asksServer) return
    const now = readMoment(platform)
    const received = unpackToken(shared, now, readUser)
    const decision = judgeSharedToken({
      held: session.held(),
      former: session.former(),
      received,
      isAlive: received.lifetimeSeconds === undefined || lifeLeftMs(received, now) > 0,
      isSignIn: shared.reason === 'signed-in',
      isNewer,
      session: compare(theirs.sessionId),
      // After a sign-out, only another sign-in brings this tab back.
      mayEnter: isInitial || shared.reason === 'signed-in' || compare(theirs.sessionId) === 'other'
    })
    catchUpTo(theirs)
    if (decision === 'other-user' || decision === 'enter-anew')
      session.end('user-changed', 'other-tab')
    if (decision === 'other-user' || decision === 'ignore') return
    const isRepeated = received.accessToken === session.held()?.accessToken
    if (session.wasHeld(received.accessToken) && !isRepeated) return
    const isReissued = shared.reason === 'reissued'
    const refreshAt = planTakenRefresh(shared, now, platform.random())
    if (isRepeated) session.amend({ ...received, refreshAt })
    else session.hold(received, refreshAt, { by: 'other-tab', isReissued })
    if (!isReissued) onTaken(session.held())
  }

  function compare(sessionId: string | undefined): 'same' | 'other' | 'unknown' {
    if (isOff || sessionId === undefined || seen.sessionId === undefined) return 'unknown'
    return sessionId === seen.sessionId ? 'same' : 'other'
  }

  function reply(): void {
    record.read()
    const held = session.held()
    if (held === undefined || mode !== 'share' || isBehind()) return
    const isAlive = held.lifetimeSeconds === undefined || lifeLeftMs(held, readMoment(platform)) > 0
    if (isAlive) post('reply')
  }

  function post(reason: TokenMessageReason | undefined): void {
    const held = session.held()
    const isShared = mode === 'share' && held !== undefined && reason !== undefined
    const token = isShared ? packToken(reason, held, readMoment(platform)) : undefined
    if (!isOff) channel.post({ type: 'record', record: record.known(), token })
  }

  function ask(): Promise<void> | undefined {
    const { counter } = record.known()
    if (!canAsk || unexplained === counter) return undefined
    question ??= openQuestion(counter)
    return question.asked
  }

  function openQuestion(counter: number): NonNullable<typeof question> {
    const before = { ...seen, held: session.held() }
    let resolve = () => {}
    const answered = new Promise<void>((settle) => {
      resolve = settle
    })
    function onTimeout(): void {
      record.setTabs(1)
      unexplained = isBehind() ? counter : undefined
      // The next refresh will show what the other tabs did not say.
      if (otherSession() === undefined) catchUp()
    }
    const asked = platform.wait(answered, { deadlineMs: handOverMs, onTimeout })
    const close = () => {
      question = undefined
    }
    asked.then(close, close)
    channel.post({ type: 'ask' })
    return {
      asked,
      check() {
        const isNew = seen.counter > before.counter || session.held() !== before.held
        if (isNew && !isBehind()) resolve()
      }
    }
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
  open()

  return {
    publish(reason) {
      const isSignIn = reason === 'signed-in' || (asksServer && reason === 'refreshed')
      asksServer = false
      if (isSignIn) seen = { counter: Infinity, sessionId: undefined }
      //  this tab ──── POST ───────────────── answered with a token of the ended session
      //  another tab ───────── signed out
      record.read()
      follow(false)
      if (session.held() === undefined) return
      // Another tab signed in and its message has not arrived yet: the token belongs to the
      // previous session.
      if (reason === 'reissued' && otherSession() !== undefined) return
      if (isOff && !isSignIn && seen.sessionId !== undefined) return
      const known = liveSession(record.known())
      // Without shared storage each tab would choose an ID and mistake the other tabs for another
      // session.
      const found = known ?? (record.isShared() ? platform.randomId() : undefined)
      catchUpTo(record.enter(isSignIn ? platform.randomId() : found))
      post(isSignIn ? 'signed-in' : reason)
    },
    publishEnd(reason) {
      const { counter, sessionId } = record.end(seen.sessionId, reason)
      catchUpTo({ counter, sessionId: seen.sessionId ?? sessionId })
      post(undefined)
    },
    catchUpTo(value) {
      if (value.counter >= seen.counter) catchUpTo(value)
    },
    catchUp(afterAnother) {
      record.read()
      const isOpen = isBehind() || unconfirmed.size > 0 || (afterAnother && hasOthers())
      return isOpen ? ask() : undefined
    },
    findSession() {
      const now = record.read()
      const mayExist = isBehind() || liveSession(now) !== undefined || !record.isShared()
      return !asksServer && mayExist && hasOthers() ? ask() : undefined
    },
    askServerFirst() {
      asksServer = session.getState().status === 'initializing'
    },
    isCurrent() {
      record.read()
      return !isBehind()
    },
    postUnstored() {
      if (!record.isShared()) post(undefined)
    },
    wake() {
      record.read()
      open()
      if (otherSession() !== undefined) session.signal('unknown-sign-in')
    },
    isOtherUser(received) {
      record.read()
      const held = session.held()
      const former = session.former()
      if (held === undefined)
        return former !== undefined && compareUsers(former, received, 'unknown') === 'other'
      return compareUsers(held, received, compare(liveSession(record.known()))) === 'other'
    },
    dispose() {
      isDisposed = true
      removeHideListener()
      removeStorageListener()
      close()
    }
  }
}
