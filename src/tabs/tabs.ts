// Tabs: the port through which the client shares one session, and one auth request at a time, with
// the other tabs.
import { type AuthError, isAuthError } from '../lib/errors.ts'
import { invalid } from '../lib/option-errors.ts'
import type { Platform } from '../lib/platform.ts'
import type { HeldToken, ReceivedToken } from '../session/held-token.ts'
import { sessionChanged } from '../session/session.ts'
import { createLock } from './lock.ts'
import {
  type EndReason,
  endOf,
  liveSession,
  pendingSignOut,
  type RecordValue
} from './record-value.ts'
import { createRefreshAttempts, type RefreshAttempts } from './refresh-attempts.ts'
import { createTabSync, type TabSync, type TabSyncDeps } from './tab-sync.ts'
import { createTurns, type Turn } from './turns.ts'
import { createWatch } from './watch.ts'

export interface Tabs
  extends Omit<TabSync, 'catchUpTo' | 'publish' | 'publishEnd' | 'isOtherUser'> {
  /** Whether the answer to the refresh in flight may be about another user than the session. */
  isOtherUser(received: ReceivedToken): boolean
  /** How another tab has ended the session that the refresh in flight began for. */
  endDuringRefresh(): EndReason | undefined
  /** Whether a sign-in has begun another session than the one that the refresh in flight is for. */
  hasChangedSession(): boolean
  /** Whether this tab holds a token of the session that is live in all tabs. */
  isInLiveSession(): boolean
  /**
   * Runs an auth request under the lock of all tabs, or without it after `lockTimeoutMs`; and after
   * the refresh of a page that is gone.
   */
  runExclusively<T>(task: () => Promise<T>): Promise<T>
  /**
   * Runs a refresh under the lock, or returns the token of another tab that refreshes first.
   *
   * @throws AuthError `ERR_AUTH_SESSION_CHANGED` if the user signs in or out before the refresh
   * starts, or what `heldBack` returns
   */
  refreshExclusively(task: RefreshTask): Promise<HeldToken>
  /** Resolves when no auth request of this tab is in flight; `undefined` if none is. */
  whenIdle(): Promise<unknown> | undefined
  readonly attempts: Omit<RefreshAttempts, 'openForMs' | 'othersOpenForMs'>
}

interface RefreshTask {
  /** The failure that holds refreshes back. */
  heldBack(): AuthError | undefined
  run(): Promise<HeldToken>
}

export interface TabsDeps extends Omit<TabSyncDeps, 'onTaken' | 'watch'> {
  readonly lockTimeoutMs: number
  readonly refreshTimeoutMs: number
}

/** Storage and messages overtake a lock that is kept for so long. */
const keepLockMs = 100

export function createTabs(options: TabsDeps): Tabs {
  const { namespace, lockTimeoutMs, record, session, platform } = options
  const lock = createLock(namespace, lockTimeoutMs, platform)
  // A page that dies loses its lock, but the server may still process its request and set a new
  // cookie. A refresh that is sent too early would carry the old one.
  const outlivesPageMs = options.refreshTimeoutMs / 2
  const attempts = createRefreshAttempts(record, platform, outlivesPageMs)
  const watch = createWatch(platform.wait)
  const turns = createTurns({ lock, watch, platform, outlivesPageMs })
  /** Aborts when this tab takes over the token of a refresh. */
  let taken = new AbortController()
  /** The record as this tab knew it when the refresh in flight began. */
  let begun = record.known()
  const sync = createTabSync({
    ...options,
    watch,
    onTaken() {
      taken.abort()
      taken = new AbortController()
    }
  })

  //  The message may arrive after the lock is granted.
  //
  //  tab A ── timer ── lock ── POST ───── answered ── publishes ─┐ releases the lock
  //  tab B ── timer ── (waits) ──────────────────────────────────┼── lock ── nothing left to do
  //                                                              └▶ takes the token over
  async function refreshExclusively(refresh: RefreshTask): Promise<HeldToken> {
    const epoch = session.epoch()
    const { signal } = taken

    function check(): void {
      if (session.epoch() !== epoch) throw sessionChanged()
      signal.throwIfAborted()
    }

    // A refresh that changes neither session nor hold, such as that of a visitor, does not delay
    // the other tabs.
    let before: RecordValue | undefined
    function keepMs(): number {
      const now = record.known()
      const isChanged =
        before !== undefined &&
        (now.counter !== before.counter || now.hold.step !== before.hold.step)
      return isChanged ? keepLockMs : 0
    }

    async function askTabs(mayBeNew: boolean): Promise<void> {
      const mayExist = liveSession(record.known()) !== undefined || !record.isShared()
      await sync.catchUp(session.held() === undefined ? mayExist : mayBeNew)
      check()
    }

    async function tryToRefresh({ afterAnother, isInFlight }: Turn) {
      record.read()
      check()
      if (refresh.heldBack() !== undefined) return undefined
      await askTabs(afterAnother)
      if (isInFlight()) return undefined
      before = record.known()
      return { value: await askServer(refresh.run) }
    }

    //  tab A ── lock ── POST ── 503
    //  tab B ──── (waits) ───────── lock, held back ── asks the tabs
    //  tab C ──── (waits) ───────────── lock, held back ── asks the tabs
    async function askWhileHeldBack(): Promise<void> {
      await askTabs(false)
      const error = refresh.heldBack()
      if (error !== undefined) throw error
    }

    try {
      return await turns.take(
        tryToRefresh,
        attempts.openForMs,
        { keepMs, signal },
        askWhileHeldBack
      )
    } catch (error) {
      const token = error === signal.reason ? session.held() : undefined
      if (token === undefined) throw error
      if (session.epoch() !== epoch) throw sessionChanged()
      return token
    }
  }

  async function askServer(refresh: () => Promise<HeldToken>): Promise<HeldToken> {
    const before = record.known()
    begun = before
    // A refresh would undo a sign-out that the server has not confirmed.
    const end = endOf(before, pendingSignOut(before))
    if (end !== undefined) {
      const isOver = session.getState().status === 'unauthenticated' && !session.isRestoring()
      if (!isOver) session.end(end.reason, 'other-tab')
      throw sessionChanged()
    }
    try {
      return await refresh()
    } catch (error) {
      if (isAuthError(error, 'ERR_AUTH_SESSION_EXPIRED')) sync.catchUpTo(before)
      throw error
    }
  }

  //  this tab ── loads: storage was cleared, nothing to present ── no session ── asks ── signed in
  //  another  ───────────────────────────────── writes back the session ──┘
  record.onChange(() => {
    const isLive = liveSession(record.known()) !== undefined
    if (isLive && session.mayJoin() && !session.isRestoring()) askLate(false)
  })

  function askLate(mayBeNew: boolean): void {
    sync.catchUp(mayBeNew)?.catch(() => {})
  }

  session.onSignal('token', ({ origin: { by } }) => {
    const isSignIn = by === 'login' || by === 'restore' || by === 'initial-token'
    if (isSignIn) sync.publish('signed-in')
    else if (by !== 'other-tab') sync.publish(by === 'reissue' ? 'reissued' : 'refreshed')
  })

  session.onSignal('repeated', () => sync.publish('refreshed'))

  session.onSignal('kept', () => sync.publish('kept'))

  session.onSignal('ended', ({ origin, reason }) => {
    if (reason === 'user-changed') sync.catchUpTo(record.known())
    else if (origin !== 'other-tab' && reason !== 'no-session') sync.publishEnd(reason)
    // The tabs were not asked if a `refreshTokenStore` promised an answer of the server.
    else if (origin === 'unasked') askLate(true)
  })

  return {
    ...sync,
    //  page ── POST /refresh ── (gone) ──── answered: its cookie
    //  this page ────── login() ── (waits) ──────────────────── POST /login
    runExclusively(task) {
      return turns.take(async ({ isOverdue, isInFlight }) => {
        // If the page of the refresh holds the lock, it is not gone.
        const isPageGone = !isOverdue && isInFlight()
        return isPageGone ? undefined : { value: await task() }
      }, attempts.othersOpenForMs)
    },
    refreshExclusively,
    whenIdle: lock.whenIdle,
    attempts,
    isOtherUser: (received) => sync.isOtherUser(received, liveSession(begun)),
    hasChangedSession() {
      const [before, now] = [liveSession(begun), liveSession(record.read())]
      return before !== undefined && now !== undefined && before !== now
    },
    isInLiveSession() {
      const isLive = liveSession(record.known()) !== undefined
      return isLive && session.held() !== undefined && sync.isCurrent()
    },
    //  this tab ── sees session 1 ── refresh ───────── answered for session 2: it is over
    //  another  ── session 2 (its write is late) ── signs out ── session 3
    endDuringRefresh() {
      const now = record.read()
      const later = now.ended.find(
        ({ counter, reason }) => counter > begun.counter && reason !== 'session-expired'
      )
      return (endOf(now, liveSession(begun)) ?? later)?.reason
    }
  }
}

/** The namespaces of the clients of this page that have not been disposed of. */
const takenNames = new Set<string>()

/**
 * Two clients of one page with one name would act as one session. Returns a function that frees the
 * name. Only clients that use the storage of the page can meet.
 *
 * @throws AuthError `ERR_AUTH_INVALID_OPTIONS` if another client of the page has the name
 */
export function takeName(
  { name, platform }: { readonly name: string; readonly platform: Pick<Platform, 'storage'> },
  page: Pick<Platform, 'storage' | 'pageUrl'>,
  namespace: string
): () => void {
  if (page.pageUrl() === undefined || platform.storage !== page.storage) return () => {}
  if (takenNames.has(namespace)) throw invalid('name', 'freeName', name)
  takenNames.add(namespace)
  return () => takenNames.delete(namespace)
}
