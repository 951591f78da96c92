// Known session: the session of this tab, and whether the record has a newer change of it.
import type { Session } from '../session/session.ts'
import { type EndedSession, endOf, liveSession, type RecordValue } from './record-value.ts'
import type { SessionRecord } from './session-record.ts'

/** A session, and the last change of it that this tab has caught up with. */
export type Seen = Pick<RecordValue, 'counter' | 'sessionId'>

export interface KnownSession {
  seen(): Seen
  /** The live session if it is not the one of this tab. */
  other(): string | undefined
  compare(sessionId: string | undefined): 'same' | 'other' | 'unknown'
  isBehind(): boolean
  catchUpTo(value: Seen): void
  /** No other tab can say more about this session. */
  catchUpAlone(): void
  /** Storage was cleared while the page was away, so only the server knows about the token. */
  doubt(): void
  /**
   * Ends the session of this tab if another tab has ended it. After another sign-in, this waits for
   * a refresh, because the user may be the same. `isRefreshed`: a refresh has just ended.
   */
  followEnd(isRefreshed?: boolean): void
}

export function createKnownSession(
  session: Session,
  record: SessionRecord,
  isOff: boolean
): KnownSession {
  // A new page has no session, so there is nothing to catch up with.
  let seen: Seen = { counter: record.known().counter, sessionId: liveSession(record.known()) }
  let isInDoubt = false
  const isSignedIn = () => session.getState().status === 'authenticated'

  function other(): string | undefined {
    const live = liveSession(record.known())
    const isKnown = seen.sessionId !== undefined || !isSignedIn()
    return isKnown && live !== seen.sessionId && !isOff ? live : undefined
  }

  function catchUpTo({ counter, sessionId }: Seen): void {
    seen = { counter, sessionId }
    isInDoubt = false
  }

  // The server cannot be asked, and the other tabs have not answered.
  //
  //  this tab ── session s ── frozen ────────────────────────── thaws: s may be of another user
  //  another  ──────────────────────── signs in as t ── closed
  session.onSignal('unrefreshable', () => {
    const { counter } = record.read()
    if (other() !== undefined) session.end('user-changed', 'unasked')
    else catchUpTo({ counter, sessionId: seen.sessionId })
  })

  return {
    seen: () => seen,
    other,
    compare(sessionId) {
      if (sessionId === undefined || seen.sessionId === undefined) return 'unknown'
      return sessionId === seen.sessionId ? 'same' : 'other'
    },
    isBehind() {
      const isNews = record.known().counter > seen.counter || other() !== undefined
      return !isOff && (isInDoubt || isNews)
    },
    catchUpTo,
    catchUpAlone() {
      if (other() !== undefined || isInDoubt) return
      seen = { counter: record.known().counter, sessionId: seen.sessionId }
    },
    doubt() {
      isInDoubt = true
    },
    //  this tab ── session s ── frozen ────────────────────────────────── thaws: s is over
    //  another ──────────────────────── signs in as t ── signs out of t
    followEnd(isRefreshed = false) {
      const now = record.known()
      const isNews = now.counter > seen.counter && !isOff
      const last = isNews ? endOf(now, now.sessionId) : undefined
      const isOurs = seen.sessionId === undefined && isSignedIn()
      const end = endOf(now, seen.sessionId) ?? (isOurs || isSignOut(last) ? last : undefined)
      const isAwaited = other() !== undefined && !(isRefreshed && end?.id === seen.sessionId)
      if (end === undefined || isAwaited) return
      // A restore that is in flight ends too, before it is answered.
      if (!isSignedIn() && !(session.isRestoring() && isSignOut(end))) return
      catchUpTo({ counter: now.counter, sessionId: end.id })
      session.end(end.reason, 'other-tab')
    }
  }
}

function isSignOut(end: EndedSession | undefined): boolean {
  return end !== undefined && end.reason !== 'session-expired'
}
