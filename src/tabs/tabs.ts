// Tabs: the port through which the client shares one session, and one auth request at a time, with
// the other tabs.
import { isAuthError } from '../lib/errors.ts'
import type { ClientPlatform } from '../lib/time.ts'
import type { HeldToken, ReceivedToken } from '../session/held-token.ts'
import { type Session, sessionChanged } from '../session/session.ts'
import type { ReadUser } from '../session/user.ts'
import { createLock } from './lock.ts'
import { createRefreshAttempts, type RefreshAttempts } from './refresh-attempts.ts'
import type { SessionRecord } from './session-record.ts'
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
  /** Until this tab holds a token, it asks the server and not the other tabs. */
  askServerFirst(): void
  /** Whether a token from the server may be of another user than the session. */
  isOtherUser(received: ReceivedToken): boolean
  /** Notes the activity of the user for all tabs. */
  setActive(atMs: number): void
  /** The page may have slept or come back: catches up with storage. */
  wake(): void
  dispose(): void
}

export interface TabsDeps {
  readonly mode: 'share' | 'signal' | 'off'
  /** Name of the lock and the channel. */
  readonly namespace: string
  readonly lockTimeoutMs: number
  readonly refreshTimeoutMs: number
  readonly record: SessionRecord
  readonly session: Session
  readonly readUser: ReadUser
  readonly platform: ClientPlatform
}

/** Storage and messages overtake a lock that is kept for so long. */
const keepLockMs = 100

export function createTabs(options: TabsDeps): Tabs {
  const { mode, namespace, lockTimeoutMs, record, session, readUser, platform } = options
  const lock = createLock(namespace, lockTimeoutMs, platform)
  // A page that dies loses its lock, but the server may still process its request and set a new
  // cookie. A refresh that is sent too early would carry the old one.
  const outlivesPageMs = options.refreshTimeoutMs / 2
  const attempts = createRefreshAttempts(record, platform, outlivesPageMs)
  /** Refreshes that wait for the lock. */
  const waiting = new Set<AbortController>()
  let refreshesElsewhere = 0
  let wakeUp = () => {}
  const sync = createTabSync({
    mode,
    channelName: namespace,
    session,
    record,
    readUser,
    platform,
    onTaken() {
      refreshesElsewhere += 1
      for (const refresh of waiting) refresh.abort()
      wakeUp()
    }
  })
  record.onChange(() => wakeUp())

  //  The message may arrive after the lock is granted.
  //
  //  tab A ── timer ── lock ── POST ───── answered ── publishes ─┐ releases the lock
  //  tab B ── timer ── (waits) ──────────────────────────────────┼── lock ── nothing left to do
  //                                                              └▶ takes the token over
  async function refreshExclusively(refresh: () => Promise<HeldToken>): Promise<HeldToken> {
    const epoch = session.epoch()
    const refreshesBefore = refreshesElsewhere
    const taken = new AbortController()

    function checkEpoch(): void {
      if (session.epoch() !== epoch) throw sessionChanged()
    }

    function takenOver(): HeldToken | undefined {
      return refreshesElsewhere === refreshesBefore ? undefined : session.held()
    }

    async function findOrRefresh(afterAnother: boolean): Promise<HeldToken> {
      const sinceMs = platform.monotonicNow()
      for (let isFirst = true; ; isFirst = false) {
        record.read()
        checkEpoch()
        if (takenOver() === undefined) await findNewer(afterAnother && isFirst)
        checkEpoch()
        // Without a refresh of this tab, there is no reason to keep the lock.
        if (takenOver() !== undefined) taken.abort()
        taken.signal.throwIfAborted()
        // Another tab's refresh may be in flight without the lock: its page is gone, or Web Locks
        // are missing.
        const waitedMs = platform.monotonicNow() - sinceMs
        const leftMs = Math.min(attempts.othersEndInMs(), outlivesPageMs - waitedMs)
        if (leftMs <= 0) return askServer(refresh)
        await nextChange(leftMs)
      }
    }

    waiting.add(taken)
    try {
      return await lock.run(findOrRefresh, { keepMs: keepLockMs, signal: taken.signal })
    } catch (error) {
      if (error !== taken.signal.reason) throw error
      checkEpoch()
      const token = takenOver()
      if (token === undefined) throw error
      return token
    } finally {
      waiting.delete(taken)
    }
  }

  function findNewer(afterAnother: boolean): Promise<void> | undefined {
    return session.held() === undefined ? sync.findSession() : sync.catchUp(afterAnother)
  }

  async function askServer(refresh: () => Promise<HeldToken>): Promise<HeldToken> {
    const before = record.known()
    try {
      return await refresh()
    } catch (error) {
      const isDefinite = isAuthError(error) && error.code === 'ERR_AUTH_SESSION_EXPIRED'
      if (isDefinite) sync.catchUpTo(before)
      throw error
    }
  }

  function nextChange(deadlineMs: number): Promise<void> {
    const change = new Promise<void>((resolve) => {
      wakeUp = resolve
    })
    return platform.wait(change, { deadlineMs, onTimeout() {} })
  }

  session.onSignal('token', ({ origin: { by } }) => {
    const isSignIn = by === 'login' || by === 'restore' || by === 'initial-token'
    if (isSignIn) attempts.forget()
    if (isSignIn) sync.publish('signed-in')
    else if (by !== 'other-tab') sync.publish(by === 'reissue' ? 'reissued' : 'refreshed')
  })

  session.onSignal('amended', () => sync.publish('refreshed'))

  session.onSignal('ended', ({ origin, reason }) => {
    if (origin === 'other-tab') attempts.forgetOurs()
    else if (origin === 'logout') attempts.forget()
    if (reason === 'user-changed') sync.catchUpTo(record.known())
    else if (origin !== 'other-tab' && reason !== 'no-session') sync.publishEnd(reason)
  })

  return {
    runExclusively: (task) => lock.run(task),
    refreshExclusively,
    whenIdle: lock.whenIdle,
    attempts,
    record,
    isCurrent: sync.isCurrent,
    catchUp: () => sync.catchUp(false),
    askServerFirst: sync.askServerFirst,
    isOtherUser: sync.isOtherUser,
    setActive(atMs) {
      record.setActive(atMs)
      sync.postUnstored()
    },
    wake: sync.wake,
    dispose: sync.dispose
  }
}
