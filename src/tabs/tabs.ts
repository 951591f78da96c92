// Tabs: the port through which the client shares one session, and one auth request at a time, with
// the other tabs.

import { createStoredValue, type StoredValue } from '../lib/stored-value.ts'
import type { ClientPlatform } from '../lib/time.ts'
import type { HeldToken, ReceivedToken } from '../session/held-token.ts'
import { type Session, sessionChanged } from '../session/session.ts'
import type { ReadUser } from '../session/user.ts'
import { createLock } from './lock.ts'
import { createRefreshAttempts, type RefreshAttempts } from './refresh-attempt.ts'
import type { SessionRecord } from './session-record.ts'
import { createSessionVersions } from './session-version.ts'
import { createTabCount } from './tab-count.ts'
import { createTabSync } from './tab-sync.ts'

export interface Tabs {
  /** Runs an auth request under the lock of all tabs, or without it after `lockTimeoutMs`. */
  runExclusively<T>(task: () => Promise<T>): Promise<T>
  /**
   * Runs a refresh under the lock, or returns the token of another tab that refreshes first.
   *
   * @throws AuthError `ERR_AUTH_SESSION_CHANGED` if the user signs in or out before the refresh
   * starts
   */
  refreshExclusively(refresh: () => Promise<HeldToken>): Promise<HeldToken>
  /** Resolves when no auth request of this tab is in flight; `undefined` if none is. */
  whenIdle(): Promise<unknown> | undefined
  readonly attempts: Pick<RefreshAttempts, 'begin' | 'close' | 'fail' | 'forget'>
  /** The failure that holds refreshes back in all tabs. */
  readonly record: Pick<SessionRecord, 'hold' | 'setHold'>
  /**
   * Whether this tab knows what storage knows of the session, so that its token may be sent. Costs
   * one read of storage. If it does not, wait for `catchUp()` and ask again. If the answer is still
   * no, another tab may have signed in: refresh before the token is sent.
   */
  isCurrent(): boolean
  /** Resolves when this tab knows what the other tabs know; `undefined` if it knows already. */
  catchUp(): Promise<void> | undefined
  /** Whether a token from the server may be of another user than the session. */
  isOtherUser(received: ReceivedToken): boolean
  /** The page may have slept or come back: catches up with storage. */
  wake(): void
  dispose(): void
}

export interface TabsDeps {
  readonly mode: 'share' | 'signal' | 'off'
  /** Prefix of storage keys, and name of the lock and the channel. */
  readonly namespace: string
  readonly lockTimeoutMs: number
  readonly record: SessionRecord
  readonly session: Session
  /** Set while the server has not confirmed a sign-out. */
  readonly signOutMark: StoredValue
  readonly readUser: ReadUser
  readonly platform: ClientPlatform
}

/** How often to look whether another tab's refresh that holds no lock is still in flight. */
const lookAgainMs = 50

export function createTabs(options: TabsDeps): Tabs {
  const { mode, namespace, lockTimeoutMs, record, session, signOutMark, readUser, platform } =
    options
  const lock = createLock(namespace, lockTimeoutMs, platform)
  const attempts = createRefreshAttempts(platform, `${namespace}:attempt`)
  const sync = createTabSync({
    mode,
    channelName: namespace,
    session,
    versions: createSessionVersions(platform, `${namespace}:version`),
    count: createTabCount(createStoredValue(platform.storage, `${namespace}:tabs`)),
    readUser,
    platform
  })
  let isDisposed = false

  //  The message may arrive after the lock is granted.
  //
  //  tab A ── timer ── lock ── POST ───── answered ── publishes ─┐ releases the lock
  //  tab B ── timer ── (waits) ──────────────────────────────────┼── lock ── nothing left to do
  //                                                              └▶ takes the token over
  function refreshExclusively(refresh: () => Promise<HeldToken>): Promise<HeldToken> {
    const epoch = session.epoch()
    const refreshesBefore = sync.refreshesElsewhere()

    function checkEpoch(): void {
      if (session.epoch() !== epoch) throw sessionChanged()
    }

    function takenOver(): HeldToken | undefined {
      return sync.refreshesElsewhere() === refreshesBefore ? undefined : session.held()
    }

    return lock.run(async (afterAnother) => {
      for (let waitedMs = 0; ; waitedMs += lookAgainMs) {
        followSignOutMark()
        checkEpoch()
        if (takenOver() === undefined) await findNewer(afterAnother && waitedMs === 0)
        checkEpoch()
        const token = takenOver()
        if (token !== undefined) return token
        // Another tab's refresh may be in flight without the lock: its page is gone, or Web Locks
        // are missing.
        if (!attempts.mayStillBeAnswered(waitedMs)) return refresh()
        await pause(lookAgainMs)
      }
    })
  }

  function findNewer(afterAnother: boolean): Promise<void> | undefined {
    return session.held() === undefined ? sync.findSession() : sync.catchUp(afterAnother)
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => platform.setTimer(resolve, ms))
  }

  // Another tab signed out, and the server does not know yet: its cookie may still be valid.
  function followSignOutMark(): void {
    const isSignedIn = session.getState().status === 'authenticated'
    if (isDisposed || !isSignedIn || signOutMark.read() === undefined) return
    session.end('signed-out', 'sign-out-mark')
  }

  session.onSignal('token', ({ origin: { by } }) => {
    if (by === 'login' || by === 'restore' || by === 'initial-token') attempts.forget()
    if (by === 'login' || by === 'restore') sync.publish('signed-in')
    else if (by === 'reissue') sync.publish('reissued')
    else if (by !== 'other-tab') sync.publish('refreshed')
  })

  session.onSignal('amended', () => sync.publish('refreshed'))

  session.onSignal('ended', ({ origin, reason }) => {
    const isForAll = reason !== 'no-session' && reason !== 'user-changed'
    if (origin === 'other-tab' || origin === 'sign-out-mark') attempts.forgetOurs()
    else if (origin === 'logout') attempts.forget()
    if ((origin === 'logout' || origin === 'refresh') && isForAll) sync.publishEnd(reason)
  })

  return {
    runExclusively: (task) => lock.run(task),
    refreshExclusively,
    whenIdle: lock.whenIdle,
    attempts,
    record,
    isCurrent: sync.isCurrent,
    catchUp: () => sync.catchUp(false),
    isOtherUser: sync.isOtherUser,
    wake() {
      sync.wake()
      followSignOutMark()
    },
    dispose() {
      isDisposed = true
      sync.dispose()
    }
  }
}
