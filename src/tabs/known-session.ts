// Known session: the session of this tab, and whether the record has a newer change.
import type { Session } from '../session/session.ts'
import { endOf, liveSession, type RecordValue } from './record-value.ts'
import type { SessionRecord } from './session-record.ts'

/** The session of this tab, and the last change of it that this tab has caught up with. */
export type Seen = Pick<RecordValue, 'counter' | 'sessionId'>

export interface KnownSession {
  seen(): Seen
  /** The live session if it is not the one of this tab. */
  other(): string | undefined
  compare(sessionId: string | undefined): 'same' | 'other' | 'unknown'
  isBehind(): boolean
  /** This tab knows the session as of this value. */
  catchUpTo(value: Seen): void
  /** This tab has seen all changes of this session. */
  catchUp(): void
  /** Storage was cleared in between, so only the server knows whether the token still counts. */
  doubt(): void
  /** The next session is a new sign-in of this tab. */
  beginAnew(): void
  /** Ends the session of this tab if another tab has ended it. */
  followEnd(): void
}

export function createKnownSession(
  session: Session,
  record: SessionRecord,
  isOff: boolean
): KnownSession {
  // A new page has no session, so there is nothing to catch up with.
  let seen: Seen = { counter: record.known().counter, sessionId: liveSession(record.known()) }
  let isDoubted = false
  const isSignedIn = () => session.getState().status === 'authenticated'

  function other(): string | undefined {
    const live = liveSession(record.known())
    const isKnown = seen.sessionId !== undefined || !isSignedIn()
    return isKnown && live !== seen.sessionId && !isOff ? live : undefined
  }

  function catchUpTo({ counter, sessionId }: Seen): void {
    seen = { counter, sessionId }
    isDoubted = false
  }

  return {
    seen: () => seen,
    other,
    compare(sessionId) {
      if (isOff || sessionId === undefined || seen.sessionId === undefined) return 'unknown'
      return sessionId === seen.sessionId ? 'same' : 'other'
    },
    isBehind() {
      if (isDoubted || isOff) return isDoubted
      return record.known().counter > seen.counter || other() !== undefined
    },
    catchUpTo,
    catchUp() {
      const isKnown = other() === undefined && !isDoubted
      if (isKnown) seen = { counter: record.known().counter, sessionId: seen.sessionId }
    },
    doubt() {
      isDoubted = true
    },
    beginAnew: () => catchUpTo({ counter: Infinity, sessionId: undefined }),
    followEnd() {
      const now = record.known()
      const isNews = now.counter > seen.counter
      const end = endOf(now, seen.sessionId ?? (isNews ? now.sessionId : undefined))
      // After a sign-out and another sign-in, this tab stays behind until it knows the new user.
      if (end === undefined || !isSignedIn() || other() !== undefined) return
      catchUpTo({ counter: now.counter, sessionId: end.id })
      session.end(end.reason, 'other-tab')
    }
  }
}
