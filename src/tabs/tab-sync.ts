// Tab sync: publishes what happens to the session here, and follows what happens to it in the other
// tabs.
import { readMoment } from '../lib/time.ts'
import { compareUsers } from '../session/adoption.ts'
import type { ReceivedToken } from '../session/held-token.ts'
import { createAbsence } from './absence.ts'
import { createKnownSession, type Seen } from './known-session.ts'
import {
  createTabChannel,
  packToken,
  type TabMessage,
  type TokenMessageReason
} from './messages.ts'
import { type EndReason, endOf, liveSession } from './record-value.ts'
import { createSharedTokens, handOverMs, isAlive, type SharedTokensDeps } from './shared-tokens.ts'

export interface TabSync {
  /** This tab got a token from the server. */
  publish(reason: TokenMessageReason): void
  /** Publishes that the session has ended here, for all tabs. */
  publishEnd(reason: EndReason): void
  /** Notes the activity of the user for all tabs. */
  setActive(atMs: number): void
  /** The server has answered for this value of the record. */
  catchUpTo(value: Seen): void
  /**
   * Resolves when this tab knows what the others know, or after `handOverMs`; `undefined` if it
   * knows already. `mayBeNew`: another tab may have a new token that storage does not show yet.
   * Both storage and channel can be slower than the lock, as Chromium is with twenty busy tabs.
   */
  catchUp(mayBeNew?: boolean): Promise<unknown> | undefined
  /** Until this tab holds a token, it asks the server and not the other tabs. */
  askServerFirst(): void
  /**
   * Whether this tab knows what storage knows of the session, so that its token may be sent. Costs
   * one read of storage. If it does not, wait for `catchUp()` and ask again. If the answer is still
   * no, another tab may have signed in: refresh before the token is sent.
   */
  isCurrent(): boolean
  /**
   * Whether a token from the server may be of another user than the session. `asked`: the session
   * for which the server was asked.
   */
  isOtherUser(received: ReceivedToken, asked: string | undefined): boolean
  /** The page may have slept or come back: storage knows what it missed. */
  wake(): void
  dispose(): void
}

export interface TabSyncDeps extends SharedTokensDeps {
  readonly mode: 'share' | 'signal' | 'off'
  readonly namespace: string
}

export function createTabSync(options: TabSyncDeps): TabSync {
  const { mode, namespace, session, record, platform, watch } = options
  const isOff = mode === 'off'
  const hasChannel = platform.openChannel !== undefined
  const canAsk = mode === 'share' && hasChannel
  const channel = createTabChannel(platform, namespace, receive)
  const known = createKnownSession(session, record, isOff)
  const absence = createAbsence(platform)
  /** The question to the other tabs that is open. */
  let question: Promise<unknown> | undefined
  let asksServer = false
  /** How many messages of other tabs have come. */
  let messages = 0
  const shared = createSharedTokens(options, known, () => canAsk && !asksServer)
  let isDisposed = false

  // Another tab has changed the record, in storage or by a message.
  function follow(isLost: boolean): void {
    if (isDisposed) return
    if (isLost && absence.isRecent()) known.doubt()
    known.followEnd()
    watch.check()
    if (canAsk || !known.isBehind()) return
    // No other tab shares a token.
    known.catchUpAlone()
    if (hasChannel && known.other() !== undefined) session.signal('unknown-sign-in')
  }

  function receive(message: TabMessage): void {
    const { token } = message
    record.read()
    // Tabs that open together may all have counted themselves as the only one.
    record.noteTabs('others')
    messages += 1
    const end = endOf(message.record, known.seen().sessionId)
    if (!record.isShared()) record.add(message.record)
    // A write of this tab may have covered the sign-out of the other one.
    else if (end && record.hasJustWritten()) record.add({ ended: [end] })
    if (token !== undefined) shared.receive(message.record, token)
    watch.check()
    if (message.type === 'ask') reply()
  }

  function reply(): void {
    const held = session.held()
    const isOfUse =
      held !== undefined && (held.refreshToken !== undefined || isAlive(held, readMoment(platform)))
    // An answer without a token says that this tab is open.
    post(isOfUse && !known.isBehind() ? 'refreshed' : undefined)
  }

  function post(reason: TokenMessageReason | undefined, type: TabMessage['type'] = 'record'): void {
    const held = mode === 'share' && reason !== undefined ? session.held() : undefined
    const token = held && reason && packToken(reason, held, readMoment(platform))
    channel.post({ type, record: record.known(), token })
  }

  function catchUp(mayBeNew: boolean): Promise<unknown> | undefined {
    record.read()
    return known.isBehind() || (mayBeNew && record.hasOthers()) ? ask() : shared.confirmation()
  }

  function ask(): Promise<unknown> | undefined {
    if (!canAsk || asksServer) return undefined
    question ??= askTabs().finally(() => {
      question = undefined
    })
    return question
  }

  async function askTabs(): Promise<void> {
    const held = session.held()
    const { counter } = known.seen()
    const before = messages
    post(undefined, 'ask')
    const isNew = () => known.seen().counter > counter || session.held() !== held
    if (await watch.until(() => isNew() && !known.isBehind(), handOverMs)) return
    // An answer that does not help, or a message of a tab that asks too, shows that it is open.
    if (messages === before) record.noteTabs('alone')
    // The next refresh will show what the other tabs did not say.
    known.catchUpAlone()
  }

  function open(): void {
    if (isOff) return
    channel.open()
    record.noteTabs('opened')
  }

  function close(): void {
    // Storage gets back what it has lost, for the next page.
    record.read()
    if (isOff || !absence.leave()) return
    channel.close()
    record.noteTabs('closed')
  }

  session.onSignal('ended', () => {
    asksServer = false
  })
  session.onSignal('settled', () => known.followEnd(true))
  const removers = [platform.onPageHide(close), platform.onStorageChange(() => void record.read())]
  record.onChange(follow)
  open()

  return {
    publish(reason) {
      const isSignIn = reason === 'signed-in' || (asksServer && reason === 'refreshed')
      asksServer = false
      if (isSignIn) known.catchUpTo({ counter: Infinity, sessionId: undefined })
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
      const { counter, sessionId } = record.end(known.seen().sessionId, reason)
      known.catchUpTo({ counter, sessionId: known.seen().sessionId ?? sessionId })
      post(undefined)
    },
    setActive(atMs) {
      record.setActive(atMs)
      // Without shared storage, the other tabs get the record in a message.
      if (!record.isShared()) post(undefined)
    },
    catchUpTo(value) {
      if (value.counter >= known.seen().counter) known.catchUpTo(value)
    },
    catchUp: (mayBeNew = false) =>
      absence.untilUpToDate()?.then(() => catchUp(mayBeNew)) ?? catchUp(mayBeNew),
    askServerFirst() {
      asksServer = session.isRestoring()
    },
    isCurrent() {
      record.read()
      return !known.isBehind() && (session.held() === undefined || !absence.isOutOfDate())
    },
    isOtherUser(received, asked) {
      const live = liveSession(record.read())
      const held = session.held()
      const isLate = held !== undefined && live !== undefined && live !== asked
      const relation = isLate ? 'other' : known.compare(live)
      if (held !== undefined) return compareUsers(held, received, relation) === 'other'
      const former = session.former()
      return former !== undefined && compareUsers(former, received, 'unknown') === 'other'
    },
    wake() {
      record.read()
      if (absence.comeBack()) open()
      if (known.other() !== undefined) session.signal('unknown-sign-in')
    },
    dispose() {
      isDisposed = true
      for (const remove of removers) remove()
      close()
    }
  }
}
